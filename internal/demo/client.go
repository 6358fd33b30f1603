package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// client plays the merchant's backend.
type client struct {
	base string
	http *http.Client
	now  func() time.Time
}

// refusal is an answer with a code other than 0.
type refusal struct {
	code    int
	message string
}

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("answered %d %s", r.code, r.message) }

// exchange is a request and its answer, as the story shows them.
type exchange struct {
	Path string
	// Payload is the JSON text of the payload object as it was signed.
	Payload string
	Answer  json.RawMessage
	Code    int
	Data    json.RawMessage
}

// call signs and posts one request. An answer with a code other than 0 is an
// error.
func (c *client) call(ctx context.Context, path string, payload map[string]any) (exchange, error) {
	return c.callAs(ctx, http.MethodPost, path, payload)
}

func (c *client) callAs(ctx context.Context, verb, path string, payload map[string]any) (exchange, error) {
	payload["timestamp"] = strconv.FormatInt(c.now().Unix(), 10)
	x := exchange{Path: path}
	body, err := signature.NewEnvelope(payload, appKey)
	if err != nil {
		return x, fmt.Errorf("sign %s: %w", path, err)
	}
	signed, err := signature.DecodeEnvelope(body)
	if err != nil {
		return x, fmt.Errorf("sign %s: %w", path, err)
	}
	x.Payload = signed.JSON()
	return c.send(ctx, verb, x, body)
}

// send sends a body that is ready.
func (c *client) send(ctx context.Context, verb string, x exchange, body []byte) (exchange, error) {
	path := x.Path
	req, err := http.NewRequestWithContext(ctx, verb, c.base+path, bytes.NewReader(body))
	if err != nil {
		return x, err
	}
	req.Header.Set("Appid", appID)
	req.Header.Set("AppSecret", appSecret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return x, fmt.Errorf("%s %s: %w", verb, path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if x.Answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20)); err != nil {
		return x, fmt.Errorf("%s %s: %w", verb, path, err)
	}
	var answer struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(x.Answer, &answer); err != nil {
		return x, fmt.Errorf("%s %s: answer is not JSON: %w", verb, path, err)
	}
	x.Code, x.Data = answer.Code, answer.Data
	if x.Code != 0 {
		return x, fmt.Errorf("%s %s: %w", verb, path, &refusal{answer.Code, answer.Message})
	}
	return x, nil
}

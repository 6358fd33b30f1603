package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/signature"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 16 << 20
	// The pause before a call is sent again doubles from firstPause to maxPause. The
	// other SDKs wait as long.
	firstPause = 500 * time.Millisecond
	maxPause   = 10 * time.Second
)

// fields are the members of a payload. Empty ones are not sent, since an empty value
// is not signed and means the same as none.
type fields map[string]string

// request is one call of the API.
type request struct {
	verb, path string
	// fields are signed and wrapped; nil if the endpoint has no payload.
	fields fields
	// bare is sent as it is, neither signed nor wrapped (openapi.md §7.14).
	bare any
	// safe means that the request can be sent again when its answer is lost.
	safe bool
}

// lost wraps the reason why there is no answer.
type lost struct{ cause error }

func (l lost) Error() string { return "no answer: " + l.cause.Error() }
func (l lost) Unwrap() error { return l.cause }

// call sends a request, again where that is safe, and reads the data of the answer
// into out. doubtful tells that an earlier attempt, whose answer was lost, may have
// done what the last one was refused for.
func (c *Client) call(ctx context.Context, r request, out any) (doubtful bool, err error) {
	for attempt := 1; ; attempt++ {
		if err = c.once(ctx, r, out); err == nil {
			return doubtful, nil
		}
		err = fmt.Errorf("%s %s: %w", r.verb, r.path, err)
		wait, again := c.retry(r, attempt, err)
		if !again || attempt >= c.attempts || ctx.Err() != nil {
			return doubtful, err
		}
		doubtful = doubtful || !errors.Is(err, ErrTooManyRequests)
		if stopped := pause(ctx, wait); stopped != nil {
			return doubtful, errors.Join(err, stopped)
		}
	}
}

// retry tells whether and when a failed request may be sent again.
func (c *Client) retry(r request, attempt int, err error) (time.Duration, bool) {
	wait := firstPause << min(attempt-1, 10)
	wait = min(wait+rand.N(wait/2+1), maxPause) //nolint:gosec // spreads callers over time, no secret
	var refused *Error
	switch {
	case errors.As(err, new(lost)):
		return wait, r.safe
	case !errors.As(err, &refused):
		return 0, false
	case refused.Code == ErrTooManyRequests: // refused before anything was done
		asked := time.Duration(refused.Data.RetryAfter) * time.Second
		return max(wait, asked), asked <= maxPause
	}
	return wait, refused.HTTPStatus >= http.StatusInternalServerError && r.safe
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// once sends a request once.
func (c *Client) once(ctx context.Context, r request, out any) error {
	if strings.HasSuffix(r.path, "/") { // it would be another endpoint's
		return errors.New("a number in the path is empty")
	}
	body, err := c.body(r)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, r.verb, c.base+r.path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Appid", c.appID)
	req.Header.Set("AppSecret", c.appSecret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return lost{err}
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return lost{err}
	case len(text) > maxAnswer:
		return fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return read(resp, text, out)
}

// read reads an answer (openapi.md §1.2).
func read(resp *http.Response, text []byte, out any) error {
	var answer struct {
		Code    *Code           `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Code == nil {
		// Something between the platform and us, which has its own pages.
		err := fmt.Errorf("the answer with HTTP status %d is not the platform's", resp.StatusCode)
		if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode < http.StatusMultipleChoices {
			return lost{err}
		}
		return err
	}
	if *answer.Code != 0 {
		refused := &Error{
			Code: *answer.Code, Message: answer.Message, HTTPStatus: resp.StatusCode, RequestID: resp.Header.Get("X-Request-Id"),
		}
		_ = json.Unmarshal(answer.Data, &refused.Data) // what the data says is an extra
		return refused
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return fmt.Errorf("read the data of the answer: %w", err)
	}
	return nil
}

// body makes the body of a request. It is signed with the time of the attempt.
func (c *Client) body(r request) ([]byte, error) {
	switch {
	case r.bare != nil:
		return json.Marshal(r.bare)
	case r.fields == nil:
		return nil, nil
	}
	members := maps.Clone(r.fields)
	members["timestamp"] = strconv.FormatInt(c.clock().Unix(), 10)
	maps.DeleteFunc(members, func(_, text string) bool { return text == "" })
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	object, err := signature.ParseObject(text)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	members["sign"] = object.Sign(c.form, c.appKey)
	if text, err = json.Marshal(members); err != nil {
		return nil, err
	}
	return json.Marshal(map[string][]byte{"payload": text}) // bytes become base64
}

// id writes an identifier or a number; 0, which no row has, is left out.
func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

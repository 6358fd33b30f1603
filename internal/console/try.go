package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/sigdebug"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

func (s *Server) tryRoutes() []route {
	return []route{
		{http.MethodGet, "/developers/api", member, account.SeeDeveloperLog, s.apiOperations},
		{http.MethodPost, "/developers/api/try", member, account.ManageKeys, s.tryAPI},
	}
}

// APIOperation is one thing that a merchant can call. Payload is signed, bare (the
// body itself) or none; Path has its Parameters in braces.
type APIOperation struct {
	ID         string   `json:"id"`
	Group      string   `json:"group"`
	Summary    string   `json:"summary"`
	Title      string   `json:"title"`
	Verb       string   `json:"verb"`
	Path       string   `json:"path"`
	Parameters []string `json:"parameters"`
	Payload    string   `json:"payload"`
	Example    string   `json:"example"`
}

// APIAnswer is what a call of the merchant API was answered.
type APIAnswer struct {
	Status    int
	RequestID string
	Body      []byte
}

func (s *Server) apiOperations(context.Context, *call) (any, error) {
	operations, err := s.use.APIOperations()
	return all[APIOperation]{operations}, err
}

// triedInfo is a call as it was sent and answered, without the AppSecret, which it
// did without. Duration is in microseconds.
type triedInfo struct {
	Verb      string          `json:"verb"`
	Target    string          `json:"target"`
	AppID     string          `json:"appid"`
	Payload   string          `json:"payload"`
	Body      string          `json:"body"`
	Status    int             `json:"status"`
	RequestID string          `json:"request_id"`
	Answer    json.RawMessage `json:"answer"`
	Duration  int64           `json:"duration"`
}

// maxParameter bounds a parameter in a path, in bytes.
const maxParameter = 100

// tryAPI signs a payload and calls the merchant API with it, as the merchant.
func (s *Server) tryAPI(ctx context.Context, c *call) (any, error) {
	var in struct {
		Operation  string            `json:"operation"`
		Parameters map[string]string `json:"parameters"`
		Payload    string            `json:"payload"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	operations, err := s.use.APIOperations()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(operations, func(op APIOperation) bool { return op.ID == in.Operation })
	if i < 0 {
		return nil, account.NotFound
	}
	op := operations[i]
	out := triedInfo{Verb: op.Verb, Target: op.Path, AppID: c.Merchant.AppID}
	for _, name := range op.Parameters {
		value := in.Parameters[name]
		if value == "" || len(value) > maxParameter || !vending.Storable(value) {
			return nil, vending.RefuseField(name, "range")
		}
		out.Target = strings.Replace(out.Target, "{"+name+"}", url.PathEscape(value), 1)
	}
	if err := s.writeCall(c, op, in.Payload, &out); err != nil {
		return nil, err
	}
	facts := map[string]string{"operation": op.ID, "target": out.Target}
	if err := s.record(ctx, c, "api.try", "merchant", c.Merchant.Slug, facts); err != nil {
		return nil, err
	}
	started := time.Now()
	answer, err := s.use.CallAPI(ctx, c.Merchant, op.Verb, out.Target, c.client.IP, []byte(out.Body))
	if err != nil {
		return nil, err
	}
	out.Duration = time.Since(started).Microseconds()
	out.Status, out.RequestID, out.Answer = answer.Status, answer.RequestID, c.hideCodes(string(answer.Body))
	return out, nil
}

// writeCall makes the body of a call out of what was typed.
func (s *Server) writeCall(c *call, op APIOperation, payload string, out *triedInfo) error {
	switch op.Payload {
	case "none":
		return nil
	case "bare":
		out.Payload, out.Body = payload, payload
		return nil
	}
	payload, err := sigdebug.WithTimestamp(payload, s.clock())
	if err != nil {
		return vending.RefuseField("payload", "format")
	}
	key, err := s.use.Credentials.AppKey(c.Merchant)
	if err != nil {
		return err
	}
	out.Payload = payload
	out.Body, err = sigdebug.Seal(payload, key, signature.Raw, sigdebug.HTTP)
	return err
}

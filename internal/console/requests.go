package console

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/sigdebug"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// requestRow is one line of the request log. Duration is in microseconds, Code
// that of the envelope, Reason why a machine's message was dropped, Diagnosis
// what is wrong with its signature. OldCredentials are those before a rotation that
// it used while they were still good: app_secret, app_key.
type requestRow struct {
	ID        int64  `json:"id"`
	At        int64  `json:"at"`
	Kind      string `json:"kind"`
	RequestID string `json:"request_id"`
	MachineNo string `json:"machine_no"`
	Client    string `json:"client"`
	Verb      string `json:"verb"`
	Target    string `json:"target"`
	Method    string `json:"method"`
	Status    int64  `json:"status"`
	Code      int64  `json:"code"`
	Reason    string `json:"reason"`
	Diagnosis string `json:"diagnosis"`
	Duration  int64  `json:"duration"`

	OldCredentials []string `json:"old_credentials"`
}

func (requestRow) csvHeader() []string {
	return []string{
		"id", "at", "kind", "request_id", "machine_no", "client", "verb", "target", "method", "status", "code", "reason", "diagnosis",
		"duration", "old_credentials",
	}
}

func (r requestRow) csvRow() []string {
	return []string{
		number(r.ID), isoTime(r.At), r.Kind, r.RequestID, r.MachineNo, r.Client, r.Verb, r.Target, r.Method, number(r.Status),
		number(r.Code), r.Reason, r.Diagnosis, number(r.Duration), strings.Join(r.OldCredentials, " "),
	}
}

func showRequest(r db.RequestLog) requestRow {
	return requestRow{
		ID: r.ID, At: r.At, Kind: r.Kind, RequestID: r.RequestID, MachineNo: r.MachineNo, Client: r.Client, Verb: r.Verb, Target: r.Target,
		Method: r.Method, Status: r.Status, Code: r.Code, Reason: r.Reason, Diagnosis: r.Diagnosis, Duration: r.Duration,
		OldCredentials: append([]string{}, strings.Fields(r.OldCredentials)...),
	}
}

func (s *Server) requests(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.RequestPageParams{
		MerchantID: c.Merchant.ID, BeforeID: math.MaxInt64, Kind: q.oneOf("kind", requestlog.HTTP, requestlog.MQTT),
		MachineNo: q.text("machine_no", 20), Rejected: q.oneOf("rejected", "true", "false") == "true", RequestID: q.text("q", 50),
	}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.RequestPage(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := items(stored, showRequest).Items
	return paged(c, rows, limit, "requests", func(last requestRow) any { return last.ID })
}

// requestInfo is one request whole. Raw is its body as it came, "" where the
// role may not see a pickup code in it, or where it held a secret.
type requestInfo struct {
	requestRow
	Headers json.RawMessage `json:"headers"`
	Raw     string          `json:"raw"`
	Payload json.RawMessage `json:"payload"`
	Answer  json.RawMessage `json:"answer"`
}

func (s *Server) request(ctx context.Context, c *call) (any, error) {
	r, err := s.ownRequest(ctx, c)
	if err != nil {
		return nil, err
	}
	out := requestInfo{
		requestRow: showRequest(r), Headers: json.RawMessage(r.Headers), Raw: r.Raw, Payload: c.hideCodes(r.Payload), Answer: c.hideCodes(r.Answer),
	}
	if _, found := maskCodes(r.Payload); found && !c.Role.May(account.SeeCodes) {
		out.Raw = ""
	}
	return out, nil
}

func (s *Server) ownRequest(ctx context.Context, c *call) (db.RequestLog, error) {
	id, err := c.id("id")
	if err != nil {
		return db.RequestLog{}, err
	}
	r, found, err := store.Find(s.store.RequestByID(ctx, id, c.Merchant.ID))
	if err == nil && !found {
		err = account.NotFound
	}
	return r, err
}

// debugRequest explains the signature of a logged request at the time it came.
func (s *Server) debugRequest(ctx context.Context, c *call) (any, error) {
	r, err := s.ownRequest(ctx, c)
	if err != nil {
		return nil, err
	}
	report, err := s.explain(c, sigdebug.Input{
		Raw: []byte(r.Raw), Kind: sigdebug.Kind(strings.ToLower(r.Kind)), Now: r.At / 1000,
	})
	if err != nil {
		return nil, err
	}
	if report.Diagnosis == sigdebug.WrongKeyOrContent && r.Diagnosis != "" {
		report.Diagnosis = sigdebug.Diagnosis(r.Diagnosis) // the AppSecret was at hand then
	}
	if !c.Role.May(account.SeeCodes) {
		report = withoutCode(report)
	}
	return report, nil
}

// debug explains the signature of what a developer pastes.
func (s *Server) debug(_ context.Context, c *call) (any, error) {
	var in struct {
		Raw       string        `json:"raw"`
		Kind      sigdebug.Kind `json:"kind"`
		AppSecret string        `json:"app_secret"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch in.Kind {
	case sigdebug.HTTP, sigdebug.MQTT, sigdebug.Callback:
	default:
		return nil, badRequest("kind must be http, mqtt or callback")
	}
	return s.explain(c, sigdebug.Input{Raw: []byte(in.Raw), Kind: in.Kind, AppSecret: in.AppSecret, Now: s.clock().Unix()})
}

func (s *Server) explain(c *call, in sigdebug.Input) (sigdebug.Report, error) {
	key, err := s.use.Credentials.AppKey(c.Merchant)
	if err != nil {
		return sigdebug.Report{}, err
	}
	in.AppKey, in.AppID, in.Window = key, c.Merchant.AppID, s.cfg.HTTPWindow
	in.PreviousKey, in.PreviousUntil = s.use.Credentials.PreviousAppKey(c.Merchant), c.Merchant.AppKeyPreviousUntil
	if in.Kind == sigdebug.MQTT {
		in.Window = s.cfg.MQTTWindow
	}
	return sigdebug.Explain(in), nil
}

// withoutCode hides the digits of a pickup code wherever they are, and the
// signatures, which all codes could be tried against.
func withoutCode(r sigdebug.Report) sigdebug.Report {
	for _, p := range r.Pairs {
		name := p.Name
		if i := strings.LastIndexByte(name, '['); i >= 0 {
			name = strings.TrimSuffix(name[i+1:], "]")
		}
		if !isCode(name, p.Text) {
			continue
		}
		hide := func(text string) string { return strings.ReplaceAll(text, strings.TrimSpace(p.Text), maskedCode) }
		for i := range r.Pairs {
			r.Pairs[i].Text = hide(r.Pairs[i].Text)
		}
		r.Expected, r.Received = "", ""
		if masked, found := maskCodes(r.Payload); found {
			r.Payload = string(masked)
		}
		r.Payload, r.Canonical, r.SenderCanonical, r.Detail = hide(r.Payload), hide(r.Canonical), hide(r.SenderCanonical), hide(r.Detail)
	}
	return r
}

package console

import (
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) alertRuleRoutes() []route {
	return []route{
		{http.MethodGet, "/alerts/rules", member, account.EditMerchant, s.alertRules},
		{http.MethodPost, "/alerts/rules", member, account.EditMerchant, s.addAlertRule},
		{http.MethodPut, "/alerts/rules/{id}", member, account.EditMerchant, s.setAlertRule},
		{http.MethodDelete, "/alerts/rules/{id}", member, account.EditMerchant, s.removeAlertRule},
		{http.MethodPost, "/alerts/rules/{id}/test", member, account.EditMerchant, s.testAlertRule},
		{http.MethodGet, "/alerts/messages", member, account.EditMerchant, s.alertMessages},
	}
}

// ruleBody is what a rule says.
type ruleBody struct {
	Kinds        []vending.AlertKind `json:"kinds"`
	Group        string              `json:"machine_group"`
	Channel      string              `json:"channel"`
	Target       string              `json:"target"`
	Language     string              `json:"language"`
	TellResolved bool                `json:"tell_resolved"`
	QuietFrom    int64               `json:"quiet_from"`
	QuietTo      int64               `json:"quiet_to"`
	Enabled      bool                `json:"enabled"`
}

type ruleInfo struct {
	ID int64 `json:"id"`
	ruleBody
}

// ruleList also tells whether e-mail can be chosen, and whose hours are quiet.
type ruleList struct {
	all[ruleInfo]
	Mail     bool   `json:"mail"`
	Timezone string `json:"timezone"`
}

func showRule(r db.AlertRule) ruleInfo {
	return ruleInfo{r.ID, ruleBody{
		alerts.KindsOf(r), r.MachineGroup, r.Channel, r.Target, r.Language, r.TellResolved, r.QuietFrom, r.QuietTo, r.Enabled,
	}}
}

func (s *Server) alertRules(ctx context.Context, c *call) (any, error) {
	rows, err := s.store.AlertRules(ctx, c.Merchant.ID)
	return ruleList{items(rows, showRule), s.use.AlertRules.Mail(), vending.Zone(c.Merchant.Timezone, s.cfg.Zone).String()}, err
}

func (c *call) decodeRule() (ruleBody, error) {
	in := ruleBody{Enabled: true, Language: "en"}
	err := c.decode(&in)
	return in, err
}

func (s *Server) addAlertRule(ctx context.Context, c *call) (any, error) {
	in, err := c.decodeRule()
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "alert_rule.add", "merchant", number(c.Merchant.ID), nil, in)
	id, err := s.use.AlertRules.Add(ctx, c.Merchant.ID, alerts.Rule(in))
	if err != nil {
		return nil, ruleFault(err)
	}
	rule, err := s.store.AlertRule(ctx, id)
	return created{showRule(rule)}, err
}

// ownRule returns the rule that the path names, if it is the merchant's.
func (s *Server) ownRule(ctx context.Context, c *call) (db.AlertRule, error) {
	id, err := c.id("id")
	if err != nil {
		return db.AlertRule{}, err
	}
	rule, found, err := store.Find(s.store.AlertRule(ctx, id))
	if err == nil && (!found || rule.MerchantID != c.Merchant.ID) {
		err = account.NotFound
	}
	return rule, err
}

func (s *Server) setAlertRule(ctx context.Context, c *call) (any, error) {
	in, err := c.decodeRule()
	if err != nil {
		return nil, err
	}
	before, err := s.ownRule(ctx, c)
	if err != nil {
		return nil, err
	}
	recording := s.recording(ctx, c, "alert_rule.set", "alert_rule", number(before.ID), showRule(before), in)
	if err := s.use.AlertRules.Set(recording, c.Merchant.ID, before.ID, alerts.Rule(in)); err != nil {
		return nil, ruleFault(err)
	}
	rule, err := s.store.AlertRule(ctx, before.ID)
	return showRule(rule), err
}

func (s *Server) removeAlertRule(ctx context.Context, c *call) (any, error) {
	before, err := s.ownRule(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "alert_rule.remove", "alert_rule", number(before.ID), showRule(before), nil)
	return nil, ruleFault(s.use.AlertRules.Remove(ctx, c.Merchant.ID, before.ID))
}

// testAlertRule queues a message to the rule's target; how it goes is among the
// messages.
func (s *Server) testAlertRule(ctx context.Context, c *call) (any, error) {
	rule, err := s.ownRule(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "alert_rule.test", "alert_rule", number(rule.ID), nil, nil)
	return nil, ruleFault(s.use.AlertRules.Test(ctx, c.Merchant.ID, rule.ID))
}

func ruleFault(err error) error {
	switch {
	case errors.Is(err, alerts.ErrMailOff):
		return fault{http.StatusConflict, "mail_off", ""}
	case errors.Is(err, alerts.ErrTooManyTests):
		return account.TooManyAttempts
	case errors.Is(err, alerts.ErrNoRule):
		return account.NotFound
	}
	return err
}

// alertMessage is a message about an alert; Kind and MachineNo are "" for a test.
type alertMessage struct {
	ID         int64  `json:"id"`
	Event      string `json:"event"`
	Kind       string `json:"kind"`
	MachineNo  string `json:"machine_no"`
	Channel    string `json:"channel"`
	Target     string `json:"target"`
	State      string `json:"state"`
	Attempts   int64  `json:"attempts"`
	Error      string `json:"error"`
	CreatedAt  int64  `json:"created_at"`
	DueAt      int64  `json:"due_at"`
	FinishedAt int64  `json:"finished_at"`
}

func (alertMessage) csvHeader() []string {
	return []string{"id", "event", "kind", "machine_no", "channel", "target", "state", "attempts", "error", "created_at", "due_at", "finished_at"}
}

func (m alertMessage) csvRow() []string {
	return []string{
		number(m.ID), m.Event, m.Kind, m.MachineNo, m.Channel, m.Target, m.State, number(m.Attempts), m.Error, isoTime(m.CreatedAt),
		isoTime(m.DueAt), isoTime(m.FinishedAt),
	}
}

func showAlertMessage(r db.AlertMessagePageRow) alertMessage {
	return alertMessage{
		r.ID, r.Event, r.Kind, r.MachineNo, r.Channel, r.Target, r.State, r.Attempts, r.Error, r.CreatedAt, r.DueAt, r.FinishedAt,
	}
}

func (s *Server) alertMessages(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.AlertMessagePageParams{
		MerchantID: c.Merchant.ID, BeforeID: math.MaxInt64,
		State: q.oneOf("state", store.AlertMessagePending, store.AlertMessageDelivered, store.AlertMessageDead),
	}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.AlertMessagePage(ctx, p)
	if err != nil {
		return nil, err
	}
	return paged(c, items(stored, showAlertMessage).Items, limit, "alert-messages", func(last alertMessage) any { return last.ID })
}

package alerts

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// What a message tells.
const (
	EventOpened   = "OPENED"
	EventResolved = "RESOLVED"
	EventTest     = "TEST"
)

// Ways to reach somebody.
const (
	ChannelEmail   = "EMAIL"
	ChannelWebhook = "WEBHOOK"
)

// Refusals that have no code of the contract.
var (
	// ErrMailOff means that the platform has no mail server.
	ErrMailOff = errors.New("there is no mail server")
	// ErrTooManyTests means that a merchant has asked for tests too often: they
	// could be used to bother strangers.
	ErrTooManyTests = errors.New("too many tests")
	// ErrNoRule means that there is no such rule.
	ErrNoRule = errors.New("no such rule")
)

const (
	// maxRules bounds the rules of a merchant.
	maxRules = 20
	// maxAddress bounds an e-mail address, in bytes.
	maxAddress = 254
	// maxGroup bounds the name of a group of machines, in bytes.
	maxGroup = 100
	// minutesOfDay is the number of minutes in a day.
	minutesOfDay = 24 * 60
	// maxTests is how many tests a merchant may send within testWindow
	// milliseconds.
	maxTests   = 5
	testWindow = 60_000
)

// Config holds the settings of the rules.
type Config struct {
	// Mail tells that there is a mail server.
	Mail bool
	// AllowPrivate and AllowRanges are as for callbacks.
	AllowPrivate bool
	AllowRanges  []netip.Prefix
}

// Rule says who is told of what.
type Rule struct {
	Kinds []vending.AlertKind
	// Group is the group of machines it is for, "" for all.
	Group string
	// Channel is EMAIL or WEBHOOK, Target an address or a URL.
	Channel, Target string
	// Language of e-mails: en or zh-CN.
	Language string
	// TellResolved also tells when an alert is over.
	TellResolved bool
	// QuietFrom and QuietTo are minutes of the day in the merchant's zone, 0–1439;
	// nothing leaves between them. Equal is no quiet time.
	QuietFrom, QuietTo int64
	Enabled            bool
}

// Rules is the use case: who is told of a merchant's alerts.
type Rules struct {
	store *store.Store
	clock vending.Clock
	cfg   Config
}

// NewRules makes the use case.
func NewRules(st *store.Store, clock vending.Clock, cfg Config) *Rules { return &Rules{st, clock, cfg} }

// Mail tells whether rules can send e-mail.
func (s *Rules) Mail() bool { return s.cfg.Mail }

// Add stores a rule. What is wrong with it is the refusal 10001 with the field, or
// ErrMailOff.
func (s *Rules) Add(ctx context.Context, merchantID int64, r Rule) (int64, error) {
	r, err := s.check(r)
	if err != nil {
		return 0, err
	}
	var id int64
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		known, err := tx.AlertRules(ctx, merchantID)
		if err != nil {
			return fmt.Errorf("list alert rules: %w", err)
		}
		if len(known) >= maxRules {
			return vending.RefuseField("rules", "range")
		}
		id, err = tx.InsertAlertRule(ctx, db.InsertAlertRuleParams{
			MerchantID: merchantID, Kinds: joinKinds(r.Kinds), MachineGroup: r.Group, Channel: r.Channel, Target: r.Target, Language: r.Language,
			TellResolved: r.TellResolved, QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, Enabled: r.Enabled, CreatedAt: s.clock.Millis(),
		})
		return err
	})
	return id, err
}

// Set replaces a rule, under the same rules as Add, or returns ErrNoRule.
func (s *Rules) Set(ctx context.Context, merchantID, id int64, r Rule) error {
	r, err := s.check(r)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.UpdateAlertRule(ctx, db.UpdateAlertRuleParams{
			ID: id, MerchantID: merchantID, Kinds: joinKinds(r.Kinds), MachineGroup: r.Group, Channel: r.Channel, Target: r.Target,
			Language: r.Language, TellResolved: r.TellResolved, QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, Enabled: r.Enabled,
		})
		return oneRule(n, err)
	})
}

// Remove deletes a rule, or returns ErrNoRule. Its messages that have not left are
// given up.
func (s *Rules) Remove(ctx context.Context, merchantID, id int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.DeleteAlertRule(ctx, id, merchantID)
		return oneRule(n, err)
	})
}

// Test sends a message to a rule's target, whatever the hour, or returns ErrNoRule
// or ErrTooManyTests.
func (s *Rules) Test(ctx context.Context, merchantID, id int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		rule, found, err := store.Find(tx.AlertRule(ctx, id))
		if err != nil {
			return err
		}
		if !found || rule.MerchantID != merchantID {
			return ErrNoRule
		}
		now := s.clock.Millis()
		tests, err := tx.CountAlertTests(ctx, merchantID, now-testWindow)
		if err != nil {
			return fmt.Errorf("count tests: %w", err)
		}
		if tests >= maxTests {
			return ErrTooManyTests
		}
		_, err = tx.QueueAlertTest(ctx, now, id)
		return err
	})
}

func oneRule(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("change alert rule: %w", err)
	}
	if n == 0 {
		return ErrNoRule
	}
	return nil
}

// check returns the rule in the form it is stored in.
func (s *Rules) check(r Rule) (Rule, error) {
	r.Target = strings.TrimSpace(r.Target)
	slices.Sort(r.Kinds)
	r.Kinds = slices.Compact(r.Kinds)
	unknown := func(k vending.AlertKind) bool { return !slices.Contains(vending.AlertKinds(), k) }
	switch {
	case len(r.Kinds) == 0 || slices.ContainsFunc(r.Kinds, unknown):
		return r, vending.RefuseField("kinds", "format")
	case len(r.Group) > maxGroup || !vending.Storable(r.Group):
		return r, vending.RefuseField("machine_group", "format")
	case r.Language != "en" && r.Language != "zh-CN":
		return r, vending.RefuseField("language", "format")
	case r.QuietFrom < 0 || r.QuietFrom >= minutesOfDay || r.QuietTo < 0 || r.QuietTo >= minutesOfDay:
		return r, vending.RefuseField("quiet", "range")
	}
	switch r.Channel {
	case ChannelEmail:
		if address, err := mail.ParseAddress(r.Target); err != nil || address.Address != r.Target || len(r.Target) > maxAddress {
			return r, vending.RefuseField("target", "format")
		}
		if !s.cfg.Mail {
			return r, ErrMailOff
		}
	case ChannelWebhook:
		if reason := vending.CheckNotifyURL(r.Target, s.cfg.AllowPrivate, s.cfg.AllowRanges...); reason != "" {
			return r, vending.RefuseField("target", reason)
		}
	default:
		return r, vending.RefuseField("channel", "format")
	}
	return r, nil
}

func joinKinds(kinds []vending.AlertKind) string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return strings.Join(out, ",")
}

// KindsOf are the kinds of a stored rule.
func KindsOf(r db.AlertRule) []vending.AlertKind {
	out := []vending.AlertKind{}
	for k := range strings.SplitSeq(r.Kinds, ",") {
		out = append(out, vending.AlertKind(k))
	}
	return out
}

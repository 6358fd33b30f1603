package client

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/vendlane/vendlane/signature"
)

const (
	// window is how far the time of an attempt may be off (consume.md §9.4).
	window = 5 * time.Minute
	// lifetime bounds the age of a message that has no webhook-signature. Its time
	// is that of the event, and a dead letter may be sent again 30 days after some 28
	// hours of attempts (consume.md §9.5).
	lifetime = 32 * 24 * time.Hour
)

// Why a callback is not accepted.
var (
	// ErrCallbackMalformed: the message cannot be read.
	ErrCallbackMalformed = errors.New("callback is malformed")
	// ErrCallbackSignature: it is not signed by the platform.
	ErrCallbackSignature = errors.New("callback is not signed by the platform")
	// ErrCallbackStale: it is signed, and too old or from the future.
	ErrCallbackStale = errors.New("callback is outside of the time window")
)

// Event is the result of dispensing one record, or the end of an order that was not
// paid (consume.md §9.1).
type Event struct {
	// WebhookID is the same on every attempt to send a message: do its work once. It
	// is "" without a webhook secret, since nothing else signs it.
	WebhookID string
	// Success tells whether the goods dropped.
	Success bool
	// ErrorMsg is why they did not (errors.md §3.3), FloorStatus what is the matter
	// with the channel (errors.md §3.1), or "".
	ErrorMsg, FloorStatus string
	// DeliveryID is the delivery, "" if an order expired.
	DeliveryID string
	MachineNo  string
	// OrderID, RecordID and TradeID are what it is about.
	OrderID, RecordID int64
	TradeID           string
	// At is when it happened, to the second.
	At time.Time
}

// CallbackConfig says what callbacks must be signed with. Give at least one kind of
// secret; where both are given, both signatures must be good.
type CallbackConfig struct {
	// WebhookSecrets verify the header webhook-signature (Standard Webhooks 1.0,
	// consume.md §9.4). One is enough, also while the platform rotates it.
	WebhookSecrets []string
	// AppKeys verify the member sign of the body. Alone they leave a captured message
	// good for a month, since the body holds the time of the event only: prefer
	// WebhookSecrets.
	AppKeys []string
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
}

// Callbacks verifies the messages to a notify_url (consume.md §9). It may be used by
// several goroutines.
type Callbacks struct {
	webhooks []*standardwebhooks.Webhook
	keys     []string
	clock    func() time.Time
}

// NewCallbacks makes a verifier.
func NewCallbacks(cfg CallbackConfig) (*Callbacks, error) {
	v := &Callbacks{clock: cfg.Clock}
	if v.clock == nil {
		v.clock = time.Now
	}
	for _, secret := range cfg.WebhookSecrets {
		webhook, err := standardwebhooks.NewWebhook(secret)
		if digits, found := strings.CutPrefix(secret, "whsec_"); err != nil || !found || digits == "" {
			return nil, errors.New("client: a webhook secret is whsec_ and base64")
		}
		v.webhooks = append(v.webhooks, webhook)
	}
	for _, key := range cfg.AppKeys {
		if key == "" {
			return nil, errors.New("client: an AppKey is empty")
		}
		v.keys = append(v.keys, key)
	}
	if len(v.webhooks) == 0 && len(v.keys) == 0 {
		return nil, errors.New("client: callbacks need a webhook secret or an AppKey")
	}
	return v, nil
}

// Verify checks a message and reads it. Its errors wrap [ErrCallbackMalformed],
// [ErrCallbackSignature] or [ErrCallbackStale].
func (v *Callbacks) Verify(header http.Header, body []byte) (Event, error) {
	if len(body) > signature.MaxSize {
		return Event{}, fmt.Errorf("%w: longer than %d bytes", ErrCallbackMalformed, signature.MaxSize)
	}
	if err := v.verifyHeaders(header, body); err != nil {
		return Event{}, err
	}
	object, err := signature.ParseObject(body)
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrCallbackMalformed, err)
	}
	if len(v.keys) > 0 && !object.Verify(v.keys...) {
		return Event{}, fmt.Errorf("%w: sign", ErrCallbackSignature)
	}
	event, err := readEvent(object)
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrCallbackMalformed, err)
	}
	if len(v.webhooks) == 0 && !v.within(event.At, lifetime) {
		return Event{}, fmt.Errorf("%w: timestamp", ErrCallbackStale)
	}
	if len(v.webhooks) > 0 {
		event.WebhookID = header.Get(standardwebhooks.HeaderWebhookID)
	}
	return event, nil
}

// verifyHeaders checks webhook-signature and then the time of the attempt. The
// library's own check of the time has a clock that cannot be set.
func (v *Callbacks) verifyHeaders(header http.Header, body []byte) error {
	if len(v.webhooks) == 0 {
		return nil
	}
	good := false
	for _, webhook := range v.webhooks {
		good = webhook.VerifyIgnoringTimestamp(body, header) == nil || good
	}
	if !good {
		return fmt.Errorf("%w: webhook-signature", ErrCallbackSignature)
	}
	sent, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil || !v.within(time.Unix(sent, 0), window) {
		return fmt.Errorf("%w: webhook-timestamp", ErrCallbackStale)
	}
	return nil
}

// within tells whether a time is at most age old, and not in the future by more than
// clocks may differ.
func (v *Callbacks) within(t time.Time, age time.Duration) bool {
	now := v.clock()
	return !t.Before(now.Add(-age)) && !t.After(now.Add(window))
}

// readEvent reads a message (consume.md §9.2). Members that it does not know are no
// error.
func readEvent(o *signature.Object) (Event, error) {
	text := func(name string) string {
		value, _ := o.Lookup(name)
		if value.Kind != signature.String && value.Kind != signature.Number {
			return ""
		}
		return strings.Clone(value.Text)
	}
	for _, name := range []string{"error_msg", "machine_no", "trade_id"} {
		if value, _ := o.Lookup(name); value.Kind != signature.String && value.Kind != signature.Number {
			return Event{}, fmt.Errorf("%s is missing", name)
		}
	}
	if method := text("method"); method != "device.delivery.response" {
		return Event{}, errors.New("method is not device.delivery.response")
	}
	e := Event{
		ErrorMsg: text("error_msg"), FloorStatus: text("floor_status"), DeliveryID: text("delivery_id"),
		MachineNo: text("machine_no"), TradeID: text("trade_id"),
	}
	switch text("deliver_status") {
	case "0":
	case "1":
		e.Success = true
	default:
		return Event{}, errors.New("deliver_status is neither 0 nor 1")
	}
	for name, number := range map[string]*int64{"order_id": &e.OrderID, "record_id": &e.RecordID} {
		var err error
		if *number, err = strconv.ParseInt(text(name), 10, 64); err != nil || *number < 1 {
			return Event{}, fmt.Errorf("%s is not a number", name)
		}
	}
	at, ok := o.Timestamp()
	if !ok {
		return Event{}, errors.New("timestamp is not Unix time in seconds")
	}
	e.At = time.Unix(at, 0)
	return e, nil
}

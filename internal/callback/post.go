package callback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/terminal"
)

const (
	// maxErrorLength bounds the stored error of an attempt, in bytes.
	maxErrorLength = 200
	// The body of an answer is ignored; reading a short one to its end lets
	// the connection be used again.
	maxDrain  = 16 << 10
	drainTime = 200 * time.Millisecond
	// idleTime is below the 5 s after which many servers close an idle
	// connection: a post that meets the close would count as failed.
	idleTime = 4 * time.Second
)

var errTimeout = errors.New("timeout")

// verdict is how an attempt ended.
type verdict struct {
	started time.Time
	took    time.Duration
	// status is the HTTP status, 0 if none came; then err says why.
	status int
	err    string
	// final means that no further attempt may follow.
	final bool
}

func (v verdict) acknowledged() bool { return v.status >= 200 && v.status <= 299 }

func newTransport(cfg Config, g *guard) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            g.dial,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: cfg.Timeout, PingTimeout: cfg.Timeout},
		TLSHandshakeTimeout:    cfg.Timeout,
		MaxIdleConns:           cfg.MaxInFlight,
		MaxIdleConnsPerHost:    cfg.PerEndpoint,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// Outcome is how a message went that was sent outside of the outbox.
type Outcome struct {
	// Status is the HTTP status, 0 if none came; then Error says why.
	Status int
	Error  string
	// Took is how long it was.
	Took time.Duration
	// Final means that no further attempt may follow: the target is forbidden.
	Final bool
}

// Acknowledged tells whether the receiver took the message.
func (o Outcome) Acknowledged() bool { return verdict{status: o.Status}.acknowledged() }

// Post makes one attempt at a message that is not in the outbox, signed and
// guarded as all others are: to try an endpoint, or to tell of an alert.
func (r *Relay) Post(ctx context.Context, merchantID int64, webhookID, url, body string) Outcome {
	v := r.post(ctx, db.Callback{MerchantID: merchantID, WebhookID: webhookID, Url: url, Body: body})
	return Outcome{Status: v.status, Error: v.err, Took: v.took, Final: v.final}
}

// post makes one attempt (consume.md §9.3).
func (r *Relay) post(ctx context.Context, c db.Callback) verdict {
	v := verdict{started: r.clock()}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := r.request(ctx, c, v.started)
	if err != nil {
		r.log.Error("callback cannot be made", "callback", c.ID, "merchant", c.MerchantID, "error", err)
		v.err = "message cannot be made"
		return v
	}
	limit := time.AfterFunc(r.cfg.Timeout, func() { cancel(errTimeout) })
	defer limit.Stop()
	answer, err := r.receivers().RoundTrip(request)
	v.took = max(r.clock().Sub(v.started), 0)
	if err != nil {
		v.final = errors.Is(err, errBlocked)
		v.err = errorText(ctx, err)
		return v
	}
	v.status = answer.StatusCode
	limit.Reset(drainTime)
	_, _ = io.CopyN(io.Discard, answer.Body, maxDrain)
	_ = answer.Body.Close()
	return v
}

func (r *Relay) request(ctx context.Context, c db.Callback, now time.Time) (*http.Request, error) {
	signatures, err := r.signatures(ctx, c, now)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Url, strings.NewReader(c.Body))
	if err != nil {
		// The error holds the URL, which may hold a token.
		return nil, errors.New("notify_url is not a URL")
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"},
		"User-Agent":   {"vending-callback/1"},
		// As Standard Webhooks spells them.
		standardwebhooks.HeaderWebhookID:        {c.WebhookID},
		standardwebhooks.HeaderWebhookTimestamp: {strconv.FormatInt(now.Unix(), 10)},
		standardwebhooks.HeaderWebhookSignature: {signatures},
	}
	return request, nil
}

// signatures signs a message with the merchant's secret and, while a rotation
// lasts, with the one before (consume.md §9.4).
func (r *Relay) signatures(ctx context.Context, c db.Callback, now time.Time) (string, error) {
	merchant, err := r.store.MerchantByID(ctx, c.MerchantID)
	if err != nil {
		return "", fmt.Errorf("read merchant: %w", err)
	}
	sealed := []string{merchant.WebhookSecretSealed}
	if merchant.WebhookPreviousUntil > now.UnixMilli() && merchant.WebhookSecretPreviousSealed != "" {
		sealed = append(sealed, merchant.WebhookSecretPreviousSealed)
	}
	var out []string
	for _, s := range sealed {
		secret, err := r.box.Open(secrets.PurposeWebhookSecret, s)
		if err != nil {
			return "", err
		}
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", errors.New("webhook secret is not base64")
		}
		signature, err := signer.Sign(c.WebhookID, now, []byte(c.Body))
		if err != nil {
			return "", fmt.Errorf("sign: %w", err)
		}
		out = append(out, signature)
	}
	return strings.Join(out, " "), nil
}

// errorText is what is stored of a failed attempt: short, valid text that a
// terminal only shows. It may quote the receiver.
func errorText(ctx context.Context, err error) string {
	var network net.Error
	switch {
	case errors.Is(err, errBlocked):
		return errBlocked.Error()
	case errors.Is(context.Cause(ctx), errTimeout), errors.As(err, &network) && network.Timeout():
		return errTimeout.Error()
	}
	return terminal.Short(err.Error(), maxErrorLength)
}

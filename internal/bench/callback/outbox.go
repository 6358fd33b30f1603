package callback

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/vendlane/vendlane/internal/callback"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/vending"
)

// body is as long as a delivery's result (consume.md §9).
const body = `{"deliver_status":"0","delivery_id":"5121763043809673","error_msg":"","floor_status":"1","machine_no":"20000000","method":"device.delivery.response","order_id":60,"record_id":78,"sign":"00000000000000000000000000000000","timestamp":"1714373692","trade_id":"00000000000000000000000000000000"}`

// outbox is a store with one merchant, and the receivers of its messages.
type outbox struct {
	engine    *sqlite.Engine
	store     *store.Store
	box       *secrets.Box
	receivers *receivers
	log       *slog.Logger
	merchant  int64
	queued    int
}

func openOutbox(ctx context.Context, folder string, endpoints int, stderr io.Writer) (*outbox, error) {
	key := make([]byte, secrets.KeySize)
	_, _ = rand.Read(key) // never fails, it ends the process instead
	box, err := secrets.NewBox(key, rand.Reader)
	if err != nil {
		return nil, err
	}
	sealed, err := box.Seal(secrets.PurposeWebhookSecret, "whsec_"+base64.StdEncoding.EncodeToString(key))
	if err != nil {
		return nil, err
	}
	engine, err := sqlite.Open(ctx, filepath.Join(folder, "vendlane.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	o := &outbox{
		engine: engine, store: store.New(engine), box: box,
		log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	err = o.store.InTx(ctx, func(tx *store.Tx) error {
		merchant, err := tx.InsertMerchant(ctx, db.InsertMerchantParams{
			Slug: "bench", Status: vending.MerchantVerified, AppID: "bench", WebhookSecretSealed: sealed,
		})
		o.merchant = merchant.ID
		return err
	})
	if err == nil {
		o.receivers, err = listen(ctx, endpoints)
	}
	if err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	return o, nil
}

func (o *outbox) close(ctx context.Context) error {
	return errors.Join(o.receivers.close(ctx), o.store.Close())
}

// queue commits n messages, to the receivers in turn.
func (o *outbox) queue(ctx context.Context, n int) error {
	err := o.store.InTx(ctx, func(tx *store.Tx) error {
		for i := range n {
			_, err := tx.QueueCallback(ctx, db.InsertCallbackParams{
				WebhookID: fmt.Sprintf("msg_%016d", o.queued+i), MerchantID: o.merchant,
				Url: o.receivers.url(o.queued + i), Body: body, Now: time.Now().UnixMilli(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	o.queued += n
	return nil
}

// startRelay starts a relay; the function it returns ends it when all it sends
// is recorded.
func (o *outbox) startRelay(ctx context.Context) (stop func() error) {
	relay := callback.New(o.store, o.box, time.Now, callback.Config{AllowPrivate: true, PerEndpoint: perEndpoint}, o.log)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// delivered sees that the store knows n messages, all of them delivered.
func (o *outbox) delivered(ctx context.Context, n int) error {
	var all, delivered int
	row := o.engine.Reader().QueryRowContext(ctx, "SELECT COUNT(*), COUNT(CASE WHEN state = 'DELIVERED' THEN 1 END) FROM callbacks")
	if err := row.Scan(&all, &delivered); err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	if all != n || delivered != n {
		return fmt.Errorf("%d messages were queued, the store has %d and says that %d are delivered", n, all, delivered)
	}
	return nil
}

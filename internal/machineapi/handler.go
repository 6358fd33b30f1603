package machineapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/gather"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Config holds the settings of message verification (mqtt.md §3.2).
type Config struct {
	// AcceptAppIDKey accepts messages signed with the AppId as key as well
	// (mqtt.accept_appid_key).
	AcceptAppIDKey bool
	// TimestampWindow is the accepted distance of a message's timestamp from
	// the server clock in seconds; 0 is off (mqtt.timestamp_window_s).
	TimestampWindow int64
	// RequireOwnTopic drops messages on the shared topic (mqtt.require_own_topic).
	RequireOwnTopic bool
}

// Deps are what Handler and Relay work with. All are required but Metrics, Node
// and TakeOver.
type Deps struct {
	Store    *store.Store
	Box      *secrets.Box
	Fleet    *fleet.Service
	Dispense *dispense.Service
	Catalog  *catalog.Service
	Pickup   *pickup.Service
	// MachineLog keeps what is said (mqtt.md §3.5).
	MachineLog *machinelog.Log
	// Requests keeps what was dropped for the merchant's developer; nil keeps
	// nothing.
	Requests *requestlog.Log
	Clock    vending.Clock
	Log      *slog.Logger
	// Node is the node this is: with it end its leases.
	Node string
	// TakeOver tells another node that a machine it held has connected here
	// with an epoch. It is not needed where there is only one node.
	TakeOver func(node, machineNo string, epoch int64)
	// Metrics gets the counters; nil registers them nowhere.
	Metrics prometheus.Registerer
}

// Handler is the platform's side of the machine protocol: who may connect, and
// what becomes of each message.
type Handler struct {
	store      *store.Store
	box        *secrets.Box
	fleet      *fleet.Service
	dispense   *dispense.Service
	catalog    *catalog.Service
	pickup     *pickup.Service
	machineLog *machinelog.Log
	requests   *requestlog.Log
	clock      vending.Clock
	log        *slog.Logger
	cfg        Config
	methods    map[string]method
	metrics    upMetrics
	drops      *dropLog
	takeOver   func(node, machineNo string, epoch int64)
	beats      gather.Line[beat] // heartbeats that wait to be taken, at most one for each connection
}

var _ devicegw.Handler = (*Handler)(nil)

// New makes a handler for a device gateway. It registers its counters with
// d.Metrics and panics if they are registered there already.
func New(d Deps, cfg Config) *Handler {
	return &Handler{
		store: d.Store, box: d.Box, fleet: d.Fleet, dispense: d.Dispense, catalog: d.Catalog, pickup: d.Pickup,
		machineLog: d.MachineLog, requests: d.Requests, clock: d.Clock, log: d.Log,
		cfg: cfg, methods: methods(), metrics: newUpMetrics(d.Metrics), drops: newDropLog(d.Clock, d.Log),
		takeOver: d.TakeOver,
	}
}

// Authenticate implements devicegw.Handler with the machine's password
// (mqtt.md §2.1).
func (h *Handler) Authenticate(ctx context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	if !vending.Storable(c.Username) {
		return devicegw.Identity{}, devicegw.ErrBadCredentials // not every engine can look it up
	}
	admission, err := h.fleet.Authenticate(ctx, c.Username, string(c.Password))
	if errors.Is(err, fleet.ErrBadPassword) {
		return devicegw.Identity{}, devicegw.ErrBadCredentials
	}
	if err != nil {
		return devicegw.Identity{}, fmt.Errorf("authenticate machine: %w", err)
	}
	return devicegw.Identity{MachineNo: c.Username, Admission: admission}, nil
}

// CheckWill implements devicegw.Handler: a last will must be a valid
// client.offline of the machine itself, at QoS 1 (mqtt.md §2.3). A refused one
// counts as dropped, because it shows the same mistakes as a message.
func (h *Handler) CheckWill(ctx context.Context, m devicegw.Message) error {
	u, err := h.verify(ctx, m)
	if err == nil && (u.name != methodOffline || m.QoS != 1) {
		err = dropFor(reasonBadWill, errors.New("a last will is client.offline at QoS 1"))
	}
	if err == nil {
		_, err = readOffline(u.object)
	}
	if d := (*drop)(nil); errors.As(err, &d) {
		h.countDrop(ctx, m, u, d)
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: check the will: %w", devicegw.ErrUnavailable, err)
	}
	return nil
}

// Connecting implements devicegw.Handler: from here on nothing an older
// connection says of its end counts any more, and another node that still has
// one is told to let go of it. A machine whose password was changed behind
// Authenticate is refused: it comes again, and is judged anew.
func (h *Handler) Connecting(ctx context.Context, id devicegw.Identity) (epoch int64, err error) {
	admission, _ := id.Admission.(fleet.Admission) // none was given for one whose password never changed
	c, err := h.fleet.Connected(ctx, id.MachineNo, admission)
	if err != nil {
		return 0, err
	}
	if c.TakenFrom != "" {
		h.takeOver(c.TakenFrom, id.MachineNo, c.Epoch)
	}
	return c.Epoch, nil
}

// OnConnState implements devicegw.Handler. The end of a connection has no
// effect by itself: the machine's will, or its silence, makes it offline
// (mqtt.md §7).
func (h *Handler) OnConnState(context.Context, devicegw.ConnState) {}

// OnReady implements devicegw.Handler: what waits for the machine goes out now.
// Seldom does anything wait, so it is asked first. A row that is queued behind
// the question is due at once, and Send reaches the machine by now; one that is
// put back behind it was there when it was asked.
//
// Should the store fail here, the machine's heartbeat right behind (mqtt.md
// §6.4) fails as well, which makes it connect again.
func (h *Handler) OnReady(ctx context.Context, machineNo string, _ int64) {
	now := h.clock.Millis()
	machineID, waits, err := store.Find(h.store.MachineToWake(ctx, machineNo, now))
	if err == nil && waits {
		err = wake(ctx, h.store, machineID, now)
	}
	if err != nil {
		h.log.Error("messages waiting for a machine not woken", "machine_no", machineNo, "error", err)
	}
}

// wake makes the unacknowledged messages of a machine due at a time (UTC
// milliseconds) and tells the relay.
func wake(ctx context.Context, st *store.Store, machineID, at int64) error {
	err := st.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.WakeCommandsOfMachine(ctx, at, machineID)
		return err
	})
	if err != nil {
		return fmt.Errorf("wake commands of machine %d: %w", machineID, err)
	}
	st.WakeCommands()
	return nil
}

// OnMessage implements devicegw.Handler: it verifies the message and applies it
// (mqtt.md §3.2, §4, §6.5). It returns nil for a message that was applied or
// dropped, and an error only when the platform failed and the machine should
// send again. A will that a newer connection has made outdated has no effect
// (ADR 3) and is not looked at: a fleet that reconnects leaves one each.
func (h *Handler) OnMessage(ctx context.Context, m devicegw.Message) error {
	if m.Outdated {
		return nil
	}
	u, err := h.decode(m)
	if u.name != methodReport && m.Settle != nil { // a dispense waits for no heartbeat
		m.Settle()
	}
	if err == nil && u.name == methodHeartbeat && m.Later != nil { // else somebody wants the answer now
		h.takeBeat(ctx, beat{message: m, up: u, answer: m.Later()})
		return nil
	}
	if err == nil {
		u, err = h.check(ctx, m, u)
	}
	if err == nil {
		err = h.apply(ctx, u)
	}
	return h.ended(ctx, m, u, err)
}

// apply gives a verified message its effect.
func (h *Handler) apply(ctx context.Context, u upMessage) error {
	err := h.methods[u.name].handle(ctx, h, u)
	if refusal := (*vending.Error)(nil); errors.As(err, &refusal) {
		return dropFor(reasonBadFields, refusal) // ids and numbers that do not fit the machine
	}
	return err
}

// ended ends the handling of a message: one that was applied is noted in the
// machine log, a dropped one counted. What it returns is OnMessage's answer.
func (h *Handler) ended(ctx context.Context, m devicegw.Message, u upMessage, err error) error {
	if d := (*drop)(nil); errors.As(err, &d) {
		h.countDrop(ctx, m, u, d)
		return nil
	}
	if err != nil {
		return err
	}
	h.metrics.accepted.WithLabelValues(u.name).Inc()
	h.machineLog.Put(ctx, machinelog.Entry{
		MachineID: u.machine.ID, Up: true, Method: u.name,
		Payload: machinelog.Payload(u.object), At: h.clock.Millis(),
	})
	return nil
}

// countDrop counts and logs a dropped message. Too many wrong signatures are an
// alert, which must not make the machine send again when it cannot be stored.
func (h *Handler) countDrop(ctx context.Context, m devicegw.Message, u upMessage, d *drop) {
	h.metrics.dropped.WithLabelValues(d.reason, u.label).Inc()
	h.requests.Put(requestlog.Entry{
		Kind: requestlog.MQTT, MachineNo: m.MachineNo, At: h.clock.Millis(), Target: m.Topic,
		Raw: bytes.Clone(m.Payload[:min(len(m.Payload), requestlog.MaxText)]), Reason: d.reason,
	})
	if !h.drops.note(m.MachineNo, u.label, d) {
		return
	}
	err := h.store.InTx(ctx, func(tx *store.Tx) error {
		sender, found, err := store.Find(tx.SenderByNo(ctx, m.MachineNo))
		if err != nil || !found {
			return err
		}
		return alerts.Raise(ctx, tx, h.log, alerts.Alert{
			MachineID: sender.ID, Kind: vending.AlertBadSign, At: h.clock.Millis(),
			Detail: "more than 100 wrong signatures in 10 minutes",
		})
	})
	if err != nil {
		h.log.Error("alert about wrong signatures not stored", "machine_no", m.MachineNo, "error", err)
	}
}

package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/machineapi"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// pastMachine is a machine of the history.
type pastMachine struct {
	demoMachine
	id, epoch int64
	offline   bool
	beatAt    time.Time
	// busyUntil is the end of an order that the machine never answers.
	busyUntil time.Time
	stock     [channels]int64
	faulty    [channels]bool
}

var (
	_ machineapi.Sender = (*history)(nil)
	_ http.RoundTripper = (*history)(nil)
)

// Send implements machineapi.Sender: a machine acknowledges after a moment.
func (h *history) Send(context.Context, string, devicegw.Outgoing) error {
	h.pass(time.Duration(60+h.dice.IntN(200)) * time.Millisecond)
	return nil
}

// Connected implements machineapi.Sender.
func (h *history) Connected(string) bool { return true }

// RoundTrip implements http.RoundTripper: the merchant's server takes a callback,
// or is down.
func (h *history) RoundTrip(r *http.Request) (*http.Response, error) {
	h.pass(time.Duration(15+h.dice.IntN(180)) * time.Millisecond)
	status := http.StatusNoContent
	if h.receiverDown {
		status = http.StatusServiceUnavailable
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// say hands a message of a machine to the platform.
func (h *history) say(ctx context.Context, m *pastMachine, method string, fields map[string]string) error {
	fields["client_id"], fields["machine_id"], fields["method"], fields["status"] = m.no, strconv.FormatInt(m.id, 10), method, "0"
	fields["timestamp"] = strconv.FormatInt(h.now.Unix(), 10)
	err := h.app.MachineAPI.OnMessage(ctx, devicegw.Message{
		MachineNo: m.no, Epoch: m.epoch, Topic: "/server/app/" + m.no, Payload: signature.EncodeMessage(fields, appKey), QoS: 1,
	})
	if err != nil {
		return fmt.Errorf("%s of machine %s: %w", method, m.no, err)
	}
	return nil
}

// beat makes a machine say that it is there, unless it has just done so.
func (h *history) beat(ctx context.Context, m *pastMachine) error {
	if h.now.Sub(m.beatAt) < beatEvery {
		return nil
	}
	m.beatAt = h.now
	local := h.now.In(h.zone)
	return h.say(ctx, m, "client.heartbeat", map[string]string{
		"network_type": "4G", "network_rssi": "-67", "uptime_minutes_today": strconv.Itoa(local.Hour()*60 + local.Minute()),
	})
}

func (h *history) comeOnline(ctx context.Context, m *pastMachine) (err error) {
	m.offline, m.beatAt = false, time.Time{}
	if m.epoch, err = h.app.MachineAPI.Connecting(ctx, devicegw.Identity{MachineNo: m.no}); err != nil {
		return fmt.Errorf("connect machine %s: %w", m.no, err)
	}
	return h.beat(ctx, m)
}

func (h *history) goOffline(ctx context.Context, m *pastMachine) error {
	m.offline = true
	return h.say(ctx, m, "client.offline", map[string]string{"reason": "network_timeout"})
}

// inProcess calls the merchant API without a network.
type inProcess struct {
	api      *openapi.Server
	merchant db.Merchant
}

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	answer, err := p.api.OnBehalf(r.Context(), p.merchant, r.Method, r.URL.Path, merchantAddress, body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: answer.Status, Body: io.NopCloser(bytes.NewReader(answer.Body)), Request: r}, nil
}

package simulator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Errors of Publish, Reconnect and GoOffline.
var (
	ErrOff          = errors.New("the machine is off")
	ErrNotConnected = errors.New("the machine is not connected")
	ErrBadMessage   = errors.New("message cannot be sent")
)

// Bounds of what Publish sends.
const (
	maxFields = 32
	maxValue  = 4096
)

// saying is a message of mqtt.md §4: fields the machine knows itself, and
// those that have to be given.
type saying struct {
	fields   map[string]string
	required []string
}

// saying returns what there is to say with a method.
func (m *Machine) saying(method string) (u saying, known bool) {
	switch method {
	case methodTemperature:
		u.fields = m.temperature()
	case methodHumidity:
		u.fields = m.humidity()
	case methodTraffic:
		u.fields = m.traffic.fields()
	case methodHeartbeat:
		u.fields = m.heartbeatFields()
	case methodOffline:
		u.fields = map[string]string{"reason": "network_timeout"}
	case methodEnv:
		u.fields = m.environmentFields()
	case methodProduct:
		u.required = []string{"product_id", "current_inventory"}
	case methodDoorlock:
		u.fields, u.required = map[string]string{"operation": "1"}, []string{"product_id"}
	case methodChannel:
		u.required = []string{"product_id"}
	case methodRestock:
		u.fields = map[string]string{"product_ids": "[]", "operation": "1"}
	case methodConfigPut:
	case methodCodeUsed:
		u.fields, u.required = map[string]string{"used": "1"}, []string{"id"}
	case methodGoodsSlug:
		u.required = []string{"good_id", "slug"}
	default:
		return u, false
	}
	return u, true
}

// Publish sends one message of mqtt.md §4 and waits for the server's PUBACK.
// Fields that the machine knows itself may be left out; a given one replaces
// them, and an empty value leaves a field out. The machine's own state follows:
// a used pickup code is removed, settings and channel states are kept.
//
// Errors: ErrBadMessage (unknown method, a field that is missing, too long or a
// base field of §3.1), ErrNotConnected, ErrOff, or ctx's error.
func (m *Machine) Publish(ctx context.Context, method string, fields map[string]string) error {
	if err := checkFields(fields); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	acked := make(chan struct{})
	var l *link
	err := m.ask(ctx, func() error {
		u, known := m.saying(method)
		if !known {
			return fmt.Errorf("%w: no such method", ErrBadMessage)
		}
		for _, name := range u.required {
			if _, given := fields[name]; !given {
				return fmt.Errorf("%w: field %s is missing", ErrBadMessage, name)
			}
		}
		if l = m.link; l == nil {
			return ErrNotConnected
		}
		all := maps.Clone(u.fields)
		if all == nil {
			all = make(map[string]string)
		}
		maps.Copy(all, fields)
		maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
		if err := m.follow(method, all); err != nil {
			return err
		}
		l.put(outgoing{body: m.encode(method, all), acked: func() { close(acked) }})
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case <-acked:
		return nil
	case <-l.ctx.Done():
		return fmt.Errorf("%s: %w", method, ErrNotConnected)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func checkFields(fields map[string]string) error {
	if len(fields) > maxFields {
		return fmt.Errorf("%w: more than %d fields", ErrBadMessage, maxFields)
	}
	for name, value := range fields {
		switch {
		case slices.Contains([]string{"timestamp", "machine_id", "client_id", "method", "status", "sign"}, name):
			return fmt.Errorf("%w: %s is the machine's own", ErrBadMessage, name)
		case name == "" || len(name) > 64:
			return fmt.Errorf("%w: a name is not 1–64 bytes long", ErrBadMessage)
		case len(value) > maxValue:
			return fmt.Errorf("%w: field %s is longer than %d bytes", ErrBadMessage, name, maxValue)
		}
	}
	return nil
}

// follow changes the machine's own state as the message says.
func (m *Machine) follow(method string, fields map[string]string) error {
	switch method {
	case methodCodeUsed:
		if err := m.codes.put(codeLine{Code: Code{ID: fields["id"]}, Removed: true}); err != nil {
			m.fail(err)
			return err
		}
	case methodConfigPut:
		return m.keepSettings(fields)
	case methodChannel:
		m.state.setChannel(fields["product_id"], fields["floor_status"])
	}
	return nil
}

// temperature is a cool cabinet that warms up and is cooled again.
func (m *Machine) temperature() map[string]string {
	m.readings++
	return map[string]string{"temperature": strconv.FormatFloat(4+float64(m.readings%20)/10, 'f', 1, 64)}
}

func (m *Machine) humidity() map[string]string {
	m.readings++
	return map[string]string{"humidity": strconv.FormatFloat(50+float64(m.readings%20)/2, 'f', 1, 64)}
}

// sendTelemetry publishes temperature, humidity and traffic, now and at every
// interval of Config.Telemetry.
func (m *Machine) sendTelemetry() {
	l := m.link
	m.telemetry = m.after(m.cfg.Telemetry, func() {
		if m.link == l {
			m.sendTelemetry()
		}
	})
	for _, method := range []string{methodTemperature, methodHumidity, methodTraffic} {
		u, _ := m.saying(method)
		l.put(outgoing{body: m.encode(method, u.fields), acked: func() {}})
	}
}

// ask has f executed by the machine's goroutine and returns its error.
func (m *Machine) ask(ctx context.Context, f func() error) error {
	answer := make(chan error, 1)
	select {
	case m.inbox <- func() { answer <- f() }:
	case <-m.dead:
		return ErrOff
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-m.dead:
		return ErrOff
	}
}

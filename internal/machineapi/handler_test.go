package machineapi

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

func TestHeartbeat(t *testing.T) {
	tests := map[string]struct {
		own    map[string]any
		rssi   string
		uptime int64
	}{
		"plain":                   {nil, "-67", 864},
		"level":                   {map[string]any{"network_rssi": "4"}, "4", 864},
		"signal unknown":          {map[string]any{"network_rssi": "null"}, "", 864},
		"signal null":             {map[string]any{"network_rssi": jsonNull}, "", 864},
		"full day":                {map[string]any{"uptime_minutes_today": "1440"}, "-67", 1440},
		"uptime in seconds":       {map[string]any{"uptime_minutes_today": "86400"}, "-67", 1440},
		"numbers":                 {map[string]any{"network_rssi": -67, "uptime_minutes_today": 864, "timestamp": 1714373688}, "-67", 864},
		"no client_id, no status": {map[string]any{"client_id": nil, "status": nil}, "-67", 864},
		"client_id a number":      {map[string]any{"client_id": 16327129}, "-67", 864},
		"placeholder machine_id":  {map[string]any{"machine_id": "000"}, "-67", 864},
		"unknown fields":          {map[string]any{"x": []any{true, map[string]any{"y": nil}}}, "-67", 864},
	}
	f := newFixture(t, Config{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f.send(f.heartbeat(map[string]any{"network_type": "WIFI", "network_rssi": "-1", "uptime_minutes_today": "1"}))
			f.send(f.heartbeat(test.own))
			p := f.presence(machineID)
			if p.NetworkRssi != test.rssi || p.UptimeMinutesToday != test.uptime || p.NetworkType != "4G" {
				t.Fatalf("stored %+v", p)
			}
			if p.LastHeartbeatAt != startMillis {
				t.Fatalf("heartbeat at %d, want the server's time", p.LastHeartbeatAt)
			}
		})
	}
}

// jsonNull is a member that is there with the value null; a nil member is left out.
var jsonNull = (*int)(nil)

func TestAcceptedKeysAndTopics(t *testing.T) {
	f := newFixture(t, Config{AcceptAppIDKey: true, TimestampWindow: 100})
	for _, key := range []string{appKey, appID} {
		m := f.message(body(t, f.heartbeat(nil), key))
		m.Topic = sharedTopic
		f.check(f.handler.OnMessage(f.ctx, m))
	}
	f.send(f.heartbeat(map[string]any{"timestamp": strconv.Itoa(startMillis/1000 - 100)}))
	if got := f.logs.count("dropped"); got != 0 {
		t.Fatal("a good message was dropped:\n", f.logs.buf.String())
	}
}

// While a rotation overlaps, machines sign with either key.
func TestOldKeyOfAMachine(t *testing.T) {
	f := newFixture(t, Config{})
	keys := credentials.New(f.deps.Store, f.deps.Box, f.clock.read, rand.Reader)
	next, err := keys.Rotate(f.ctx, f.merchant, credentials.AppKey, credentials.DefaultOverlap)
	f.check(err)
	beat := func(key string) { f.check(f.handler.OnMessage(f.ctx, f.message(body(t, f.heartbeat(nil), key)))) }
	beat(appKey)
	beat(next.Secret)
	if got := f.logs.count("dropped"); got != 0 {
		t.Fatal("a good message was dropped:\n", f.logs.buf.String())
	}
	f.clock.advance(24 * time.Hour)
	beat(appKey)
	if got := f.dropped(reasonBadSign, methodHeartbeat); got != 1 {
		t.Errorf("%v messages dropped after the end", got)
	}
}

func TestOnlineAndOffline(t *testing.T) {
	f := newFixture(t, Config{})
	offline := func(epoch int64, will bool) {
		t.Helper()
		m := f.message(body(t, f.offline(map[string]any{"timestamp": "1714000000"}), appKey))
		m.Epoch, m.Will = epoch, will
		f.check(f.handler.OnMessage(f.ctx, m))
	}
	expect := func(online bool, notice string) {
		t.Helper()
		if p := f.presence(machineID); p.IsOnline != online || p.NotifyMessage != notice {
			t.Fatalf("online %v %q, want %v %q", p.IsOnline, p.NotifyMessage, online, notice)
		}
	}
	connect := func() int64 {
		epoch, err := f.handler.Connecting(f.ctx, devicegw.Identity{MachineNo: machineNo})
		f.check(err)
		return epoch
	}
	first := connect()
	f.send(f.heartbeat(nil))
	expect(true, vending.NoticeOnline)

	second := connect() // the machine came back before its old connection was seen to end
	offline(first, true)
	expect(true, vending.NoticeOnline)
	f.check(f.handler.OnMessage(f.ctx, devicegw.Message{MachineNo: machineNo, Epoch: first, Will: true, Outdated: true}))
	if got := f.logs.count("dropped"); got != 0 {
		t.Error("an outdated will was looked at")
	}

	f.handler.OnConnState(f.ctx, devicegw.ConnState{MachineNo: machineNo, Epoch: second})
	expect(true, vending.NoticeOnline) // the will follows, or silence
	offline(second, true)
	expect(false, vending.NoticeOffline)

	f.send(f.heartbeat(nil))
	expect(true, vending.NoticeOnline)
	offline(second, false) // sent actively
	expect(false, vending.NoticeOffline)
	if got := f.logs.count(`reason=network_timeout`); got != 2 {
		t.Errorf("%d log lines name the reason, want 2", got)
	}
}

func TestOfflineReason(t *testing.T) {
	f := newFixture(t, Config{})
	f.send(f.offline(map[string]any{"reason": nil}))
	if f.presence(machineID).IsOnline || f.logs.count("reason=network_timeout") != 1 {
		t.Error("client.offline without a reason was not taken as network_timeout")
	}
	f.send(f.heartbeat(nil))
	f.send(f.offline(map[string]any{"reason": strings.Repeat("漏", 300)}))
	if f.logs.count("reason="+strings.Repeat("漏", 255)+"\n") != 1 {
		t.Error("a long reason was not cut to 255 characters")
	}
}

// A machine that was deleted after its password was checked gets no connection.
func TestConnectingOfUnknownMachine(t *testing.T) {
	f := newFixture(t, Config{})
	if _, err := f.handler.Connecting(f.ctx, devicegw.Identity{MachineNo: "1"}); !errors.Is(err, fleet.ErrNoMachine) {
		t.Errorf("%v, want ErrNoMachine", err)
	}
	f.handler.OnReady(f.ctx, "1", 1)
	if got := f.logs.count("level=ERROR"); got != 0 {
		t.Error("a machine deleted meanwhile is no error")
	}
}

func TestAuthenticate(t *testing.T) {
	f := newFixture(t, Config{})
	login := func(no, pw string) (string, error) {
		id, err := f.handler.Authenticate(f.ctx, devicegw.Credentials{ClientID: no, Username: no, Password: []byte(pw)})
		return id.MachineNo, err
	}
	if no, err := login(machineNo, password); err != nil || no != machineNo {
		t.Errorf("right password: %q, %v", no, err)
	}
	for _, wrong := range [][2]string{{machineNo, "x"}, {machineNo, ""}, {"1", password}, {machineNo + "\x00", password}, {"\xff", password}} {
		if _, err := login(wrong[0], wrong[1]); !errors.Is(err, devicegw.ErrBadCredentials) {
			t.Errorf("%v: %v, want ErrBadCredentials", wrong, err)
		}
	}
	f.check(f.deps.Store.Close())
	if _, err := login(machineNo, password); err == nil || errors.Is(err, devicegw.ErrBadCredentials) {
		t.Errorf("store down: %v, want another error than ErrBadCredentials", err)
	}
}

func TestCheckWill(t *testing.T) {
	tests := map[string]struct {
		change func(m *devicegw.Message)
		own    map[string]any
		key    string
		beat   bool
		reason string // "" is accepted
	}{
		"own topic":        {},
		"shared topic":     {change: func(m *devicegw.Message) { m.Topic = sharedTopic }},
		"no reason":        {own: map[string]any{"reason": nil}},
		"old timestamp":    {own: map[string]any{"timestamp": "1000000000"}},
		"no timestamp":     {own: map[string]any{"timestamp": nil}},
		"wrong key":        {key: "other", reason: reasonBadSign},
		"heartbeat":        {beat: true, reason: reasonBadWill},
		"QoS 0":            {change: func(m *devicegw.Message) { m.QoS = 0 }, reason: reasonBadWill},
		"QoS 2":            {change: func(m *devicegw.Message) { m.QoS = 2 }, reason: reasonBadWill},
		"topic of another": {change: func(m *devicegw.Message) { m.Topic = sharedTopic + "/" + otherNo }, reason: reasonTopicMismatch},
		"other client_id":  {own: map[string]any{"client_id": otherNo}, reason: reasonTopicMismatch},
		"bad reason":       {own: map[string]any{"reason": []any{}}, reason: reasonBadFields},
		"plain text":       {change: func(m *devicegw.Message) { m.Payload = []byte("offline") }, reason: reasonMalformed},
	}
	f := newFixture(t, Config{TimestampWindow: 100})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			members := f.offline(test.own)
			if test.beat {
				members = f.heartbeat(nil)
			}
			key := appKey
			if test.key != "" {
				key = test.key
			}
			m := f.message(body(t, members, key))
			m.Will, m.Epoch = true, 0
			if test.change != nil {
				test.change(&m)
			}
			before := f.state()
			err := f.handler.CheckWill(f.ctx, m)
			reason := ""
			if d := (*drop)(nil); errors.As(err, &d) {
				reason = d.reason
			} else if err != nil {
				t.Fatal(err)
			}
			if reason != test.reason {
				t.Fatalf("refused for %q, want %q", reason, test.reason)
			}
			if f.state() != before {
				t.Fatal("checking a will had an effect")
			}
		})
	}
}

func TestOnReadyWakes(t *testing.T) {
	f := newFixture(t, Config{})
	f.queue(machineID, "client.machine.refresh", nil)
	f.queue(otherID, "client.machine.refresh", nil)
	rows, err := f.deps.Store.CommandsOfMachine(f.ctx, machineID)
	f.check(err)
	f.inTx(func(tx *store.Tx) error {
		_, err := tx.PutBackCommand(f.ctx, rows[0].ExpiresAt, rows[0].ID, "")
		return err
	})
	select {
	case <-f.deps.Store.Commands.C():
	default:
	}
	f.handler.OnReady(f.ctx, machineNo, 1)
	rows, err = f.deps.Store.CommandsOfMachine(f.ctx, machineID)
	f.check(err)
	if rows[0].DueAt != startMillis {
		t.Errorf("row due at %d, want now", rows[0].DueAt)
	}
	select {
	case <-f.deps.Store.Commands.C():
	default:
		t.Error("the relay was not told")
	}
}

// A machine nothing waits for is asked about, but not written for.
func TestOnReadyWithNothingWaiting(t *testing.T) {
	f := newFixture(t, Config{})
	f.queue(otherID, "client.machine.refresh", nil)
	f.queue(machineID, "client.machine.refresh", nil)
	rows, err := f.deps.Store.CommandsOfMachine(f.ctx, machineID)
	f.check(err)
	f.inTx(func(tx *store.Tx) error {
		_, err := tx.FinishCommand(f.ctx, rows[0].ID)
		return err
	})
	for waiting := true; waiting; {
		select {
		case <-f.deps.Store.Commands.C():
		default:
			waiting = false
		}
	}
	f.handler.OnReady(f.ctx, machineNo, 1)
	select {
	case <-f.deps.Store.Commands.C():
		t.Error("the relay was told although nothing waits")
	default:
	}
	if got := f.logs.count("level=ERROR"); got != 0 {
		t.Error(f.logs.buf.String())
	}
}

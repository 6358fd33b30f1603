package machineapi

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/testkit"
)

// together hands heartbeats to the handler as a gateway does, lets them gather
// until all are there, and returns their answers.
func (f *fixture) together(messages ...devicegw.Message) []error {
	f.t.Helper()
	f.handler.beats.Put(beat{}) // so that nobody takes them one by one
	f.handler.beats.Take(1)
	answers := make([]error, len(messages))
	times := make([]int, len(messages))
	for i, m := range messages {
		m.Later = func() func(error) {
			return func(err error) { answers[i], times[i] = err, times[i]+1 }
		}
		f.check(f.handler.OnMessage(f.ctx, m))
	}
	f.handler.takeBeats(f.ctx)
	for i, n := range times {
		if n != 1 {
			f.t.Errorf("message %d was answered %d times", i, n)
		}
	}
	if !f.handler.beats.Put(beat{}) {
		f.t.Error("nobody would take the next ones")
	}
	f.handler.beats.Take(1)
	f.handler.beats.Take(1)
	return answers
}

// beat is a heartbeat of a machine with a signal strength, signed with a key.
func (f *fixture) beat(no, rssi, key string) devicegw.Message {
	members := f.heartbeat(map[string]any{"client_id": no, "network_rssi": rssi})
	return devicegw.Message{MachineNo: no, Epoch: 1, Topic: sharedTopic, Payload: body(f.t, members, key), QoS: 1}
}

// Heartbeats that are taken together each come to what they would alone.
func TestHeartbeatsTakenTogether(t *testing.T) {
	f := newFixture(t, Config{})
	stranger := f.beat("99999999", "-60", appKey)
	forged := f.beat(otherNo, "-61", appKey)
	forged.MachineNo = machineNo
	number := f.beat(machineNo, "-62", appKey)
	number.Payload = body(t, f.heartbeat(map[string]any{"client_id": []int{1}}), appKey)
	answers := f.together(
		f.beat(machineNo, "-63", "wrong"), stranger, forged, number, f.beat(machineNo, "x", appKey),
		f.beat(otherNo, "-71", appKey), f.beat(machineNo, "-72", appKey), f.beat(machineNo, "-73", appKey),
	)
	f.check(errors.Join(answers...)) // a dropped message is acknowledged
	for id, want := range map[int64]string{otherID: "-71", machineID: "-73"} {
		if p := f.presence(id); p.NetworkRssi != want || p.LastHeartbeatAt != startMillis {
			t.Errorf("machine %d: %+v, want %s", id, p, want)
		}
	}
	for reason, want := range map[string]float64{
		reasonBadSign: 1, reasonUnknownMachine: 2, reasonTopicMismatch: 1, reasonBadFields: 1,
	} {
		if got := f.dropped(reason, methodHeartbeat); got != want {
			t.Errorf("%v dropped for %s, want %v", got, reason, want)
		}
	}
	f.flushLog()
	if n := f.rows("machine_logs"); n != 3 {
		t.Errorf("%d lines in the machine log, want one for each that was taken", n)
	}
}

// More than one transaction takes are all answered, in the order of each machine.
func TestManyHeartbeats(t *testing.T) {
	f := newFixture(t, Config{})
	messages := make([]devicegw.Message, 0, 2*maxBeats+1)
	for range 2 * maxBeats {
		messages = append(messages, f.beat(machineNo, "-70", appKey))
	}
	messages = append(messages, f.beat(machineNo, "-71", appKey))
	f.check(errors.Join(f.together(messages...)...))
	if p := f.presence(machineID); p.NetworkRssi != "-71" {
		t.Errorf("%+v", p)
	}
}

// One that cannot be stored is not acknowledged; the others are.
func TestOneHeartbeatCannotBeStored(t *testing.T) {
	f := newFixture(t, Config{})
	f.database.Fail(t, "BEFORE UPDATE ON presence", "NEW.network_rssi = '-66'")
	answers := f.together(f.beat(machineNo, "-70", appKey), f.beat(otherNo, "-66", appKey), f.beat(machineNo, "-71", appKey))
	if err := answers[1]; err == nil || !strings.Contains(err.Error(), testkit.BrokenWrite) {
		t.Errorf("the one that cannot be stored: %v", err)
	}
	f.check(errors.Join(answers[0], answers[2]))
	if p := f.presence(machineID); p.NetworkRssi != "-71" {
		t.Errorf("%+v", p)
	}
}

// Messages wait for the heartbeat before them, but for a report, which ends a
// dispense.
func TestReportWaitsForNoHeartbeat(t *testing.T) {
	f := newFixture(t, Config{})
	report := f.report(f.dispenseOne(), "1", nil)
	for _, c := range []struct {
		members map[string]any
		want    bool
	}{{f.heartbeat(nil), true}, {f.offline(nil), true}, {f.up("no.such", nil), true}, {report, false}} {
		m := f.message(body(t, c.members, appKey))
		waited := false
		m.Settle = func() { waited = true }
		f.check(f.handler.OnMessage(f.ctx, m))
		if waited != c.want {
			t.Errorf("%v waited: %v", c.members["method"], waited)
		}
	}
}

// When the database is away none is acknowledged, so that all come again.
func TestHeartbeatsWithoutDatabase(t *testing.T) {
	f := newFixture(t, Config{})
	f.check(f.deps.Store.Close())
	for i, err := range f.together(f.beat(machineNo, "-70", appKey), f.beat(otherNo, "-66", appKey)) {
		if err == nil {
			t.Errorf("heartbeat %d was acknowledged", i)
		}
	}
}

// A panic costs the connections of its heartbeats, not the process.
func TestPanicWhileHeartbeatsAreTaken(t *testing.T) {
	f := newFixture(t, Config{})
	f.handler.clock = func() (now time.Time) { panic("clock") }
	for i, err := range f.together(f.beat(machineNo, "-70", appKey), f.beat(otherNo, "-66", appKey)) {
		if !errors.Is(err, errBeatPanic) {
			t.Errorf("heartbeat %d: %v", i, err)
		}
	}
	if f.logs.count("clock") == 0 {
		t.Error("the panic is not in the log")
	}
}

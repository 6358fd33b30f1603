package simulator

import (
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// offsets returns when messages were signed, in seconds after the first.
func offsets(t *testing.T, list []upMessage) []int64 {
	t.Helper()
	var all []int64
	for _, m := range list {
		at, ok := m.Timestamp()
		if !ok {
			t.Fatal("no timestamp in", m.JSON())
		}
		first, _ := list[0].Timestamp()
		all = append(all, at-first)
	}
	return all
}

// A result is repeated, signed anew, until a PUBACK comes.
func TestResultIsRepeatedUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodResponse)
		s.send(1, false, sign(command()))
		r.await(Finished)
		time.Sleep(175 * time.Second)
		got, ids := s.messages(methodResponse)
		if at := offsets(t, got); !slices.Equal(at, []int64{0, 5, 20, 50, 110, 170}) {
			t.Errorf("published after %v s", at)
		}
		s.ack(ids[2]) // any copy will do
		r.await(Acknowledged)
		time.Sleep(time.Hour)
		if after, _ := s.messages(methodResponse); len(after) != len(got) {
			t.Errorf("%d more publications after the PUBACK", len(after)-len(got))
		}
		if r.Starts(sampleID) != 1 {
			t.Error("starts:", r.Starts(sampleID))
		}
		r.stop()
		s.stop()
	})
}

// Connections come and go, the schedule begins anew with each.
func TestResultIsRepeatedAfterReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodResponse)
		s.send(1, false, sign(command()))
		r.await(Reported)
		synctest.Wait()
		for range 3 {
			s.cut()
			r.await(Disconnected)
			r.await(Reported)
			synctest.Wait()
		}
		if got, _ := s.messages(methodResponse); len(got) != 4 {
			t.Errorf("%d publications", len(got))
		}
		s.setHold("")
		s.cut()
		r.await(Acknowledged)
		r.stop()
		s.stop()
	})
}

// A run may end while there is no connection.
func TestResultWaitsForConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.send(1, false, sign(command()))
		r.await(MotorStarted)
		s.cut()
		r.await(Finished)
		if got, _ := s.messages(methodResponse); len(got) != 0 {
			t.Error("reported without a connection")
		}
		r.await(Acknowledged)
		if got, _ := s.messages(methodResponse); len(got) != 1 {
			t.Errorf("%d publications", len(got))
		}
		r.stop()
		s.stop()
	})
}

// The server fails on the first reports, which ends the connection each time.
func TestResultSurvivesServerErrors(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		failures := 3
		p.setRefuse(func(m upMessage) error {
			if m.field("method") == methodResponse && failures > 0 {
				failures--
				return errors.New("database is away")
			}
			return nil
		})
		p.send(sign(command()))
		r.await(Acknowledged)
		got := p.messages(methodResponse)
		if len(got) != 4 || r.Starts(sampleID) != 1 {
			t.Errorf("%d responses, %d starts", len(got), r.Starts(sampleID))
		}
		if slices.Equal(got[0].Payload, got[3].Payload) {
			t.Error("not signed anew")
		}
	})
}

// QoS 1 may deliver the same packet again, and the server repeats the bytes.
func TestDuplicatesStartOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		var runs atomic.Int32
		r.cfg.Behaviour = func(run Run) Result {
			runs.Add(1)
			return Success(run)
		}
		r.start()
		for i := range 3 {
			s.send(uint16(i+1), i > 0, sign(command()))
		}
		s.cut() // before the PUBACKs are read
		r.await(Disconnected)
		r.await(Connected)
		synctest.Wait()
		s.send(1, true, sign(command()))
		r.await(Acknowledged)
		if runs.Load() != 1 || r.Starts(sampleID) != 1 {
			t.Errorf("%d runs, %d starts in the journal", runs.Load(), r.Starts(sampleID))
		}
		r.stop()
		s.stop()
	})
}

func TestManyResultsGoOutOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodResponse)
		var ids []string
		for i := range 20 {
			ids = append(ids, strconv.Itoa(1000+i*7919%100))
			s.send(uint16(i+1), false, sign(command("delivery_id", ids[i], "timeout", "90")))
			r.await(Finished)
		}
		r.Kill()
		before, _ := s.messages(methodResponse)
		s.setHold("")
		r.start()
		for range ids {
			r.await(Acknowledged)
		}
		after, _ := s.messages(methodResponse)
		var order []string
		for _, m := range after[len(before):] {
			order = append(order, m.field("delivery_id"))
		}
		if !slices.Equal(order, ids) {
			t.Errorf("order %v\nwant  %v", order, ids)
		}
		r.stop()
		s.stop()
	})
}

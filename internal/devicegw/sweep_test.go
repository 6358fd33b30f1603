package devicegw_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
)

// sweep is a fleet whose machines all reconnect again and again without
// closing their old connections.
type sweep struct {
	*server
	machines, rounds int
	newest           []*machine // by machine number
}

// Afterwards each machine must hear a command: none is online but deaf. Half of
// the fleet speaks MQTT 5.0, half trusts its session for the subscription.
func TestTakeOverSweep(t *testing.T) {
	w := &sweep{machines: 2_000, rounds: 5}
	w.newest = make([]*machine, w.machines)
	h := newRecorder()
	h.states = make(chan devicegw.ConnState, 2*w.machines*w.rounds)
	h.messages = make(chan devicegw.Message, w.machines*w.rounds)
	h.readies = make(chan ready, w.machines*w.rounds)
	w.server = serveTCP(t, devicegw.Config{}, h)

	var reconnecting, answering sync.WaitGroup
	for i := range w.machines {
		reconnecting.Go(func() { w.reconnectAll(t, i) })
	}
	reconnecting.Wait()
	if t.Failed() {
		return
	}
	for _, m := range w.newest {
		answering.Go(m.answer)
	}
	w.wantNoneDeaf(t)
	w.wantOldOnesEnded(t)
	for _, m := range w.newest {
		m.drop()
	}
	answering.Wait()
}

// reconnectAll is one machine's part. It closes its end of an old connection
// only when the new one is at work.
func (w *sweep) reconnectAll(t *testing.T, i int) {
	trusts := i%4 >= 2
	for round := range w.rounds {
		p := withWill(connectPacket(versions[i%2].v, fmt.Sprint(i)))
		if trusts {
			p = lasting(p)
		}
		m, present := w.reconnect(t, p)
		if present != (trusts && round > 0) {
			t.Errorf("machine %d, round %d: session present %v", i, round, present)
		}
		if !present {
			m.subscribe()
		}
		if old := w.newest[i]; old != nil {
			old.drop()
		}
		w.newest[i] = m
	}
	w.newest[i].ping() // behind it, a resumed subscription is at work
}

func (w *sweep) wantNoneDeaf(t *testing.T) {
	deaf := 0
	for i := range w.machines {
		no := fmt.Sprint(i)
		if !w.Connected(no) {
			deaf++
		} else if err := w.Send(t.Context(), no, devicegw.Outgoing{Payload: []byte("cmd")}); err != nil {
			deaf++
		}
	}
	t.Logf("%d machines, %d rounds: %d online but deaf", w.machines, w.rounds, deaf)
	if deaf > 0 {
		t.Errorf("%d of %d machines online but deaf", deaf, w.machines)
	}
}

// wantOldOnesEnded proves that all connections but the newest ended, once each
// and under their own epochs, with their wills.
func (w *sweep) wantOldOnesEnded(t *testing.T) {
	newest := make(map[string]int64)
	ended := make(map[int64]bool)
	for range w.machines * (2*w.rounds - 1) {
		st := receive(t, w.states)
		if st.Online {
			newest[st.MachineNo] = max(newest[st.MachineNo], st.Epoch)
		} else if ended[st.Epoch] {
			t.Fatalf("epoch %d ended twice", st.Epoch)
		} else {
			ended[st.Epoch] = true
		}
	}
	none(t, w.states)
	for no, epoch := range newest {
		if ended[epoch] {
			t.Errorf("newest connection of %s ended", no)
		}
	}
	for range w.machines * (w.rounds - 1) {
		if m := receive(t, w.messages); !m.Will || m.Epoch == newest[m.MachineNo] {
			t.Fatalf("will %+v, newest epoch %d", m, newest[m.MachineNo])
		}
	}
	none(t, w.messages)
	if st := w.Stats(); st.Machines != w.machines || st.Ended["taken over"] != uint64(w.machines*(w.rounds-1)) {
		t.Errorf("stats %+v", st)
	}
}

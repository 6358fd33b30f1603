package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// connectFleet connects the fleet, but not the machines whose password is cold.
// One machine goes first, so that their common password is known.
func (r *run) connectFleet(ctx context.Context, s *side) (time.Duration, error) {
	fleet := s.swarm.machines[:r.machines]
	if _, err := s.swarm.connect(ctx, fleet[:1], 1); err != nil {
		return 0, err
	}
	return s.swarm.connect(ctx, fleet[1:], connectAtOnce)
}

func measureMemory(ctx context.Context, r *run, s *side) error {
	before, err := s.settled()
	if err != nil {
		return err
	}
	if _, err := r.connectFleet(ctx, s); err != nil {
		return err
	}
	after, err := s.settled()
	if err != nil {
		return err
	}
	const kilobyte, megabyte = 1 << 10, 1 << 20
	r.add(s, "an idle machine", "KB", "≤ 9 KB, stretch 6", float64(after-before)/float64(r.machines)/kilobyte)
	r.add(s, "the whole server", "MB", "", float64(after)/megabyte)
	return nil
}

func measureConnect(ctx context.Context, r *run, s *side) error {
	took, err := r.connectFleet(ctx, s)
	if err != nil {
		return err
	}
	r.add(s, fmt.Sprintf("%d authenticated connects, password cache warm", r.machines), "s", "≤ 2 s", took.Seconds())
	if s.baseline {
		return nil
	}
	cold := s.swarm.machines[r.machines:]
	if took, err = s.swarm.connect(ctx, cold, connectAtOnce); err != nil {
		return err
	}
	r.add(s, fmt.Sprintf("%d connects, password cache cold: a bcrypt hash each", len(cold)), "s", "", took.Seconds())
	return nil
}

func measureCommands(ctx context.Context, r *run, s *side) error {
	if _, err := r.connectFleet(ctx, s); err != nil {
		return err
	}
	q := r.commands()
	rate := fmt.Sprintf(" at %d/s", r.commandRate)
	bare, err := s.bareCommands(q)
	if err != nil {
		return err
	}
	r.add(s, "command → report"+rate+", p50", "ms", "≤ 1.2 ×", bare.P50)
	r.add(s, "command → report"+rate+", p99", "ms", "≤ 1.5 ×", bare.P99)
	r.add(s, "commands not answered", "", "0", float64(bare.Lost))
	if s.baseline {
		return nil
	}
	whole, err := s.wholeCommands(q)
	if err != nil {
		return err
	}
	r.add(s, "whole platform, dispense → report stored"+rate+", p50", "ms", "", whole.P50)
	r.add(s, "whole platform, dispense → report stored"+rate+", p99", "ms", "", whole.P99)
	r.add(s, "whole platform, not answered", "", "0", float64(whole.Lost))
	return nil
}

// bareCommands measures commands that end at the gateway.
func (s *side) bareCommands(q request) (response, error) {
	if err := s.bare(ending{reports: true, beats: true}); err != nil {
		return response{}, err
	}
	return s.peer.call(q)
}

// wholeCommands measures commands that go through the platform.
func (s *side) wholeCommands(q request) (response, error) {
	if err := s.bare(ending{}); err != nil {
		return response{}, err
	}
	return s.peer.call(q)
}

// ending is what ends at the gateway; the platform stands behind the rest.
type ending struct{ reports, beats bool }

// bare tells both ends what ends at the gateway.
func (s *side) bare(at ending) error {
	s.swarm.realReports.Store(!at.reports)
	_, err := s.peer.call(request{Op: "bare", BareReports: at.reports, BareBeats: at.beats})
	return err
}

// measureReconnect lets machines connect all at the same time, while their old
// connections are still open. Afterwards every one must be reachable.
func measureReconnect(ctx context.Context, r *run, s *side) error {
	fleet := s.swarm.machines[:r.reconnecting]
	if _, err := s.swarm.connect(ctx, fleet, connectAtOnce); err != nil {
		return err
	}
	deaf := 0
	for range r.sweeps {
		if err := s.bare(ending{}); err != nil {
			return err
		}
		took, err := s.swarm.connect(ctx, fleet, len(fleet))
		if err != nil {
			return err
		}
		r.add(s, fmt.Sprintf("%d machines at once", len(fleet)), "s", "≤ 0.5 ×", took.Seconds())
		if err := s.bare(ending{reports: true, beats: true}); err != nil {
			return err
		}
		reached, err := s.peer.call(request{Op: "reach", N: len(fleet)})
		if err != nil {
			return err
		}
		deaf += reached.Count
	}
	r.add(s, fmt.Sprintf("online but deaf after %d sweeps", r.sweeps), "machines", "0", float64(deaf))
	return nil
}

func measureCPU(ctx context.Context, r *run, s *side) error {
	if _, err := r.connectFleet(ctx, s); err != nil {
		return err
	}
	if err := s.bare(ending{reports: true, beats: true}); err != nil {
		return err
	}
	before, err := s.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	sent, err := s.swarm.flood(ctx, r.messageRate, r.period)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := s.taken(ctx, sent); err != nil {
		return err
	}
	after, err := s.cpu()
	if err != nil {
		return err
	}
	r.add(s, fmt.Sprintf("processor time for %d QoS 1 messages", r.messageRate), "s", "≤ 0.6 ×",
		(after-before).Seconds()*float64(r.messageRate)/float64(sent))
	r.add(s, fmt.Sprintf("messages sent, of %d/s", r.messageRate), "1/s", "", float64(sent)/took.Seconds())
	return nil
}

// taken waits until this many messages were acknowledged to the machines and
// have arrived at the peer.
func (s *side) taken(ctx context.Context, sent int) error {
	return until(ctx, "the messages sent", func() (bool, error) {
		a, err := s.peer.call(request{Op: "messages"})
		return a.Count >= sent && s.swarm.acknowledged.Load() >= int64(sent), err
	})
}

// measureHeartbeats looks at commands alone and beside the heartbeats of the
// fleet: the way to the machine and back, where Mosquitto and its client carry
// the same heartbeats and store none, and then through the whole platform.
func measureHeartbeats(ctx context.Context, r *run, s *side) error {
	if _, err := r.connectFleet(ctx, s); err != nil {
		return err
	}
	if err := r.commandsBeside(ctx, s); err != nil || s.baseline {
		return err
	}
	return r.dispensesBeside(ctx, s)
}

// commandsBeside measures commands that end at the gateway, alone and beside
// heartbeats that go on into the store.
func (r *run) commandsBeside(ctx context.Context, s *side) error {
	if err := s.bare(ending{reports: true}); err != nil {
		return err
	}
	alone, err := s.peer.call(r.commands())
	if err != nil {
		return err
	}
	beside, err := r.flooded(ctx, s)
	if err != nil {
		return err
	}
	if err := s.taken(ctx, beside.sent); err != nil {
		return err
	}
	rate := fmt.Sprintf(" at %d/s", r.commandRate)
	r.add(s, "command → report"+rate+", alone, p50", "ms", "", alone.P50)
	r.add(s, "command → report"+rate+", alone, p99", "ms", "", alone.P99)
	r.add(s, "the same beside the heartbeats, p50", "ms", "≤ 1.2 ×", beside.P50)
	r.add(s, "the same beside the heartbeats, p99", "ms", "≤ 1.5 ×", beside.P99)
	r.add(s, "commands not answered", "", "0", float64(alone.Lost+beside.Lost))
	r.add(s, fmt.Sprintf("heartbeats taken beside them, of %d/s", r.heartbeatRate), "1/s", "", beside.rate())
	return nil
}

// dispensesBeside measures dispenses through the whole platform, alone and
// beside heartbeats. What processor time these need more is the heartbeats'.
func (r *run) dispensesBeside(ctx context.Context, s *side) error {
	before, err := s.spent()
	if err != nil {
		return err
	}
	alone, err := s.wholeCommands(r.commands())
	if err != nil {
		return err
	}
	between, err := s.spent()
	if err != nil {
		return err
	}
	began := time.Now()
	beside, err := r.flooded(ctx, s)
	if err != nil {
		return err
	}
	after, err := s.spent()
	if err != nil {
		return err
	}
	r.add(s, fmt.Sprintf("dispense → report stored at %d/s, alone, p99", r.commandRate), "ms", "", alone.P99)
	r.add(s, "a dispense beside the heartbeats, p99", "ms", "", beside.P99)
	r.add(s, "dispenses not answered", "", "0", float64(alone.Lost+beside.Lost))
	r.add(s, fmt.Sprintf("heartbeats stored and acknowledged, of %d/s", r.heartbeatRate), "1/s", "", beside.rate())
	for i, end := range []string{"server", "machines"} {
		more := (after[i] - between[i]) - (between[i] - before[i])
		r.add(s, "processor time for a heartbeat, "+end, "µs", "", float64(more.Microseconds())/float64(max(beside.acknowledged, 1)))
	}
	rows, err := s.peer.call(request{Op: "stored", Since: began.UnixMilli()})
	if err != nil {
		return err
	}
	r.add(s, fmt.Sprintf("machines whose heartbeat is in the store, of %d", r.machines), "", "", float64(rows.Count))
	return nil
}

// commands asks for commands to the whole fleet at the rate of the run.
func (r *run) commands() request {
	return request{Op: "commands", N: r.machines, Rate: r.commandRate, Period: r.period}
}

// besideBeats is what came of commands beside heartbeats.
type besideBeats struct {
	response
	// sent and acknowledged are heartbeats, within took.
	sent         int
	acknowledged int64
	took         time.Duration
}

// rate is heartbeats acknowledged per second.
func (b besideBeats) rate() float64 { return float64(b.acknowledged) / b.took.Seconds() }

// flooded measures commands while all machines send heartbeats.
func (r *run) flooded(ctx context.Context, s *side) (b besideBeats, err error) {
	began, acknowledged := time.Now(), s.swarm.acknowledged.Load()
	flooded := make(chan error, 1)
	go func() {
		var err error
		b.sent, err = s.swarm.flood(ctx, r.heartbeatRate, r.period)
		flooded <- err
	}()
	b.response, err = s.peer.call(r.commands())
	if err = errors.Join(err, <-flooded); err != nil {
		return b, fmt.Errorf("commands beside heartbeats: %w", err)
	}
	b.took = time.Since(began)
	// Reports are acknowledged, too.
	b.acknowledged = s.swarm.acknowledged.Load() - acknowledged - int64(b.Count)
	return b, nil
}

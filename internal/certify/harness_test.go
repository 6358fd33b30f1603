package certify

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

const (
	machineNo = "16327129"
	appKey    = "kva"
	password  = "secret"
)

// clock is the bubble's time, which begins in 2000, moved to where Unix seconds
// have ten digits.
func clock() time.Time { return time.Now().AddDate(26, 0, 0) }

// dialFunc opens a connection of the machine.
type dialFunc func(context.Context) (net.Conn, error)

// bench is a machine under test with somebody beside it, who restarts it when it
// is told to and answers questions.
type bench struct {
	t        *testing.T
	cfg      Config
	machine  simulator.Config
	listener *pipeListener
	dial     dialFunc // what the machine uses; a defect may wrap it
	// forgets gives the machine an empty folder at every restart.
	forgets bool
	// deaf machines do not obey client.machine.reboot.
	deaf bool

	hands sync.WaitGroup // what the person does

	mu      sync.Mutex
	running *simulator.Machine

	// Signals, each with room for one.
	started, finished, reboots chan struct{}
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t:        t,
		listener: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})},
		started:  make(chan struct{}, 1),
		finished: make(chan struct{}, 1),
		reboots:  make(chan struct{}, 1),
	}
	b.dial = b.listener.dial
	b.cfg = Config{
		MachineNo: machineNo, AppKey: appKey, Password: password, Listener: b.listener,
		Clock: clock, Rand: rand.Reader,
	}
	b.machine = simulator.Config{
		MachineNo: machineNo, AppKey: appKey, Password: password, BrokerURL: "tcp://127.0.0.1:1883",
		Dir: t.TempDir(), Clock: clock, Observer: b.observe,
	}
	return b
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *bench) observe(e simulator.Event) {
	signal := func(ch chan struct{}) {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
	switch {
	case e.Kind == simulator.MotorStarted:
		select { // of an earlier run
		case <-b.finished:
		default:
		}
		signal(b.started)
	case e.Kind == simulator.Finished:
		signal(b.finished)
	case e.Kind == simulator.Received && e.Method == methodReboot && !b.deaf:
		signal(b.reboots)
	}
}

// switchOn starts the machine.
func (b *bench) switchOn() {
	b.machine.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return b.dial(ctx) }
	if b.forgets {
		b.machine.Dir = b.t.TempDir()
	}
	m, err := simulator.Start(context.WithoutCancel(b.t.Context()), b.machine)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = m
}

// switchOff switches the machine off in order.
func (b *bench) switchOff() {
	if err := b.now().Stop(context.WithoutCancel(b.t.Context())); err != nil {
		b.t.Error(err)
	}
}

// never is a network that does not exist.
func never(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (b *bench) now() *simulator.Machine {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running
}

// powerCut switches the machine off and on.
func (b *bench) powerCut() {
	b.now().Kill()
	b.switchOn()
}

// person answers questions and does what they ask for: cut cuts the power, off
// switches the machine off.
func (b *bench) person(cut, off func(), answer func(question string) bool) func(context.Context, string) (bool, error) {
	english := textsFor(false)
	return func(_ context.Context, question string) (bool, error) {
		switch question {
		case english.cutPower:
			select { // of an earlier run
			case <-b.started:
			default:
			}
			b.hands.Go(func() {
				<-b.started
				cut()
			})
		case english.switchOff:
			b.hands.Go(off)
		}
		return answer(question), nil
	}
}

// run certifies the machine in virtual time.
func (b *bench) run() (report Report, err error) {
	b.switchOn()
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-b.reboots:
				b.powerCut()
			case <-over:
				return
			}
		}
	})
	report, err = Run(b.t.Context(), b.cfg)
	close(over)
	wg.Wait()
	b.hands.Wait()
	b.now().Kill()
	return report, err
}

// certify runs a bench in virtual time.
func certify(t *testing.T, change func(*bench)) (report Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		if change != nil {
			change(b)
		}
		var err error
		if report, err = b.run(); err != nil {
			t.Fatal(err)
		}
	})
	return report
}

// wantRows compares the rows of one verdict, in any order.
func wantRows(t *testing.T, report Report, v Verdict, want ...string) {
	t.Helper()
	var got []string
	for _, row := range report.Checks {
		if row.Verdict == v {
			got = append(got, row.ID)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%s: %v\nwant %v", v, got, want)
	for _, row := range report.Checks {
		if row.Verdict != Pass {
			t.Logf("%s %-20s %s", strings.ToUpper(string(row.Verdict)), row.ID, row.Seen)
		}
	}
}

package fleetsim

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

// Twenty machines with every fault at once: every command ends, and no motor
// starts twice.
func TestTwentyWithEveryFault(t *testing.T) {
	const machines, commands = 20, 15
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		o := s.options(t.TempDir(), "jam=0.1,no_drop=0.1,slow=0.2@15s,duplicate_report=0.3,late_report=0.1,"+
			"report_before_start=0.2,power_loss=0.2,offline=0.2,wrong_sign=0.2,duplicate_command=0.3,reorder_command=0.3,"+
			"silent=0.05,clock_drift=2s,storm=37s")
		o.Telemetry = time.Minute
		var err error
		if o.Machines, err = Count(o.Machines[0], machines); err != nil {
			t.Fatal(err)
		}
		f, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var drivers sync.WaitGroup
		for _, id := range o.Machines {
			drivers.Go(func() {
				for n := range commands {
					s.dispense(id.MachineNo, numbered(id.MachineNo, n))
				}
			})
		}
		drivers.Wait()
		time.Sleep(10 * time.Minute) // late reports
		var reported, bad int
		for _, id := range o.Machines {
			for n := range commands {
				if len(s.of(numbered(id.MachineNo, n))) > 0 {
					reported++
				}
			}
		}
		bad = s.bad
		sum := f.Summary()
		t.Logf("%d of %d reported, %d with wrong signatures, %+v", reported, machines*commands, bad, sum)
		if sum.DoubleStarts != 0 || sum.Starts > machines*commands || sum.Drops > sum.Starts {
			t.Errorf("%+v", sum)
		}
		// Only the silent ones may be missing, and what never reached a machine.
		if reported < machines*commands*8/10 {
			t.Errorf("only %d of %d were reported", reported, machines*commands)
		}
		for name, n := range map[string]int64{
			"wrong signatures": int64(bad), "reconnects": sum.Reconnects, "restarts": sum.Restarts, "duplicates": sum.Duplicates,
		} {
			if n == 0 {
				t.Error("no", name)
			}
		}
		f.Stop()
		synctest.Wait()
		if n := s.gateway.Stats().Connections; n != 0 {
			t.Error("connections left:", n)
		}
		s.stop()
	})
}

// A killed machine comes back in the same folder after the time of the profile.
func TestKillAndRestart(t *testing.T) {
	run(t, "power_loss=0@7s", func(t *testing.T, s *server, f *Fleet) {
		s.dispense(firstNo, "1")
		if err := f.Kill(firstNo); err != nil {
			t.Fatal(err)
		}
		if err := f.Kill(firstNo); !errors.Is(err, simulator.ErrOff) {
			t.Error(err)
		}
		synctest.Wait()
		if c := info(t, f, firstNo).Condition; c != Off {
			t.Error(c)
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if err := s.send(firstNo, command(firstNo, "1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		i := info(t, f, firstNo)
		if i.Condition != Online || i.Counts.Restarts != 1 || i.Counts.Starts != 1 || i.Counts.Duplicates != 1 {
			t.Errorf("%+v", i)
		}
		if err := f.Kill(firstNo); err != nil {
			t.Fatal(err)
		}
		if err := f.SwitchOn(firstNo); err != nil { // need not wait
			t.Fatal(err)
		}
		synctest.Wait()
		if c := info(t, f, firstNo).Condition; c != Online {
			t.Error(c)
		}
	})
}

// A reboot ends in a restart, a shutdown in silence until someone comes.
func TestRebootAndShutdown(t *testing.T) {
	run(t, "", func(t *testing.T, s *server, f *Fleet) {
		for _, c := range []struct {
			method    string
			condition Condition
			restarts  int64
		}{
			{"client.machine.reboot", Online, 1},
			{"client.machine.shutdown", Off, 1},
		} {
			if err := s.send(firstNo, message(firstNo, c.method, nil)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if i := info(t, f, firstNo); i.Condition != c.condition || i.Counts.Restarts != c.restarts {
				t.Errorf("%s: %+v", c.method, i)
			}
		}
		if err := f.GoOffline(t.Context(), firstNo, time.Second); !errors.Is(err, simulator.ErrOff) {
			t.Error(err)
		}
		if err := f.SwitchOn(firstNo); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if c := info(t, f, firstNo).Condition; c != Online {
			t.Error(c)
		}
		if err := f.SwitchOn(firstNo); !errors.Is(err, ErrOn) {
			t.Error(err)
		}
	})
}

// Switching on a machine that is on its way leaves nothing behind for its next
// shutdown.
func TestSwitchOnTwice(t *testing.T) {
	run(t, "power_loss=0@1h", func(t *testing.T, s *server, f *Fleet) {
		if err := f.Kill(firstNo); err != nil {
			t.Fatal(err)
		}
		slots := f.byNo[firstNo].slots
		for range cap(slots) { // it has to wait for its boot
			slots <- struct{}{}
		}
		for range 2 {
			if err := f.SwitchOn(firstNo); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for range cap(slots) {
			<-slots
		}
		synctest.Wait()
		if err := s.send(firstNo, message(firstNo, "client.machine.shutdown", nil)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if c := info(t, f, firstNo).Condition; c != Off {
			t.Error(c)
		}
	})
}

// A machine whose journal is damaged stays off and says why.
func TestDamagedJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		o := s.options(t.TempDir(), "")
		dir := filepath.Join(o.Dir, firstNo)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte("{\n{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		sum := f.Summary()
		if sum.Failed != 1 || sum.Connected != 1 || !strings.Contains(sum.Trouble, "corrupt") {
			t.Errorf("%+v", sum)
		}
		f.Stop()
		s.stop()
	})
}

// The counter of double starts works: a machine that loses its journal is found
// out, and so is a journal that counts two.
func TestDoubleStartIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		o := s.options(t.TempDir(), "power_loss=0@1m")
		f, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.dispense(firstNo, "1")
		if err := f.Kill(firstNo); err != nil {
			t.Fatal(err)
		}
		journal := filepath.Join(o.Dir, firstNo, "journal.jsonl")
		if err := os.Remove(journal); err != nil {
			t.Fatal(err)
		}
		if err := f.Kill(secondNo); err != nil {
			t.Fatal(err)
		}
		line := `{"delivery_id":"9","state":"finished","at":1,"starts":2,"dropped":1,"acked":true}` + "\n"
		if err := os.WriteFile(filepath.Join(o.Dir, secondNo, "journal.jsonl"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := s.send(firstNo, command(firstNo, "1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		for _, no := range []string{firstNo, secondNo} {
			if n := info(t, f, no).Counts.DoubleStarts; n != 1 {
				t.Errorf("%s: %d double starts", no, n)
			}
		}
		f.Stop()
		s.stop()
	})
}

// The memory of started deliveries is bounded.
func TestTallyForgets(t *testing.T) {
	tally := newTally()
	for n := range 3 * remembered {
		tally.start(numbered(firstNo, n), 1)
	}
	if len(tally.started) != remembered || tally.DoubleStarts != 0 {
		t.Error(len(tally.started), tally.DoubleStarts)
	}
	tally.start(numbered(firstNo, 3*remembered-1), 1)
	tally.start(numbered(firstNo, 3*remembered-1), 1)
	if tally.DoubleStarts != 1 {
		t.Error("double starts:", tally.DoubleStarts)
	}
}

func TestChangeFaults(t *testing.T) {
	run(t, "storm=1h", func(t *testing.T, s *server, f *Fleet) {
		jam := Faults{Jam: Chance{Rate: 1}}
		if err := f.SetMachineFaults(firstNo, jam, 0); err != nil {
			t.Fatal(err)
		}
		s.dispense(firstNo, "1")
		s.dispense(secondNo, "2")
		want(t, s.of("1")[0], "floor_status", "2")
		want(t, s.of("2")[0], "floor_status", "1")
		if err := f.SetFaults(Faults{NoDrop: Chance{Rate: 1}, Storm: Duration(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		s.dispense(firstNo, "3")
		want(t, s.of("3")[0], "floor_status", "1", "deliver_status", "0")
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := f.Summary().Reconnects; n != 2 {
			t.Errorf("%d reconnects", n)
		}
		for _, bad := range []Faults{{Jam: Chance{Rate: 2}}, {Storm: Duration(time.Minute)}} {
			if err := f.SetMachineFaults(firstNo, bad, 0); err == nil {
				t.Errorf("accepted %+v", bad)
			}
		}
		if err := f.SetMachineFaults("1", jam, 0); !errors.Is(err, ErrUnknownMachine) {
			t.Error(err)
		}
		if err := f.SetFaults(Faults{Jam: Chance{Rate: 2}}); err == nil {
			t.Error("accepted")
		}
	})
}

// Faults that are set for a run are over after it, but for the pause of a power
// loss. The last command is there with what the machine did.
func TestFaultsForOneRun(t *testing.T) {
	run(t, "", func(t *testing.T, s *server, f *Fleet) {
		if last := info(t, f, firstNo).Last; last != nil {
			t.Errorf("%+v", last)
		}
		if err := f.SetMachineFaults(firstNo, Faults{Jam: Chance{Rate: 1}}, 1); err != nil {
			t.Fatal(err)
		}
		if i := info(t, f, firstNo); i.Runs != 1 || i.Faults.Active()["jam"] != "1" {
			t.Errorf("%+v", i)
		}
		s.dispense(firstNo, "1")
		synctest.Wait()
		i := info(t, f, firstNo)
		if i.Runs != 0 || len(i.Faults.Active()) != 0 || i.Last == nil || i.Last.DeliveryID != "1" || i.Last.Step != CommandReported ||
			i.Last.Dropped != 0 || i.Last.ErrorMsg == "" {
			t.Errorf("%+v %+v", i, i.Last)
		}
		if err := f.SetMachineFaults(firstNo, Faults{PowerLoss: Chance{Rate: 1, For: 50 * time.Second}}, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.send(firstNo, command(firstNo, "2")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		if i := info(t, f, firstNo); i.Condition != Off || i.Runs != 0 || i.Last.Step != CommandStarted {
			t.Errorf("%+v %+v", i, i.Last)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if i := info(t, f, firstNo); i.Condition != Online || i.Last.DeliveryID != "2" || i.Last.Step != CommandReported {
			t.Errorf("%+v %+v", i, i.Last)
		}
		s.dispense(firstNo, "3")
		synctest.Wait()
		if last := info(t, f, firstNo).Last; last.Dropped != 1 || last.ErrorMsg != "" {
			t.Errorf("%+v", last)
		}
	})
}

// Why machines have no connection can be read.
func TestTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		s.password = "other"
		f, err := Start(t.Context(), s.options(t.TempDir(), ""))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		sum := f.Summary()
		if sum.Connected != 0 || !strings.Contains(sum.Trouble, "bad user name or password") {
			t.Errorf("%+v", sum)
		}
		f.Stop()
		s.stop()
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no machines":   func(o *Options) { o.Machines = nil },
		"twice":         func(o *Options) { o.Machines = append(o.Machines, o.Machines[0]) },
		"path":          func(o *Options) { o.Machines[0].MachineNo = "../1" },
		"no password":   func(o *Options) { o.Machines[0].Password = "" },
		"no AppKey":     func(o *Options) { o.Machines[0].AppKey = "" },
		"no folder":     func(o *Options) { o.Dir = "" },
		"bad server":    func(o *Options) { o.Server = "http://localhost:1" },
		"no server":     func(o *Options) { o.Server = "" },
		"bad faults":    func(o *Options) { o.Faults.Jam.Rate = 2 },
		"bad stretches": func(o *Options) { o.Faults.Offline.For = -1 },
	} {
		o := Options{Server: "tcp://127.0.0.1:1883", Dir: t.TempDir(), Machines: twoMachines()}
		change(&o)
		if _, err := Start(t.Context(), o); err == nil {
			t.Error("accepted:", name)
		}
	}
}

func TestIdentities(t *testing.T) {
	standard := Identity{MachineNo: "0099", Password: "p", AppKey: "k"}
	ids, err := Count(standard, 2)
	if err != nil || ids[0].MachineNo != "0099" || ids[1].MachineNo != "0100" || ids[1].Password != "p" {
		t.Errorf("%v %+v", err, ids)
	}
	for _, c := range []struct {
		first string
		n     int
	}{{"1", 0}, {"1", maxMachines + 1}, {"x", 1}, {"-1", 1}, {"", 1}, {"99999999999999999999", 2}} {
		if _, err := Count(Identity{MachineNo: c.first}, c.n); err == nil {
			t.Errorf("accepted %+v", c)
		}
	}
	ids, err = ParseIdentities([]byte("machines:\n  - {machine_no: \"1\"}\n  - {machine_no: \"2\", password: q, app_key: l}\n"), standard)
	if err != nil || ids[0] != (Identity{MachineNo: "1", Password: "p", AppKey: "k"}) || ids[1] != (Identity{MachineNo: "2", Password: "q", AppKey: "l"}) {
		t.Errorf("%v %+v", err, ids)
	}
	for _, text := range []string{"", "machines: []", "machines:\n  - {machine_no: a}", "machines:\n  - {no: \"1\"}", "["} {
		if _, err := ParseIdentities([]byte(text), standard); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
}

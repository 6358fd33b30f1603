package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
)

var journalTime = time.Unix(sampleAt, 0)

func mustOpen(t testing.TB, dir string) *journal {
	t.Helper()
	j, err := openJournal(dir, journalTime)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustPut(t testing.TB, j *journal, e entry) {
	t.Helper()
	if err := j.put(e); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t testing.TB, j *journal) {
	t.Helper()
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

func sampleEntry(id, state string) entry {
	return entry{DeliveryID: id, OrderID: "60", RecordID: "78", State: state, At: sampleAt, Starts: 1,
		Command: json.RawMessage(`{"method":"device.delivery.put"}`)}
}

func TestJournalRemembers(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustPut(t, j, sampleEntry("1", stateStarted))
	mustPut(t, j, sampleEntry("2", stateStarted))
	done := sampleEntry("1", stateFinished)
	done.Success, done.Dropped, done.FloorStatus = true, 1, "1"
	mustPut(t, j, done)
	before := maps.Clone(j.entries)
	for range 3 { // as left by a power loss, then compacted, then compacted again
		mustClose(t, j)
		j = mustOpen(t, dir)
		if !equal(j.entries, before) || !slices.Equal(j.order, []string{"1", "2"}) {
			t.Fatalf("order %v, entries %+v\nwant %+v", j.order, j.entries, before)
		}
	}
	settled, err := j.settle(journalTime)
	if err != nil || len(settled) != 1 || settled[0].DeliveryID != "2" || settled[0].ErrorMsg != "Device Restarted" {
		t.Fatalf("settled %+v, %v", settled, err)
	}
	if again, err := j.settle(journalTime); err != nil || len(again) != 0 {
		t.Errorf("settled again: %+v, %v", again, err)
	}
	mustClose(t, j)
	if err := j.put(done); err == nil {
		t.Error("a closed journal took an entry")
	}
}

func equal(a, b map[string]entry) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// At least 7 days and 1,000 entries stay, and whatever is not settled.
func TestJournalCompaction(t *testing.T) {
	dir := t.TempDir()
	old := sampleAt - int64(keepAge/time.Second) - 1
	put := func(n int, at int64, change func(*entry)) []entry {
		var list []entry
		for i := range n {
			e := sampleEntry(fmt.Sprintf("%d-%d-%d", at, n, i), stateFinished)
			e.At, e.Acked = at, true
			if change != nil {
				change(&e)
			}
			list = append(list, e)
		}
		return list
	}
	var lines []entry
	lines = append(lines, put(1, old, func(e *entry) { e.State, e.Acked = stateStarted, false })...) // kept: open
	lines = append(lines, put(2, old, func(e *entry) { e.Acked = false })...)                        // kept: unreported
	lines = append(lines, put(3, old, func(e *entry) { e.Acked, e.Silent = false, true })...)        // forgotten
	lines = append(lines, put(4, old, nil)...)                                                       // forgotten
	lines = append(lines, put(5, old+1, nil)...)                                                     // kept: 7 days old
	lines = append(lines, put(keepEntries, old, nil)...)                                             // kept: newest
	file, err := createLines(filepath.Join(dir, "journal.jsonl"), lines)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.close(); err != nil {
		t.Fatal(err)
	}
	var expected []string
	for i, e := range lines {
		if i < 3 || i >= 10 {
			expected = append(expected, e.DeliveryID)
		}
	}
	for range 2 {
		j := mustOpen(t, dir)
		if !slices.Equal(j.order, expected) || len(j.entries) != len(expected) {
			t.Errorf("%d entries kept of %d, want %d", len(j.order), len(lines), len(expected))
		}
		mustClose(t, j)
	}
}

// journalText is a journal of three deliveries.
func journalText(t testing.TB) []byte {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	for i := range 3 {
		e := sampleEntry(strconv.Itoa(i), stateStarted)
		mustPut(t, j, e)
		e.State = stateFinished
		mustPut(t, j, e)
		e.Acked = true
		mustPut(t, j, e)
	}
	mustClose(t, j)
	text, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Power loss at every byte: only the line being written is lost.
func TestTornJournal(t *testing.T) {
	text := journalText(t)
	for n := range len(text) + 1 {
		for _, tail := range []string{"", "\x00\x00\x00", "\x00\n"} {
			j := &journal{entries: make(map[string]entry)}
			err := foldLines(append(slices.Clone(text[:n]), tail...), j.takeLine)
			// A tail right behind a line is a line of its own, the torn one.
			whole := bytes.Count(text[:n], []byte("\n"))
			if err != nil {
				t.Fatalf("cut at %d, tail %q: %v", n, tail, err)
			}
			if len(j.order) < (whole+2)/3 {
				t.Fatalf("cut at %d: %d entries of %d lines", n, len(j.order), whole)
			}
		}
	}
	// On disk: opened, healed, and written on.
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.jsonl")
	if err := os.WriteFile(path, text[:len(text)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	j := mustOpen(t, dir)
	if e, _ := j.lookup("2"); e.State != stateFinished || e.Acked {
		t.Errorf("%+v", e)
	}
	mustPut(t, j, sampleEntry("9", stateStarted))
	mustClose(t, j)
	j = mustOpen(t, dir)
	if e, ok := j.lookup("9"); !ok || e.Starts != 1 || len(j.order) != 4 {
		t.Errorf("%+v of %v", e, j.order)
	}
	mustClose(t, j)
}

// Damage before the last line may hide a motor start, so the machine stays off.
func TestCorruptFiles(t *testing.T) {
	for name, text := range map[string]string{
		"journal.jsonl": "{\"delivery_id\":\"1\",\"state\":\"st\n{\"delivery_id\":\"2\",\"state\":\"started\"}\n",
		"codes.jsonl":   "{}\n{\"id\":\"1\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			if err := os.WriteFile(filepath.Join(r.cfg.Dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Start(t.Context(), r.cfg); !errors.Is(err, ErrCorrupt) {
				t.Error(err)
			}
			left, err := os.ReadFile(filepath.Join(r.cfg.Dir, name))
			if err != nil || string(left) != text {
				t.Error("the evidence was changed")
			}
		})
	}
}

// A machine that cannot write its journal does not move a motor.
func TestJournalFailureStopsMachine(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		if err := r.journal.close(); err != nil {
			t.Fatal(err)
		}
		go func() { // no PUBACK will come
			_ = p.gateway.Send(t.Context(), machineNo, devicegw.Outgoing{Payload: sign(command())})
		}()
		<-r.Done()
		if err := r.Stop(t.Context()); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		r.start()
		if r.Starts(sampleID) != 0 {
			t.Error("the motor ran")
		}
	})
}

// Rows 7 and 8 of mqtt.md §6.3: first the journal, then the motor; first the
// journal, then the report.
func TestJournalComesFirst(t *testing.T) {
	run(t, func(c *Config) {
		onDisk := func(state string) int {
			text, err := os.ReadFile(filepath.Join(c.Dir, "journal.jsonl"))
			if err != nil {
				t.Error(err)
			}
			return bytes.Count(text, []byte(`"state":"`+state+`"`))
		}
		c.Behaviour = func(r Run) Result {
			if onDisk(stateStarted) != 1 || onDisk(stateFinished) != 0 {
				t.Error("the motor starts before it is in the journal")
			}
			return Success(r)
		}
		tell := c.Observer
		c.Observer = func(e Event) {
			if e.Kind == Reported && onDisk(stateFinished) != 1 {
				t.Error("reported before it is in the journal")
			}
			tell(e)
		}
	}, func(_ *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(Acknowledged)
	})
}

func FuzzJournal(f *testing.F) {
	text := journalText(f)
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add(append(slices.Clone(text), 0, 0, 0))
	f.Add(bytes.Replace(text, []byte("finished"), []byte("fin"), 1))
	f.Add([]byte("\n\n"))
	f.Add([]byte(`{"delivery_id":"1","state":"finished","command":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first := &journal{entries: make(map[string]entry)}
		if err := foldLines(data, first.takeLine); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		first.compact(journalTime)
		// What was understood is written such that it is understood again.
		var text bytes.Buffer
		for _, id := range first.order {
			line, err := json.Marshal(first.entries[id])
			if err != nil {
				t.Fatal(err)
			}
			text.Write(append(line, '\n'))
		}
		second := &journal{entries: make(map[string]entry)}
		if err := foldLines(text.Bytes(), second.takeLine); err != nil {
			t.Fatalf("%v in %q", err, text.Bytes())
		}
		if !slices.Equal(first.order, second.order) || !equal(first.entries, second.entries) {
			t.Fatalf("%+v became %+v", first.entries, second.entries)
		}
	})
}

func FuzzCodes(f *testing.F) {
	f.Add([]byte("{\"id\":\"1\",\"code\":\"5288640\"}\n{\"id\":\"1\",\"removed\":true}\n{\"id\":\"1\"}\n"))
	f.Add([]byte("{\"id\":\"1\"}\n{\"id\":"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &codeStore{codes: make(map[string]Code)}
		if err := foldLines(data, s.takeLine); err != nil {
			return
		}
		if got := s.list(time.UnixMilli(0)); len(got) > len(s.codes) {
			t.Fatalf("%d codes listed of %d", len(got), len(s.codes))
		}
	})
}

// Any signed message leaves the machine alive, and whatever it accepts can be
// journaled.
func FuzzCommand(f *testing.F) {
	f.Add("quantity", "1")
	f.Add("delivery_id", "\x00\u2028<")
	f.Add("timeout", "9223372036854775807")
	f.Add("method", methodCodeCreate)
	f.Fuzz(func(t *testing.T, name, value string) {
		cfg, err := Config{MachineNo: machineNo, AppKey: appKey, Dir: ".", BrokerURL: "tcp://h:1"}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		m := &Machine{cfg: cfg}
		o, err := m.verify(sign(command(name, value)))
		if err != nil {
			return
		}
		_, _ = parseCode(o)
		run, _ := parseRun(o)
		if _, err := json.Marshal(m.newEntry(run)); err != nil {
			t.Fatal(err)
		}
	})
}

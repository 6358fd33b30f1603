package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// What the journal keeps when it is compacted (mqtt.md §6.3).
const (
	keepAge     = 7 * 24 * time.Hour
	keepEntries = 1000
)

const (
	stateStarted  = "started"
	stateFinished = "finished"
)

// entry is what the journal knows about one delivery_id. A line of the file is
// a whole entry; the last line of a delivery_id counts.
type entry struct {
	DeliveryID  string          `json:"delivery_id"`
	OrderID     string          `json:"order_id,omitempty"`
	RecordID    string          `json:"record_id,omitempty"`
	State       string          `json:"state"`
	At          int64           `json:"at"`     // Unix seconds of the last change of state
	Starts      int             `json:"starts"` // motor starts
	Success     bool            `json:"success,omitempty"`
	Dropped     int             `json:"dropped"` // pieces known to have dropped
	FloorStatus string          `json:"floor_status,omitempty"`
	ErrorMsg    string          `json:"error_msg,omitempty"`
	Silent      bool            `json:"silent,omitempty"`
	Acked       bool            `json:"acked,omitempty"`
	Command     json.RawMessage `json:"command,omitempty"` // as received
}

// with is the entry after a run that came to r.
func (e entry) with(r Result, success bool) entry {
	e.Success, e.Dropped, e.FloorStatus, e.ErrorMsg, e.Silent = success, r.Dropped, r.FloorStatus, r.ErrorMsg, r.Silent
	return e
}

// unreported tells whether the server still has to learn the result.
func (e entry) unreported() bool {
	return e.State == stateFinished && !e.Acked && !e.Silent
}

// journal is the durable memory of dispense commands. It is safe for concurrent
// use; only the machine's goroutine writes. After an error of a write it must
// not be used any more.
type journal struct {
	file *lineFile

	mu      sync.Mutex
	entries map[string]entry
	order   []string // delivery ids, oldest first
}

// openJournal reads the journal in dir, or begins one, and compacts it.
func openJournal(dir string, now time.Time) (*journal, error) {
	path := filepath.Join(dir, "journal.jsonl")
	j := &journal{entries: make(map[string]entry)}
	if err := readLines(path, j.takeLine); err != nil {
		return nil, err
	}
	j.compact(now)
	lines := make([]entry, 0, len(j.order))
	for _, id := range j.order {
		lines = append(lines, j.entries[id])
	}
	file, err := createLines(path, lines)
	if err != nil {
		return nil, err
	}
	j.file = file
	return j, nil
}

func (j *journal) takeLine(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.DeliveryID == "" {
		return errors.New("no delivery_id")
	}
	if e.State != stateStarted && e.State != stateFinished {
		return fmt.Errorf("unknown state %q", e.State)
	}
	j.remember(e)
	return nil
}

func (j *journal) remember(e entry) {
	if _, known := j.entries[e.DeliveryID]; !known {
		j.order = append(j.order, e.DeliveryID)
	}
	j.entries[e.DeliveryID] = e
}

// compact forgets entries that are old, not among the newest, and settled.
func (j *journal) compact(now time.Time) {
	oldest := now.Add(-keepAge).Unix()
	kept := j.order[:0]
	newest := len(j.order) - keepEntries
	for i, id := range j.order {
		e := j.entries[id]
		if i >= newest || e.At >= oldest || e.State == stateStarted || e.unreported() {
			kept = append(kept, id)
			continue
		}
		delete(j.entries, id)
	}
	j.order = kept
}

func (j *journal) lookup(deliveryID string) (entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.entries[deliveryID]
	return e, ok
}

// put writes e and returns when it is on storage.
func (j *journal) put(e entry) error {
	if err := j.file.append(e); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.remember(e)
	return nil
}

// filter returns the entries that match, oldest first.
func (j *journal) filter(match func(entry) bool) []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []entry
	for _, id := range j.order {
		if e := j.entries[id]; match(e) {
			found = append(found, e)
		}
	}
	return found
}

// settle ends every run that a restart interrupted (mqtt.md §6.4 step 2) and
// returns them. The pieces journaled during the run are known to have dropped;
// a virtual channel cannot be checked, so its status stays unreported.
func (j *journal) settle(now time.Time) ([]entry, error) {
	interrupted := j.filter(func(e entry) bool { return e.State == stateStarted })
	for i, e := range interrupted {
		e.State, e.At, e.ErrorMsg = stateFinished, now.Unix(), errRestarted
		if err := j.put(e); err != nil {
			return nil, err
		}
		interrupted[i] = e
	}
	return interrupted, nil
}

func (j *journal) close() error { return j.file.close() }

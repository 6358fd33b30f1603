package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// Code is a pickup code the machine was told (mqtt.md §5.14).
type Code struct {
	ID        string `json:"id"` // row id at the server
	ProductID string `json:"product_id"`
	Code      string `json:"code"`                 // digits
	Quantity  int    `json:"quantity"`             // pieces, 1–3
	ExpiredAt int64  `json:"expired_at,omitempty"` // Unix ms; 0 = never
}

func (c Code) expired(now time.Time) bool {
	return c.ExpiredAt != 0 && now.UnixMilli() > c.ExpiredAt
}

// codeLine is a line of the code file.
type codeLine struct {
	Code
	Removed bool `json:"removed,omitempty"`
}

// codeStore keeps the pickup codes. It is safe for concurrent use; only the
// machine's goroutine writes.
type codeStore struct {
	file *lineFile

	mu    sync.Mutex
	codes map[string]Code
	order []string // row ids as they were stored; may name removed codes
}

// openCodes reads the codes in dir and drops the expired ones, of whose end no
// message tells.
func openCodes(dir string, now time.Time) (*codeStore, error) {
	path := filepath.Join(dir, "codes.jsonl")
	s := &codeStore{codes: make(map[string]Code)}
	if err := readLines(path, s.takeLine); err != nil {
		return nil, err
	}
	known := s.list(now)
	lines := make([]codeLine, len(known))
	for i, c := range known {
		lines[i] = codeLine{Code: c}
	}
	file, err := createLines(path, lines)
	if err != nil {
		return nil, err
	}
	s.file = file
	return s, nil
}

func (s *codeStore) takeLine(line []byte) error {
	var l codeLine
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if l.ID == "" {
		return errors.New("no id")
	}
	s.remember(l)
	return nil
}

func (s *codeStore) remember(l codeLine) {
	if l.Removed {
		delete(s.codes, l.ID)
		return
	}
	if _, known := s.codes[l.ID]; !known {
		s.order = append(s.order, l.ID)
	}
	s.codes[l.ID] = l.Code
}

func (s *codeStore) put(l codeLine) error {
	if err := s.file.append(l); err != nil {
		return fmt.Errorf("pickup codes: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(l)
	return nil
}

// list returns the codes that are not expired, in the order they came.
func (s *codeStore) list(now time.Time) []Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Code
	seen := make(map[string]bool, len(s.codes)) // a code removed and stored again is twice in order
	for _, id := range s.order {
		c, known := s.codes[id]
		if known && !seen[id] && !c.expired(now) {
			found = append(found, c)
		}
		seen[id] = true
	}
	return found
}

func (s *codeStore) close() error { return s.file.close() }

// parseCode reads a client.pickup_codes.create.
func parseCode(o *signature.Object) (Code, error) {
	f := fieldReader{object: o}
	c := Code{
		ID:        f.text("id"),
		ProductID: f.text("product_id"),
		Code:      f.text("code"),
		Quantity:  int(f.number("quantity", 1, 3)),
	}
	if _, present := o.Lookup("expired_at"); present {
		c.ExpiredAt = f.number("expired_at", 1, 1<<53)
	}
	if len(c.Code) < 6 || len(c.Code) > 10 {
		f.fail("code")
	}
	if _, err := strconv.ParseUint(c.Code, 10, 64); err != nil {
		f.fail("code")
	}
	if used := f.text("used"); used != "0" {
		f.fail("used")
	}
	return c, f.err
}

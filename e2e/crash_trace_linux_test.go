package e2e

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// sector is what a disk writes as a whole or not at all.
const sector = 512

// diskEvent is something that happened to a file, or an order that was
// acknowledged to its client. It began and ended at lines of the trace.
type diskEvent struct {
	kind       string // write, cut, sync, ack; none: it failed
	file       string
	data       []byte
	offset     int64 // of a write; the new size of a file that is cut
	order      int64
	begun, end int // end 0: not ended when the trace did
}

// diskTrace is what a process did to the files of its database, in the order in
// which its calls began.
type diskTrace struct {
	events []*diskEvent
	lines  int
}

var (
	traceLine   = regexp.MustCompile(`^(\d+) +(.*)$`)
	traceFD     = regexp.MustCompile(`^\d+<([^>]*)>`)
	traceString = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, (\d+)(?:, (\d+))?`)
	traceSize   = regexp.MustCompile(`>, (\d+)`)
	traceOrder  = regexp.MustCompile(`^HTTP/1\.1 200 (?s:.*)"order_id":(\d+)`)
)

// readTrace reads what strace -f -y -xx wrote of write, pwrite64, fsync,
// fdatasync and ftruncate.
func readTrace(file string) (*diskTrace, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &diskTrace{}
	open := map[string]*diskEvent{} // by thread
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		t.lines++
		parts := traceLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			return nil, fmt.Errorf("line %d of the trace: %.200s", t.lines, lines.Text())
		}
		thread, call := parts[1], parts[2]
		if strings.HasPrefix(call, "<... ") {
			if e := open[thread]; e != nil {
				t.finish(e, call)
			}
			delete(open, thread)
			continue
		}
		e, err := readCall(call)
		if err != nil {
			return nil, fmt.Errorf("line %d of the trace: %w", t.lines, err)
		}
		if e == nil {
			continue
		}
		e.begun = t.lines
		t.events = append(t.events, e)
		if strings.HasSuffix(call, "<unfinished ...>") {
			open[thread] = e
		} else {
			t.finish(e, call)
		}
	}
	return t, lines.Err()
}

// finish notes the end of a call. One that failed, or that strace only pretended
// to carry out, had no effect.
func (t *diskTrace) finish(e *diskEvent, call string) {
	if strings.Contains(call, ") = -1 ") || strings.HasSuffix(call, "(INJECTED)") {
		e.kind = "none"
	}
	e.end = t.lines
}

// readCall reads the beginning of a call; nil is one that does not matter.
func readCall(call string) (*diskEvent, error) {
	name, args, ok := strings.Cut(call, "(")
	if !ok {
		return nil, nil //nolint:nilnil // a signal, or the end of a thread
	}
	fd := traceFD.FindStringSubmatch(args)
	if fd == nil {
		return nil, nil //nolint:nilnil // no file
	}
	path, err := unhex(fd[1])
	if err != nil {
		return nil, err
	}
	e := &diskEvent{file: filepath.Base(string(path))}
	database := e.file == "vendlane.db" || e.file == "vendlane.db-wal"
	switch {
	case (name == "fsync" || name == "fdatasync") && database:
		e.kind = "sync"
		return e, nil
	case name == "ftruncate" && database:
		size := traceSize.FindStringSubmatch(args)
		if size == nil {
			return nil, fmt.Errorf("a cut without its size: %.200s", call)
		}
		e.kind = "cut"
		e.offset, err = strconv.ParseInt(size[1], 10, 64)
		return e, err
	case name == "write" && strings.HasPrefix(string(path), "socket:"), name == "pwrite64" && database:
	default:
		return nil, nil //nolint:nilnil // another file, such as the index in shared memory
	}
	parts := traceString.FindStringSubmatch(args)
	if parts == nil || parts[2] != "" {
		return nil, fmt.Errorf("a write without its data: %.200s", call)
	}
	if e.data, err = unhex(parts[1]); err != nil {
		return nil, err
	}
	if name == "pwrite64" {
		e.kind = "write"
		e.offset, err = strconv.ParseInt(parts[4], 10, 64)
		return e, err
	}
	order := traceOrder.FindSubmatch(e.data)
	if order == nil {
		return nil, nil //nolint:nilnil // another answer
	}
	e.kind = "ack"
	e.order, err = strconv.ParseInt(string(order[1]), 10, 64)
	return e, err
}

// unhex reads \x61\x62.
func unhex(text string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(text, `\x`, "")) }

// acked returns the orders that were acknowledged before a line.
func (t *diskTrace) acked(line int) (orders []int64) {
	for _, e := range t.events {
		if e.kind == "ack" && e.begun < line {
			orders = append(orders, e.order)
		}
	}
	return orders
}

// after makes a file as the disk may hold it when the power fails at a line: with
// all that a sync covers, which began after the write had ended and ended before
// that line. Of the rest each sector is there if keep says so.
func (t *diskTrace) after(line int, file string, before []byte, keep func() bool) []byte {
	synced := 0 // the beginning of the last sync
	for _, e := range t.events {
		if e.kind == "sync" && e.file == file && e.end != 0 && e.end < line {
			synced = max(synced, e.begun)
		}
	}
	image := append([]byte(nil), before...)
	for _, e := range t.events {
		if e.file != file || e.begun >= line {
			continue
		}
		covered := e.end != 0 && e.end < synced
		switch e.kind {
		case "write":
			for data, at := e.data, e.offset; len(data) > 0; {
				n := min(int64(len(data)), sector-at%sector)
				if covered || keep() {
					image = resize(image, max(int64(len(image)), at+n))
					copy(image[at:], data[:n])
				}
				data, at = data[n:], at+n
			}
		case "cut":
			if covered || keep() {
				image = resize(image, e.offset)
			}
		}
	}
	return image
}

func resize(image []byte, size int64) []byte {
	if grow := size - int64(len(image)); grow > 0 {
		return append(image, make([]byte, grow)...)
	}
	return image[:size]
}

// fate says what becomes of sectors that no sync covers: a way for the disk to
// lose power.
type fate struct {
	name string
	keep func() bool
}

func fates(dice *rand.Rand) []fate {
	return []fate{
		{"none kept", func() bool { return false }},
		{"half kept", func() bool { return dice.IntN(2) == 0 }},
		{"most kept", func() bool { return dice.IntN(10) != 0 }},
	}
}

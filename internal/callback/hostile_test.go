package callback

import (
	"compress/gzip"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/vendlane/vendlane/internal/store"
)

// A receiver may answer with as much as it likes, packed or not: little of it is
// taken, and nothing unpacked.
func TestAnswersAreNeitherUnpackedNorReadToTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		var written atomic.Int64
		asked := make(chan string, 2)
		flood := func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Header.Get("Accept-Encoding")
			for {
				noise := make([]byte, 4096)
				_, _ = rand.Read(noise) // never fails
				n, err := w.Write(noise)
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		}
		plain, stopPlain := network.serve("plain.example", http.HandlerFunc(flood))
		packed, stopPacked := network.serve("packed.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_ = gzip.NewWriter(w).Flush()
			flood(w, r)
		}))
		r := f.relay(Config{})
		network.attach(r)
		for _, url := range []string{plain, packed} {
			written.Store(0)
			id := f.queue(url, 0, 0)
			runOnce(t, r)
			if state := f.row(id).State; state != store.CallbackDelivered {
				t.Errorf("%s: %s", url, state)
			}
			synctest.Wait()
			if n := written.Load(); n > 2*maxDrain {
				t.Errorf("%s: %d bytes of the answer were taken", url, n)
			}
			if encoding := <-asked; encoding != "" {
				t.Errorf("asked for %q", encoding)
			}
		}
		stopPlain()
		stopPacked()
	})
}

// What a receiver answers instead of HTTP is kept as text that no terminal and
// no log line stumbles over.
func TestErrorsOfReceiversAreText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		network.listeners["rude.example"] = l
		for _, answer := range []string{
			"\x1b[2J\x00\u009b\u202e\xff\r\n\r\n", "HTTP/1.1 200 OK\r\n\x1b[2J\u009b\u202e\r\n\r\n", "HTTP/1.1 \x1b[2J\u009b\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \x1b[2J\u009b\r\n\r\n",
		} {
			r := f.relay(Config{})
			network.attach(r)
			go func() {
				conn := <-l.conns
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}()
			id := f.queue("http://rude.example/", 0, 0)
			runOnce(t, r)
			attempts := f.attempts(id)
			if len(attempts) != 1 || attempts[0].Error == "" || strings.ContainsFunc(attempts[0].Error, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("%q: %+v", answer, attempts)
			}
		}
	})
}

// However long and strange an error is, it is short text when it is kept.
func TestErrorText(t *testing.T) {
	for _, text := range []string{strings.Repeat("\xff\x1b", 300), strings.Repeat("商", 100), strings.Repeat("x", 199) + "商", "plain"} {
		got := errorText(t.Context(), errors.New(text))
		if len(got) > maxErrorLength || got == "" || strings.ContainsFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

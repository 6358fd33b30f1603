//go:build unix

package devicegw_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// descriptorChild is set in the process of TestDescriptorsRunOut that serves.
const descriptorChild = "VENDLANE_TEST_DESCRIPTOR_CHILD"

// A process without descriptors left goes on serving the machines it has, and
// takes new ones when some are free again.
func TestDescriptorsRunOut(t *testing.T) {
	if os.Getenv(descriptorChild) != "" {
		serveWithFewDescriptors(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestDescriptorsRunOut$")
	child.Env = append(os.Environ(), descriptorChild+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	addresses, failures := make(chan string, 1), make(chan string, 1_000)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				addresses <- addr
			} else if strings.Contains(lines.Text(), "accept failed") {
				failures <- lines.Text()
			}
		}
	}()
	defer func() {
		_ = child.Process.Signal(os.Interrupt)
		<-read
		if err := child.Wait(); err != nil {
			t.Errorf("the serving process: %v", err)
		}
	}()
	addr := receive(t, addresses)
	s := &server{addr: addr, dial: func() (net.Conn, error) { return net.Dial("tcp", addr) }}

	first := s.connect(t, connectPacket(packet.V5, "1"))
	var crowd []*machine
	for range 200 { // more than the process may have; the rest waits in the backlog
		crowd = append(crowd, s.open(t, packet.V311, ""))
	}
	if line := receive(t, failures); !strings.Contains(line, "too many open files") {
		t.Errorf("failed for another reason: %s", line)
	}
	first.send(publication("/server/app", 1, 1, "x"))
	expectAck(first, packet.PUBACK, 1, 0)
	for _, m := range crowd {
		m.drop()
	}
	s.connect(t, connectPacket(packet.V5, "2"))
	first.ping()
}

// serveWithFewDescriptors is the child. It ends when it is interrupted.
func serveWithFewDescriptors(t *testing.T) {
	interrupted, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	g := devicegw.New(devicegw.Config{}, newRecorder(), slog.New(slog.NewTextHandler(os.Stdout, nil)))
	served := make(chan error, 1)
	go func() { served <- g.Serve(interrupted, l) }()
	fmt.Println("listening on " + l.Addr().String())
	<-interrupted.Done()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

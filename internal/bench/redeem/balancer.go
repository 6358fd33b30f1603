package redeem

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// balancer is HAProxy in front of the nodes, as docs/operating.md has it for
// redemptions: they go to one node until it has 128 under way, then to the next.
type balancer struct {
	addr string
	end  func()
}

func startBalancer(ctx context.Context, r *run, nodes []string) (*balancer, error) {
	config := fmt.Sprintf(`
global
    maxconn %d
defaults
    mode http
    timeout connect 3s
    timeout client 60s
    timeout server 40s
    timeout queue 30s
frontend http
    bind fd@3
    option forwardfor
    default_backend redemptions
backend redemptions
    balance first
`, 2*r.Connections+100)
	for i, addr := range nodes {
		config += fmt.Sprintf("    server node%d %s maxconn 128\n", i, addr)
	}
	file := filepath.Join(r.folder, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("haproxy: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("haproxy: %w", err)
	}
	defer func() { _ = listener.Close() }() // the program has a copy
	opened, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fmt.Errorf("haproxy: %w", err)
	}
	defer func() { _ = opened.Close() }()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(running, "haproxy", "-db", "-f", file) //nolint:gosec // its own file
	cmd.ExtraFiles = []*os.File{opened}
	cmd.Stderr = r.Progress
	if err := cmd.Start(); err != nil {
		stop()
		return nil, fmt.Errorf("haproxy: %w", err)
	}
	return &balancer{listener.Addr().String(), func() {
		stop()
		_ = cmd.Wait() // it was killed
	}}, nil
}

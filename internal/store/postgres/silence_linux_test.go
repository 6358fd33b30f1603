package postgres

import (
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A host that vanishes without a word cannot be made in a test without
// privileges; that the kernel is asked to notice it can be seen.
func TestSilenceIsBounded(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cfg, err := pgx.ParseConfig("host=127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	boundWaits(cfg)
	conn, err := cfg.DialFunc(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]struct{ level, number, want int }{
		"TCP_USER_TIMEOUT": {syscall.IPPROTO_TCP, tcpUserTimeout, 10_000},
		"SO_KEEPALIVE":     {syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
		"TCP_KEEPIDLE":     {syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 5},
		"TCP_KEEPINTVL":    {syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 2},
		"TCP_KEEPCNT":      {syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 5},
	} {
		var got int
		err := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), option.level, option.number) })
		if err != nil || got != option.want {
			t.Errorf("%s is %d, %v; want %d", name, got, err, option.want)
		}
	}
	if cfg.ConnectTimeout != connectTimeout {
		t.Errorf("connect timeout %v", cfg.ConnectTimeout)
	}
}

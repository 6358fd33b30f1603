package callback

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// names is a name server whose answers are given in turn; the last one stays.
type names struct{ answers [][]string }

func (n *names) lookup(context.Context, string, string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, text := range n.answers[0] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	if len(n.answers) > 1 {
		n.answers = n.answers[1:]
	}
	return addrs, nil
}

// dialled is where a guard connected to; addresses in refuse do not answer.
type dialled struct {
	got    []string
	refuse []string
}

func (d *dialled) connect(_ context.Context, _, address string) (net.Conn, error) {
	d.got = append(d.got, address)
	if slices.Contains(d.refuse, address) {
		return nil, errors.New("connection refused")
	}
	here, there := net.Pipe()
	_ = there.Close()
	return here, nil
}

func testGuard(cfg Config, n *names, d *dialled) *guard {
	cfg.Timeout = time.Minute
	g := newGuard(cfg)
	g.lookup, g.connect = n.lookup, d.connect
	return g
}

func TestGuardChecksEveryAddressOfAName(t *testing.T) {
	private := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	tests := []struct {
		name    string
		cfg     Config
		answer  []string
		blocked bool
		dialled string
	}{
		{"public", Config{}, []string{"8.8.8.8"}, false, "8.8.8.8:443"},
		{"public, as resolvers return it", Config{}, []string{"::ffff:8.8.8.8"}, false, "8.8.8.8:443"},
		{"public IPv6", Config{}, []string{"2606:4700::1111"}, false, "[2606:4700::1111]:443"},
		{"private", Config{}, []string{"10.1.2.3"}, true, ""},
		{"private, mapped", Config{}, []string{"::ffff:10.1.2.3"}, true, ""},
		{"link-local with a zone", Config{}, []string{"fe80::1%eth0"}, true, ""},
		{"metadata behind NAT64", Config{}, []string{"64:ff9b::169.254.169.254"}, true, ""},
		{"a private one among public ones", Config{}, []string{"8.8.8.8", "127.0.0.1"}, true, ""},
		{"private, all allowed", Config{AllowPrivate: true}, []string{"10.1.2.3"}, false, "10.1.2.3:443"},
		{"private, range allowed", Config{AllowPrefixes: private}, []string{"10.1.2.3"}, false, "10.1.2.3:443"},
		{"private, other range allowed", Config{AllowPrefixes: private}, []string{"10.2.2.3"}, true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var to dialled
			g := testGuard(test.cfg, &names{answers: [][]string{test.answer}}, &to)
			conn, err := g.dial(t.Context(), "tcp", "merchant.example:443")
			if conn != nil {
				defer conn.Close()
			}
			if errors.Is(err, errBlocked) != test.blocked {
				t.Fatalf("error %v, want blocked = %v", err, test.blocked)
			}
			if want := nonEmpty(test.dialled); !slices.Equal(to.got, want) {
				t.Errorf("connected to %v, want %v", to.got, want)
			}
		})
	}
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func TestGuardIsNotFooledByASecondAnswer(t *testing.T) {
	var to dialled
	g := testGuard(Config{}, &names{answers: [][]string{{"8.8.8.8"}, {"127.0.0.1"}}}, &to)
	conn, err := g.dial(t.Context(), "tcp", "rebind.example:80")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := g.dial(t.Context(), "tcp", "rebind.example:80"); !errors.Is(err, errBlocked) {
		t.Errorf("second connection: %v, want it blocked", err)
	}
	if want := []string{"8.8.8.8:80"}; !slices.Equal(to.got, want) {
		t.Errorf("connected to %v, want %v", to.got, want)
	}
}

func TestGuardTriesTheNextAddress(t *testing.T) {
	to := dialled{refuse: []string{"8.8.8.8:80"}}
	g := testGuard(Config{}, &names{answers: [][]string{{"8.8.8.8", "9.9.9.9"}}}, &to)
	conn, err := g.dial(t.Context(), "tcp", "merchant.example:80")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if want := []string{"8.8.8.8:80", "9.9.9.9:80"}; !slices.Equal(to.got, want) {
		t.Errorf("connected to %v, want %v", to.got, want)
	}
}

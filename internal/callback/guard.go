package callback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vendlane/vendlane/internal/vending"
)

// errBlocked means that a name leads to a forbidden address (consume.md §9.6).
var errBlocked = errors.New("blocked target")

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 8

// guard connects to a name only if every address of it is allowed, and only to
// those very addresses: the name is resolved once, so that a second answer
// cannot lead elsewhere.
//
// The policy is vending.ForbiddenTarget, the same that judges a notify_url when
// it is set. A ready-made dialer guard has a list of its own that cannot be
// reduced, so that the two checks would disagree, and it sees one address at a
// time, not all that a name has.
type guard struct {
	lookup       func(ctx context.Context, network, host string) ([]netip.Addr, error)
	connect      func(ctx context.Context, network, address string) (net.Conn, error)
	timeout      time.Duration
	allowPrivate bool
	allowed      []netip.Prefix
}

func newGuard(cfg Config) *guard {
	var dialer net.Dialer
	return &guard{
		lookup: net.DefaultResolver.LookupNetIP, connect: dialer.DialContext,
		timeout: cfg.Timeout, allowPrivate: cfg.AllowPrivate, allowed: cfg.AllowPrefixes,
	}
}

// dial is the DialContext of the transport. Its time is limited here, because
// the transport lets a dial outlive the request that asked for it.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := g.lookup(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if g.forbids(addr) {
			return nil, errBlocked
		}
	}
	return g.dialFirst(ctx, network, port, addrs[:min(len(addrs), maxAddresses)])
}

func (g *guard) forbids(addr netip.Addr) bool {
	return !g.allowPrivate && vending.ForbiddenTarget(addr) && !vending.AllowedTarget(addr, g.allowed)
}

// dialFirst tries addresses in turn; each gets its share of the time left.
func (g *guard) dialFirst(ctx context.Context, network, port string, addrs []netip.Addr) (net.Conn, error) {
	deadline, _ := ctx.Deadline()
	err := errors.New("the name has no address")
	for i, addr := range addrs {
		share := time.Until(deadline) / time.Duration(len(addrs)-i)
		conn, dialErr := g.dialOne(ctx, share, network, net.JoinHostPort(addr.Unmap().String(), port))
		if dialErr == nil {
			return conn, nil
		}
		err = dialErr
	}
	return nil, err
}

func (g *guard) dialOne(ctx context.Context, limit time.Duration, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := g.connect(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

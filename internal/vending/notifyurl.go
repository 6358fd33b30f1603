package vending

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNotifyURLLength bounds a notify_url, in characters (consume.md §9.6).
const MaxNotifyURLLength = 512

// Reasons why a notify_url is refused (errors.md §2.2).
const (
	ReasonFormat             = "format"
	ReasonURLScheme          = "url_scheme"
	ReasonURLForbiddenTarget = "url_forbidden_target"
)

// ForbiddenPrefixes lists the address ranges no message is sent to
// (consume.md §9.6, and two more that only lead into local networks: ADR 6). IPv6 forms that carry an IPv4 address are judged by the
// address they carry; see ForbiddenTarget.
func ForbiddenPrefixes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("224.0.0.0/4"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/128"),
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("64:ff9b:1::/48"), // NAT64 of a local network, not of the internet
		netip.MustParsePrefix("fc00::/7"),
		netip.MustParsePrefix("fe80::/10"),
		netip.MustParsePrefix("fec0::/10"), // what fc00::/7 was called before
		netip.MustParsePrefix("ff00::/8"),
	}
}

// ForbiddenTarget tells whether an address is in a range no message is sent to
// (consume.md §9.6). IPv4-mapped, IPv4-compatible, NAT64 and 6to4 addresses count
// as the IPv4 address in them; a zone changes nothing. An invalid address is forbidden.
func ForbiddenTarget(addr netip.Addr) bool {
	if !addr.IsValid() {
		return true
	}
	addr = carriedAddr(addr)
	for _, prefix := range ForbiddenPrefixes() {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// AllowedTarget tells whether an operator's list of allowed ranges contains an
// address, in whatever form either is written.
func AllowedTarget(addr netip.Addr, allowed []netip.Prefix) bool {
	plain, carried := addr.WithZone(""), carriedAddr(addr)
	for _, prefix := range allowed {
		if prefix.Contains(plain) || prefix.Contains(carried) {
			return true
		}
	}
	return false
}

// carriedAddr returns the IPv4 address that an IPv4-mapped, IPv4-compatible, NAT64
// or 6to4 address leads to, else the address itself without its zone.
func carriedAddr(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	b := addr.As16()
	switch {
	case addr == netip.IPv6Unspecified(), addr == netip.IPv6Loopback():
		return addr
	case netip.MustParsePrefix("::/96").Contains(addr), netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr
}

// CheckNotifyURL judges a notify_url without asking any name server
// (consume.md §9.6, first column). It returns "" for a good one, else the
// reason of the form error: ReasonFormat, ReasonURLScheme or
// ReasonURLForbiddenTarget. allowPrivate permits every target, allowed the
// ranges in it.
//
// A host name outside ASCII must come in its xn-- form: mapping it is work of
// a resolver, and could turn it into an address after the check.
func CheckNotifyURL(text string, allowPrivate bool, allowed ...netip.Prefix) (reason string) {
	// A character has at most four bytes: nothing longer is even counted.
	if len(text) > 4*MaxNotifyURLLength || utf8.RuneCountInString(text) > MaxNotifyURLLength ||
		!utf8.ValidString(text) || strings.ContainsFunc(text, notInURL) {
		return ReasonFormat
	}
	u, err := url.Parse(text)
	if err != nil {
		return ReasonFormat
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return ReasonURLScheme
	}
	if u.Opaque != "" || u.User != nil || !validPort(u) {
		return ReasonFormat
	}
	addr, ok := hostAddr(u)
	switch {
	case !ok:
		return ReasonFormat
	case allowPrivate || !addr.IsValid():
		return ""
	case ForbiddenTarget(addr) && !AllowedTarget(addr, allowed):
		return ReasonURLForbiddenTarget
	}
	return ""
}

func notInURL(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\\'
}

// validPort refuses a port out of range, and a colon without one.
func validPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// hostAddr returns the address a host stands for without a look-up: that of a
// literal, 127.0.0.1 for localhost, the zero address for any other name. ok is
// false if the host is neither a literal nor a possible name.
func hostAddr(u *url.URL) (addr netip.Addr, ok bool) {
	if strings.HasPrefix(u.Host, "[") {
		addr, err := netip.ParseAddr(u.Hostname())
		return addr, err == nil && addr.Is6()
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if !validName(host) {
		return netip.Addr{}, false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if _, isNumber := ipv4Part(last); !isNumber && !IsDigits(last) {
		return netip.Addr{}, true
	}
	// No name ends in a number, so this is an address or nothing.
	return looseIPv4(host)
}

func validName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.TrimFunc(label, nameCharacter) != "" {
			return false
		}
	}
	return true
}

func nameCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// looseIPv4 reads an IPv4 address in every form system resolvers take: one to
// four parts, each decimal, octal (0…) or hexadecimal (0x…), the last one
// filling the bytes that are left.
func looseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, ok := ipv4Part(part)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		if !ok || n >= 1<<bits {
			return netip.Addr{}, false
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

func ipv4Part(part string) (n uint64, ok bool) {
	base, digits := 10, part
	switch {
	case strings.HasPrefix(part, "0x"):
		base, digits = 16, part[2:]
		if digits == "" {
			return 0, true // some resolvers read a bare 0x as 0
		}
	case len(part) > 1 && part[0] == '0':
		base, digits = 8, part[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return n, err == nil
}

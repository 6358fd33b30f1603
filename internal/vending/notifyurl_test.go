package vending

import (
	"net/netip"
	"strings"
	"testing"
)

func TestCheckNotifyURL(t *testing.T) {
	tests := map[string]string{
		"http://merchant.example":                    "",
		"https://merchant.example/notify?a=1&b=%20c": "",
		"HTTPS://Merchant.Example:8443/x":            "",
		"https://merchant.example./x":                "",
		"https://xn--fiqs8s.example/":                "",
		"https://under_score.example/":               "",
		"https://merchant.example/回调":                "",
		"http://8.8.8.8/x":                           "",
		"http://[2606:4700:4700::1111]:80/":          "",
		"https://3com.example/":                      "",
		"https://localhost.example/":                 "",
		"https://notlocalhost/":                      "",
		"https://a.b/#part":                          "",

		"":                              ReasonURLScheme,
		"merchant.example/notify":       ReasonURLScheme,
		"//merchant.example/":           ReasonURLScheme,
		"#x":                            ReasonURLScheme,
		"ftp://merchant.example/":       ReasonURLScheme,
		"file:///etc/passwd":            ReasonURLScheme,
		"javascript:alert(1)":           ReasonURLScheme,
		"unix://run/socket":             ReasonURLScheme,
		"http:merchant.example":         ReasonFormat,
		"http:/merchant.example":        ReasonFormat,
		"http://":                       ReasonFormat,
		"http:///path":                  ReasonFormat,
		"http://#x":                     ReasonFormat,
		"http://?x":                     ReasonFormat,
		"http://.":                      ReasonFormat,
		"http://a..b/":                  ReasonFormat,
		"http://.a/":                    ReasonFormat,
		"http://a@merchant.example/":    ReasonFormat,
		"http://a:b@merchant.example/":  ReasonFormat,
		"http://@merchant.example/":     ReasonFormat,
		"http://8.8.8.8\\@127.0.0.1/":   ReasonFormat,
		"http://merchant.example/ a":    ReasonFormat,
		" http://merchant.example/":     ReasonFormat,
		"http://merchant.example/\n":    ReasonFormat,
		"http://merchant\x00.example":   ReasonFormat,
		"http://merchant.example/\x7f":  ReasonFormat,
		"http://merchant.example/%zz":   ReasonFormat,
		"http://merchant.example/\xff":  ReasonFormat,
		"http://127%2e0.0.1/":           ReasonFormat,
		"http://１２７.0.0.1/":             ReasonFormat,
		"http://127。0。0。1/":             ReasonFormat,
		"http://商家.example/":            ReasonFormat,
		"http://a,b/":                   ReasonFormat,
		"http://merchant.example:/":     ReasonFormat,
		"http://merchant.example:0/":    ReasonFormat,
		"http://merchant.example:65536": ReasonFormat,
		"http://merchant.example:http/": ReasonFormat,
		"http://merchant.example:-1/":   ReasonFormat,
		"http://256.1.1.1/":             ReasonFormat,
		"http://1.2.3.4.5/":             ReasonFormat,
		"http://merchant.1/":            ReasonFormat,
		"http://08.8.8.8/":              ReasonFormat,
		"http://[::1/":                  ReasonFormat,
		"http://[1.2.3.4]/":             ReasonFormat,
		"http://[merchant.example]/":    ReasonFormat,

		"http://localhost/":             ReasonURLForbiddenTarget,
		"http://LOCALHOST:8080/":        ReasonURLForbiddenTarget,
		"http://localhost./":            ReasonURLForbiddenTarget,
		"http://a.localhost/":           ReasonURLForbiddenTarget,
		"http://a.b.localhost./":        ReasonURLForbiddenTarget,
		"http://127.0.0.1/":             ReasonURLForbiddenTarget,
		"http://127.0.0.1.:80/":         ReasonURLForbiddenTarget,
		"http://127.1/":                 ReasonURLForbiddenTarget,
		"http://127.0.1/":               ReasonURLForbiddenTarget,
		"http://2130706433/":            ReasonURLForbiddenTarget,
		"http://0x7f000001/":            ReasonURLForbiddenTarget,
		"http://0X7F.1/":                ReasonURLForbiddenTarget,
		"http://0177.0.0.1/":            ReasonURLForbiddenTarget,
		"http://017700000001/":          ReasonURLForbiddenTarget,
		"http://0x7f.0.0.0x1/":          ReasonURLForbiddenTarget,
		"http://0/":                     ReasonURLForbiddenTarget,
		"http://0x/":                    ReasonURLForbiddenTarget,
		"http://10.0.0.1/":              ReasonURLForbiddenTarget,
		"http://012.1/":                 ReasonURLForbiddenTarget,
		"http://169.254.169.254/latest": ReasonURLForbiddenTarget,
		"http://2852039166/":            ReasonURLForbiddenTarget,
		"http://255.255.255.255/":       ReasonURLForbiddenTarget,
		"http://[::1]/":                 ReasonURLForbiddenTarget,
		"http://[::]:80/":               ReasonURLForbiddenTarget,
		"http://[0:0:0:0:0:0:0:1]/":     ReasonURLForbiddenTarget,
		"http://[::ffff:127.0.0.1]/":    ReasonURLForbiddenTarget,
		"http://[::ffff:7f00:1]/":       ReasonURLForbiddenTarget,
		"http://[fe80::1%25eth0]/":      ReasonURLForbiddenTarget,
		"http://[fd00::1]/":             ReasonURLForbiddenTarget,
		"http://[64:ff9b::a9fe:a9fe]/":  ReasonURLForbiddenTarget,
		"http://[64:ff9b::10.0.0.1]/":   ReasonURLForbiddenTarget,
		"http://[2002:7f00:1::]/":       ReasonURLForbiddenTarget,
		"http://[::127.0.0.1]/":         ReasonURLForbiddenTarget,
		"http://[64:ff9b:1::a00:1]/":    ReasonURLForbiddenTarget,
		"http://[fec0::1]/":             ReasonURLForbiddenTarget,
	}
	for text, want := range tests {
		if got := CheckNotifyURL(text, false); got != want {
			t.Errorf("CheckNotifyURL(%q) = %q, want %q", text, got, want)
		}
		wantPrivate := want
		if want == ReasonURLForbiddenTarget {
			wantPrivate = ""
		}
		if got := CheckNotifyURL(text, true); got != wantPrivate {
			t.Errorf("with private targets CheckNotifyURL(%q) = %q, want %q", text, got, wantPrivate)
		}
	}
}

func TestCheckNotifyURLLength(t *testing.T) {
	const start = "https://merchant.example/"
	for _, letter := range []string{"a", "回"} {
		fits := start + strings.Repeat(letter, MaxNotifyURLLength-len(start))
		if got := CheckNotifyURL(fits, false); got != "" {
			t.Errorf("%d characters %q: %q", MaxNotifyURLLength, letter, got)
		}
		if got := CheckNotifyURL(fits+letter, false); got != ReasonFormat {
			t.Errorf("%d characters %q: %q, want %q", MaxNotifyURLLength+1, letter, got, ReasonFormat)
		}
	}
}

func TestCheckNotifyURLAllowedRanges(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for text, want := range map[string]string{
		"http://10.1.2.3/":          "",
		"http://[::ffff:10.1.2.3]/": "",
		"http://[fd00::1]/":         "",
		"http://10.2.2.3/":          ReasonURLForbiddenTarget,
		"http://localhost/":         ReasonURLForbiddenTarget,
	} {
		if got := CheckNotifyURL(text, false, allowed...); got != want {
			t.Errorf("CheckNotifyURL(%q) = %q, want %q", text, got, want)
		}
	}
}

// Both ends of every range of consume.md §9.6, and their neighbours outside.
func TestForbiddenTargetRanges(t *testing.T) {
	tests := []struct{ first, last, before, after string }{
		{"0.0.0.0", "0.255.255.255", "", "1.0.0.0"},
		{"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
		{"100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
		{"127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
		{"169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
		{"172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
		{"192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
		{"192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
		{"192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
		{"198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
		{"198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
		{"203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
		{"224.0.0.0", "239.255.255.255", "223.255.255.255", ""},
		{"240.0.0.0", "255.255.255.255", "", ""},
		{"::", "::ff:ffff", "", "::100:0"}, // as IPv4 in its compatible form
		{"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::"},
		{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fbff::1", "fe00::1"},
		{"fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe7f::1", ""},
		{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""},
	}
	for _, test := range tests {
		for text, want := range map[string]bool{test.first: true, test.last: true, test.before: false, test.after: false} {
			if text == "" {
				continue
			}
			addr := netip.MustParseAddr(text)
			for _, form := range formsOf(addr) {
				if got := ForbiddenTarget(form); got != want {
					t.Errorf("ForbiddenTarget(%v) = %v, want %v", form, got, want)
				}
			}
		}
	}
	if !ForbiddenTarget(netip.Addr{}) {
		t.Error("no address at all is allowed")
	}
	if !ForbiddenTarget(netip.MustParseAddr("fe80::1%eth0")) {
		t.Error("a zone hides a link-local address")
	}
}

// formsOf returns the ways an IPv4 address is written in IPv6.
func formsOf(addr netip.Addr) []netip.Addr {
	if !addr.Is4() {
		return []netip.Addr{addr}
	}
	v4 := addr.As4()
	nat64 := [16]byte{0, 0x64, 0xff, 0x9b}
	copy(nat64[12:], v4[:])
	sixToFour := [16]byte{0x20, 0x02}
	copy(sixToFour[2:], v4[:])
	sixToFour[15] = 1
	var compatible [16]byte
	copy(compatible[12:], v4[:])
	return []netip.Addr{addr, netip.AddrFrom16(addr.As16()), netip.AddrFrom16(nat64), netip.AddrFrom16(sixToFour), netip.AddrFrom16(compatible)}
}

func FuzzCheckNotifyURL(f *testing.F) {
	for _, seed := range []string{
		"https://merchant.example/notify", "http://127.1", "http://[fe80::1%25eth0]:1/", "http://0x7f.1./", "http://a@b:c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		strict, open := CheckNotifyURL(text, false), CheckNotifyURL(text, true)
		if strict != open && (strict != ReasonURLForbiddenTarget || open != "") {
			t.Errorf("%q: %q without and %q with private targets", text, strict, open)
		}
		if open == "" && len(text) > 4*MaxNotifyURLLength {
			t.Errorf("accepted %d bytes", len(text))
		}
	})
}

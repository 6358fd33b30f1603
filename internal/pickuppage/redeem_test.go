package pickuppage

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// made counts what was made of all codes: orders, dispense commands, and the
// pieces that are gone.
func (f *fixture) made() string {
	f.t.Helper()
	orders, err := f.Store.OrderPage(f.t.Context(), db.OrderPageParams{MerchantID: f.Merchant.ID, BeforeAt: 1 << 62, BeforeID: 1 << 62, PageSize: 100})
	f.must(err)
	commands, err := f.Store.CommandsOfMachine(f.t.Context(), f.Machine.ID)
	f.must(err)
	puts := 0
	for _, c := range commands {
		if c.Method == "device.delivery.put" {
			puts++
		}
	}
	return fmt.Sprintf("%d orders, %d commands, %d pieces", len(orders), puts, 10-f.Stock(f.t, product))
}

// atOnce runs fn n times at the same time.
func atOnce(n int, fn func(i int) screen) []screen {
	out := make([]screen, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			out[i] = fn(i)
		})
	}
	close(start)
	all.Wait()
	return out
}

// The order made here tells the merchant's notify_url, and dispenses.
func TestRedeem(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 2, 0)
	o, record := f.order(f.customer("en").take(code).location)
	if o.NotifyUrl != notify || o.Status != vending.OrderPickupCode || record.State != vending.RecordDelivering || record.Quantity != 2 {
		t.Errorf("%+v %+v", o, record)
	}
	if got := f.made(); got != "1 orders, 1 commands, 2 pieces" {
		t.Error(got)
	}
}

// Many taps of one phone all lead to the one result.
func TestTapsAtOnce(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	c := f.customer("en")
	ref := c.look(code).ref
	for _, got := range atOnce(8, func(int) screen { return c.redeem(code, ref) }) {
		if got.status != http.StatusSeeOther || got.location != home+"/"+ref+"?lang=en" {
			t.Errorf("HTTP %d %s %q", got.status, got.location, got.title)
		}
	}
	if got := f.made(); got != "1 orders, 1 commands, 1 pieces" {
		t.Error(got)
	}
	// Also long after, and whatever the machine said by then.
	f.report(home+"/"+ref, false, 0, "2")
	f.Advance(time.Hour)
	if got := c.redeem(code, ref); got.status != http.StatusSeeOther {
		t.Errorf("a late tap: HTTP %d %q", got.status, got.title)
	}
	if got := f.made(); got != "1 orders, 1 commands, 1 pieces" {
		t.Error(got)
	}
}

// Of many phones with one code one gets the goods, and only it sees the result.
func TestPhonesAtOnce(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	phones := make([]*customer, 4)
	refs := make([]string, len(phones))
	for i := range phones {
		phones[i] = f.customer("en")
		phones[i].address = fmt.Sprintf("192.0.2.%d:1", i+1)
		refs[i] = phones[i].look(code).ref
	}
	winners := 0
	for i, got := range atOnce(len(phones), func(i int) screen { return phones[i].redeem(code, refs[i]) }) {
		switch {
		case got.status == http.StatusSeeOther && strings.HasPrefix(got.location, home+"/"+refs[i]):
			winners++
		case got.kind != "used" && got.kind != "busy" || got.location != "":
			t.Errorf("phone %d: HTTP %d %s %s", i, got.status, got.kind, got.location)
		}
	}
	if got := f.made(); winners != 1 || got != "1 orders, 1 commands, 1 pieces" {
		t.Errorf("%d phones got it: %s", winners, got)
	}
}

// What was redeemed and not commanded, for whatever reason, is commanded by the
// next tap, once.
func TestStartLater(t *testing.T) {
	f := newFixture(t)
	c := f.customer("zh-CN")
	path := f.reserved(c)
	start := func() screen { return c.send(http.MethodPost, path, url.Values{}) }
	if start(); f.made() != "1 orders, 0 commands, 1 pieces" {
		t.Errorf("while the machine is busy: %s", f.made())
	}
	f.Advance(time.Minute)
	for _, got := range atOnce(4, func(int) screen { return start() }) {
		if got.status != http.StatusSeeOther || got.location != path+"?lang=zh-CN" {
			t.Errorf("HTTP %d %s", got.status, got.location)
		}
	}
	f.report(path, false, 0, "")
	f.Advance(time.Hour)
	if start(); f.made() != "1 orders, 1 commands, 1 pieces" {
		t.Errorf("after a failure: %s", f.made())
	}
}

// Looking, loading and a code in the link move nothing.
func TestNothingWithoutATap(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	c := f.customer("en")
	got := c.get(home + "?code=" + code)
	if got.kind != "enter" || !strings.Contains(got.text, `value="`+code+`"`) {
		t.Errorf("%s %s", got.kind, got.text)
	}
	if got := c.get(home + "?code=%3Cscript%3E"); strings.Contains(got.text, "script&gt;") {
		t.Error("what is no code is shown")
	}
	c.look(code)
	c.get(home + "/redeem?code=" + code + "&ref=" + refPrefix + strings.Repeat("1", 28))
	if got := c.redeem(code, "trade-id-of-the-merchant-1"); got.kind != "format" {
		t.Errorf("a reference of the caller's own: %s", got.kind)
	}
	if got := f.made(); got != "0 orders, 0 commands, 0 pieces" {
		t.Error(got)
	}
	path := c.take(code).location
	for range 3 {
		if got := c.get(path + "&part=1"); got.kind != "sent" || strings.Contains(got.text, "<html") {
			t.Errorf("%s: %s", got.kind, got.text)
		}
	}
	if got := f.made(); got != "1 orders, 1 commands, 1 pieces" {
		t.Error(got)
	}
}

// A debugging merchant's customer gets no goods from a machine that is offline.
func TestDebugModeIsForDevelopers(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	c := f.customer("en")
	ref := c.look(code).ref
	f.Online(t, false)
	if got := c.redeem(code, ref); got.kind != "offline" || f.made() != "0 orders, 0 commands, 0 pieces" {
		t.Errorf("%s, %s", got.kind, f.made())
	}
}

// One phone cannot try forever, nor lock the machine for all others: not even
// with all its codes at once.
func TestTriesOfAnAddress(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	guesser, other := f.customer("en"), f.customer("en")
	guesser.address, other.address = "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"
	locked := 0
	for _, got := range atOnce(20, func(i int) screen { return guesser.look(fmt.Sprint(9000000 + i)) }) {
		if got.kind == "locked" && got.status == http.StatusTooManyRequests {
			locked++
		}
	}
	if locked != 20-triesAtMachine {
		t.Errorf("%d of 20 guesses were locked out", locked)
	}
	guesser.address = "[2001:db8::2]:1" // the same network
	if got := guesser.look(code); got.kind != "locked" {
		t.Errorf("another address of the network: %s", got.kind)
	}
	if got := other.look(code); got.kind != "confirm" {
		t.Errorf("another customer: %s %q", got.kind, got.title)
	}
	f.Advance(triesWindow * time.Millisecond)
	if got := guesser.look(code); got.kind != "confirm" {
		t.Errorf("after the lock: %s", got.kind)
	}
}

// Wrong codes of all addresses fill the counter that `consumes` has for the
// machine, and are refused by its lock.
func TestTriesOfAMachine(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	c := f.customer("en")
	for i := range 10 {
		c.address = fmt.Sprintf("198.51.100.%d:1", i)
		got := c.look(fmt.Sprint(9000000 + i))
		if got.kind != "wrong" || i >= 6 && i < 9 && !strings.Contains(got.text, fmt.Sprintf("Tries left: %d", 9-i)) {
			t.Errorf("guess %d: %s, %s", i, got.kind, got.text)
		}
	}
	c.address = "198.51.100.99:1"
	if got := c.look(code); got.kind != "locked" || got.status != http.StatusTooManyRequests {
		t.Errorf("HTTP %d %s", got.status, got.kind)
	}
	if _, err := f.Consume(t.Context(), code, product, "20240429000000000001"); vending.CodeOf(err) != vending.CodePickupCodeLocked {
		t.Errorf("consumes: %v", err)
	}
}

// Who has guessed wrong before does not learn that another machine has a code,
// and nobody learns of another merchant's.
func TestElsewhereIsNoOracle(t *testing.T) {
	f := newFixture(t)
	f.codeElsewhere("16327130")
	c := f.customer("en")
	c.look("9999999")
	if got := c.look(code); got.kind != "wrong" {
		t.Errorf("after a wrong code: %s", got.kind)
	}
	f = newFixture(t)
	f.codeElsewhere("26327129")
	if got := f.customer("en").look(code); got.kind != "wrong" {
		t.Errorf("a rival's code: %s", got.kind)
	}
}

// A result is found at its own machine only, and no order but those made here.
func TestResultOfOthers(t *testing.T) {
	f := newFixture(t)
	f.addCode(code, 1, 0)
	f.addCode("7000000", 1, 0)
	c := f.customer("en")
	path := c.take(code).location
	for _, no := range []string{"16327130", "26327129"} {
		if got := c.get(strings.Replace(path, storetest.MachineNo, no, 1)); got.status != http.StatusNotFound {
			t.Errorf("at %s: HTTP %d", no, got.status)
		}
		if got := c.send(http.MethodPost, strings.Replace(path, storetest.MachineNo, no, 1), url.Values{}); got.status != http.StatusNotFound {
			t.Errorf("start at %s: HTTP %d", no, got.status)
		}
	}
	_, err := f.Consume(t.Context(), "7000000", product, "20240429000000000001")
	f.must(err)
	if got := c.get(home + "/20240429000000000001"); got.status != http.StatusNotFound {
		t.Errorf("an order of the merchant: HTTP %d", got.status)
	}
}

// A body that is too long, or not one at all, is no code.
func TestOddBodies(t *testing.T) {
	f := newFixture(t)
	c := f.customer("en")
	for _, form := range []url.Values{{"code": {strings.Repeat("1", maxForm)}}, {"x": {"y"}}, {"code": {"1\x002"}}} {
		if got := c.send(http.MethodPost, home, form); got.kind != "format" {
			t.Errorf("%.40v: %s", form, got.kind)
		}
	}
	if got := c.get(Prefix + "%00"); got.status != http.StatusNotFound {
		t.Errorf("a number with a zero byte: HTTP %d", got.status)
	}
	if got := c.send(http.MethodDelete, home, nil); got.status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: HTTP %d", got.status)
	}
}

// FuzzCode: whatever is pasted, what is taken for a code is one.
func FuzzCode(f *testing.F) {
	for _, text := range []string{"5288640", " 528 8640", "５２８８６４０", "528-8640\r\n", "12a", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?code="+url.QueryEscape(text), nil)
		if got, valid := codeOf(r); valid && !vending.ValidCode(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// Forms of our own pages arrive, also from old browsers and through proxies;
// those of others do not.
func TestOrigins(t *testing.T) {
	f := newFixture(t)
	for header, want := range map[string]string{
		"": "wrong", "Sec-Fetch-Site: same-origin": "wrong", "Origin: http://example.com": "wrong", "Origin: https://vm.example": "wrong",
		"Sec-Fetch-Site: cross-site": "error", "Origin: https://elsewhere.example": "error", "Origin: null": "error",
	} {
		c := f.customer("en") // whose requests are to example.com
		c.address = fmt.Sprintf("192.0.2.%d:1", len(header))
		if name, value, found := strings.Cut(header, ": "); found {
			c.header.Set(name, value)
		}
		if got := c.look("9999999"); got.kind != want {
			t.Errorf("%q: %s, want %s", header, got.kind, want)
		}
	}
}

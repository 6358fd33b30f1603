package pickuppage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// outcomes bring a customer to every screen. The text must be on it, in whatever
// language.
var outcomes = map[kind]struct {
	bring func(f *fixture, c *customer) screen
	text  string
}{
	kindEnter:  {func(_ *fixture, c *customer) screen { return c.get(home) }, `name="code"`},
	kindFormat: {func(_ *fixture, c *customer) screen { return c.look("12ab") }, `name="code"`},
	kindConfirm: {func(f *fixture, c *customer) screen {
		f.addCode(code, 2, 0)
		return c.look(" 528-8640 ")
	}, "<dd>2</dd>"},
	kindWrong: {func(_ *fixture, c *customer) screen { return c.look("9999999") }, " 4"},
	kindElsewhere: {func(f *fixture, c *customer) screen {
		f.codeElsewhere("16327130")
		return c.look(code)
	}, ""},
	kindExpired: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, f.Now().Add(time.Second).UnixMilli())
		f.Advance(time.Minute)
		return c.look(code)
	}, phone},
	kindCancelled: {func(f *fixture, c *customer) screen {
		id := f.AddCode(f.t, code, product, 0)
		f.must(f.Pickup.Cancel(f.t.Context(), f.Merchant, "16327129", id))
		return c.look(code)
	}, phone},
	kindUsed: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		c.take(code)
		f.Advance(time.Hour)
		return c.look(code)
	}, "09:20"}, // in the machine's zone; now it is 10:20 there
	kindLocked: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		for range triesAtMachine {
			c.look("9999999")
		}
		return c.look(code)
	}, phone},
	kindOffline: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		f.Online(f.t, false)
		return c.look(code)
	}, code},
	kindBusy: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		confirmed := c.look(code)
		f.occupy()
		return c.redeem(code, confirmed.ref)
	}, code},
	kindSoldOut: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		f.Write(f.t, func(tx *store.Tx) error { _, err := tx.SetStock(f.t.Context(), 0, product, 10); return err })
		return c.look(code)
	}, phone},
	kindFault: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		f.Write(f.t, func(tx *store.Tx) error { _, err := tx.SetFloorStatus(f.t.Context(), product, "2"); return err })
		return c.look(code)
	}, phone},
	kindClosed: {func(f *fixture, c *customer) screen {
		f.Write(f.t, func(tx *store.Tx) error {
			_, err := tx.SetMerchantStatus(f.t.Context(), "PENDING", f.Merchant.ID, vending.MerchantVerified)
			return err
		})
		return c.get(home)
	}, phone},
	kindReserved: {func(f *fixture, c *customer) screen {
		path := f.reserved(c)
		f.Advance(time.Minute)
		return c.get(path)
	}, "<button>"},
	kindReservedBusy: {func(f *fixture, c *customer) screen {
		return c.get(f.reserved(c))
	}, "<button>"},
	kindReservedOffline: {func(f *fixture, c *customer) screen {
		path := f.reserved(c)
		f.Online(f.t, false)
		return c.get(path)
	}, "<button>"},
	kindSent: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		return c.get(c.takePath(code))
	}, `aria-current="step"`},
	kindTurning: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		path := c.takePath(code)
		f.sent(path)
		return c.get(path)
	}, `aria-current="step"`},
	kindDropped: {func(f *fixture, c *customer) screen { return f.reported(c, true, 2, "") }, `aria-current="step"`},
	kindTaken: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		path := c.takePath(code)
		f.report(path, true, 1, "")
		_, record := f.order(path)
		f.Write(f.t, func(tx *store.Tx) error { _, err := tx.RecordPickedUp(f.t.Context(), record.ID); return err })
		return c.get(path)
	}, ""},
	kindPartly: {func(f *fixture, c *customer) screen { return f.reported(c, false, 1, "2") }, phone},
	kindJam:    {func(f *fixture, c *customer) screen { return f.reported(c, false, 0, "2") }, "<strong>1</strong>"},
	kindUnknown: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		path := c.takePath(code)
		f.sent(path)
		f.Advance(3 * time.Minute)
		f.must(f.Dispense.TimeoutSweep(f.t.Context()))
		return c.get(path)
	}, phone},
	kindRefunded: {func(f *fixture, c *customer) screen {
		f.addCode(code, 1, 0)
		path := c.takePath(code)
		f.report(path, false, 0, "2")
		o, _ := f.order(path)
		f.must(f.Ordering.SetStatus(f.t.Context(), f.Merchant, storetest.MachineNo, o.TradeID, vending.OrderRefund))
		return c.get(path)
	}, ""},
	kindNowhere: {func(_ *fixture, c *customer) screen { return c.get(Prefix + "99999999") }, ""},
	kindGone: {func(_ *fixture, c *customer) screen {
		return c.get(home + "/" + refPrefix + strings.Repeat("0", 28))
	}, phone},
	kindError: {func(_ *fixture, c *customer) screen {
		c.header.Set("Sec-Fetch-Site", "cross-site")
		return c.look(code)
	}, ""},
}

// Every screen is reached through the real handler and reads in both languages.
func TestEveryScreen(t *testing.T) {
	for k := range layouts() {
		if _, listed := outcomes[k]; !listed {
			t.Errorf("no test brings a customer to %s", k)
		}
	}
	for k, o := range outcomes {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c := f.customer("zh-CN,zh;q=0.9")
			f.wantScreen(t, o.bring(f, c), k, o.text, chineseTexts())
			if c.lang = "en-GB"; k != kindLocked {
				c.address = "192.0.2.2:1" // with all its tries
			}
			f.wantScreen(t, c.again(), k, o.text, englishTexts())
		})
	}
}

func (f *fixture) wantScreen(t *testing.T, got screen, k kind, text string, words texts) {
	t.Helper()
	want, _, _ := strings.Cut(words.Screens[k][0], "{")
	if got.kind != string(k) || !strings.HasPrefix(got.title, want) || !strings.Contains(got.text, words.OtherName) {
		t.Errorf("%s %q, want %s %q", got.kind, got.title, k, want)
	}
	if !strings.Contains(got.text, text) {
		t.Errorf("no %q in %s", text, got.text)
	}
	for _, left := range []string{"{", "ZgotmplZ", "%!"} {
		if strings.Contains(got.text, left) {
			t.Errorf("%q is left in %s", left, got.text)
		}
	}
	if style, script := len(f.server.assets["page.css"]), len(f.server.assets["page.js"]); len(got.text)+style+script > 30_000 {
		t.Errorf("the first load is %d + %d + %d bytes", len(got.text), style, script)
	}
}

// Both languages have a title for every screen, and as many steps.
func TestTexts(t *testing.T) {
	for _, words := range []texts{chineseTexts(), englishTexts()} {
		for k := range layouts() {
			if words.Screens[k][0] == "" {
				t.Errorf("%s: no title of %s", words.Page, k)
			}
		}
		if len(words.Steps) != 5 {
			t.Errorf("%s: steps %v", words.Page, words.Steps)
		}
	}
}

// What is loaded besides the page are its own two files, and the policy allows
// nothing else.
func TestNoThirdParty(t *testing.T) {
	f := newFixture(t)
	c := f.customer("en")
	for _, name := range []string{"page.css", "page.js"} {
		if got := c.get(Prefix + "-/" + name); got.status != http.StatusOK || got.text == "" {
			t.Errorf("%s: HTTP %d", name, got.status)
		}
	}
	if got := c.get(Prefix + "-/page.html"); got.status != http.StatusNotFound {
		t.Errorf("the template: HTTP %d", got.status)
	}
	f.addCode(code, 1, 0)
	f.picture("https://elsewhere.example/x.png")
	got := c.look(code).text
	if strings.Contains(got, "elsewhere.example") || strings.Contains(got, "<b>") || !strings.Contains(got, "&lt;b&gt;") {
		t.Errorf("%s", got)
	}
	f.picture("/storage/shop/x.png")
	if got := c.look(code).text; !strings.Contains(got, `<img src="/storage/shop/x.png"`) {
		t.Errorf("no picture in %s", got)
	}
}

// picture gives the good a picture, and an odd name.
func (f *fixture) picture(thumb string) {
	f.t.Helper()
	f.Write(f.t, func(tx *store.Tx) error {
		g, err := tx.GoodBySlug(f.t.Context(), f.Merchant.ID, "cola")
		if err != nil {
			return err
		}
		_, err = tx.UpdateGood(f.t.Context(), db.UpdateGoodParams{
			ID: g.ID, Name: `<b>"Cola"`, Thumb: thumb, Media: "[]", Price: g.Price, Now: g.UpdatedAt + 1, OldUpdatedAt: g.UpdatedAt,
		})
		return err
	})
}

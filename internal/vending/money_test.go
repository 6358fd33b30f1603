package vending_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

func TestMoneyString(t *testing.T) {
	for amount, want := range map[vending.Money]string{
		0: "0.00", 1: "0.01", 10: "0.10", 100: "1.00", 1234: "12.34", 100_000_000: "1000000.00", -5: "-0.05", -250: "-2.50",
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d: %s, want %s", int64(amount), got, want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]vending.Money{
		"0": 0, "1": 100, "1.5": 150, "1.50": 150, "0.01": 1, "007.10": 710, "9999999999999.99": 999_999_999_999_999,
	} {
		if got, err := vending.ParseMoney(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "1.234", "1,5", "-1", "+1", "1e2", " 1", "1 ", "1.5.0", "1.-5", "x", "١", "10000000000000", "0x1", "1.5\n",
	} {
		if got, err := vending.ParseMoney(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"1", "1.5", "0.01", "9999999999999.99", "1.", "-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := vending.ParseMoney(text)
		if err != nil {
			return
		}
		if amount < 0 {
			t.Fatalf("%q is %d", text, amount)
		}
		if again, err := vending.ParseMoney(amount.String()); err != nil || again != amount {
			t.Errorf("%q is %s, which is %s (%v)", text, amount, again, err)
		}
	})
}

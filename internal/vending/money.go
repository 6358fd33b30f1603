package vending

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in minor currency units (cents, fen).
type Money int64

// String writes the amount with exactly two decimals, as the API shows it
// (openapi.md §2): 100 is "1.00".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// ParseMoney reads an amount such as "1", "1.5" or "1.50". It refuses signs,
// more than two decimals and anything above 15 digits.
func ParseMoney(text string) (Money, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > 2 || !IsDigits(whole) || len(whole) > 13 ||
		(strings.Contains(text, ".") && !IsDigits(fraction)) {
		return 0, fmt.Errorf("amount %q is not a number with at most two decimals", text)
	}
	fraction += strings.Repeat("0", 2-len(fraction))
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", text, err)
	}
	return Money(n), nil
}

// IsDigits tells whether text is one or more ASCII digits and nothing else.
func IsDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

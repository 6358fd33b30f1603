package vending

import (
	"fmt"
	"io"
	"math/big"

	"crypto/rand"
)

// CodeState is the state of a pickup code (openapi.md §6.1). All but UNUSED
// are final.
type CodeState string

// States of a pickup code.
const (
	CodeUnused    CodeState = "UNUSED"
	CodeUsed      CodeState = "USED"
	CodeExpired   CodeState = "EXPIRED"
	CodeCancelled CodeState = "CANCELLED"
)

// Lengths a pickup code can have, in digits.
const (
	MinCodeLength     = 6
	MaxCodeLength     = 10
	DefaultCodeLength = 6
)

// CodeStateAt returns the state a code has at a time: an UNUSED code whose
// expired_at has come is EXPIRED, whether or not the sweep has been there
// (openapi.md §6.1). expiredAt 0 means valid for ever.
func CodeStateAt(state CodeState, expiredAt, now int64) CodeState {
	if state == CodeUnused && expiredAt != 0 && now >= expiredAt {
		return CodeExpired
	}
	return state
}

// ValidCode tells whether text can be a pickup code: 6–10 digits.
func ValidCode(text string) bool {
	return len(text) >= MinCodeLength && len(text) <= MaxCodeLength && IsDigits(text)
}

// NewCode draws a random code of the given length from random; its first digit
// is 1–9 (openapi.md §7.8).
func NewCode(random io.Reader, length int) (string, error) {
	low := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(length-1)), nil)
	n, err := rand.Int(random, new(big.Int).Mul(low, big.NewInt(9)))
	if err != nil {
		return "", fmt.Errorf("draw a pickup code: %w", err)
	}
	return n.Add(n, low).String(), nil
}

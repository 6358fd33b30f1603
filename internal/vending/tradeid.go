package vending

import "strings"

// TradeID is a merchant's order number in the three shapes of consume.md §2:
// as it was sent, as the key it is unique by, and as `consumes` shows it.
type TradeID struct {
	Sent  string
	Key   string
	Shown string
}

// ParseTradeID checks a trade_id: 20–32 characters of 0-9 A-Z a-z _ -, or a
// dashed UUID of 36. It returns the error 40001 for anything else.
func ParseTradeID(text string) (TradeID, error) {
	if len(text) == 36 {
		if bare, ok := undashUUID(text); ok {
			return TradeID{Sent: text, Key: bare, Shown: dashUUID(bare)}, nil
		}
		return TradeID{}, Refuse(CodeTradeIDInvalid)
	}
	if len(text) < 20 || len(text) > 32 {
		return TradeID{}, Refuse(CodeTradeIDInvalid)
	}
	for i := range len(text) {
		if !isTradeChar(text[i]) {
			return TradeID{}, Refuse(CodeTradeIDInvalid)
		}
	}
	if len(text) == 32 && isHex(text) {
		bare := strings.ToLower(text)
		return TradeID{Sent: text, Key: bare, Shown: dashUUID(bare)}, nil
	}
	return TradeID{Sent: text, Key: text, Shown: text}, nil
}

func isTradeChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}

func isHex(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// undashUUID turns 8-4-4-4-12 hex groups into 32 lower-case digits.
func undashUUID(text string) (string, bool) {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return "", false
	}
	for i, want := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != want || !isHex(groups[i]) {
			return "", false
		}
	}
	return strings.ToLower(strings.Join(groups, "")), true
}

func dashUUID(bare string) string {
	return bare[:8] + "-" + bare[8:12] + "-" + bare[12:16] + "-" + bare[16:20] + "-" + bare[20:]
}

package console

import (
	"encoding/json"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/vending"
)

// maskedCode stands in the place of a pickup code.
const maskedCode = "******"

// showCode returns the digits of a pickup code to roles that may see them.
func (c *call) showCode(code string) string {
	if code == "" || c.Role.May(account.SeeCodes) {
		return code
	}
	return maskedCode
}

// hideCodes returns the JSON text of a message, with the digits of pickup codes
// in it for roles that may see them only. Text that is no JSON becomes null.
func (c *call) hideCodes(text string) json.RawMessage {
	if c.Role.May(account.SeeCodes) {
		if !json.Valid([]byte(text)) {
			return nil
		}
		return json.RawMessage(text)
	}
	masked, _ := maskCodes(text)
	return masked
}

// maskCodes hides every member called "code" that is a pickup code, at any
// depth, and tells whether there was one. The signature goes with it: who has the
// AppKey could try all codes against it.
func maskCodes(text string) (masked json.RawMessage, found bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, false
	}
	if !maskIn(value) {
		return json.RawMessage(text), false
	}
	if top, ok := value.(map[string]any); ok && top["sign"] != nil {
		top["sign"] = maskedCode
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, true
	}
	return raw, true
}

func maskIn(value any) (found bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if isCode(name, member) {
				value[name] = maskedCode
				found = true
			} else if maskIn(member) {
				found = true
			}
		}
	case []any:
		for _, each := range value {
			found = maskIn(each) || found
		}
	}
	return found
}

func isCode(name string, value any) bool {
	if !strings.EqualFold(name, "code") {
		return false
	}
	switch value := value.(type) {
	case string:
		return vending.ValidCode(strings.TrimSpace(value))
	case json.Number:
		return vending.ValidCode(value.String())
	}
	return false
}

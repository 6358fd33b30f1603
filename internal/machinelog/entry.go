package machinelog

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/signature"
)

// Bounds of what is kept of one message, so that a chatty machine cannot fill
// the disk.
const (
	maxMembers = 64
	maxText    = 1024 // characters of one value
)

// masked stands in the place of a secret.
const masked = "***"

// Entry is one message of the log.
type Entry struct {
	MachineID int64
	// Up is a message of the machine, else one to it.
	Up     bool
	Method string
	// Payload is JSON text without secrets: see Payload.
	Payload string
	// At is UTC milliseconds.
	At int64
}

// Payload returns the JSON text of a message as it may be kept: passwords are
// masked, and with them the signature, which would let them be guessed; very
// long values are cut.
func Payload(object *signature.Object) string {
	var out strings.Builder
	out.Grow(min(len(object.JSON()), maxText))
	secret := HasSecret(object)
	n := 0
	for name, v := range object.Members() {
		if n == maxMembers {
			break
		}
		separator := byte(',')
		if n == 0 {
			separator = '{'
		}
		out.WriteByte(separator)
		n++
		writeText(&out, cut(name))
		out.WriteByte(':')
		switch {
		case holdsSecret(name, v), secret && name == "sign":
			writeText(&out, masked)
		case v.Kind == signature.Null:
			out.WriteString("null")
		case v.Kind != signature.String && utf8.RuneCountInString(v.Text) <= maxText:
			out.WriteString(v.Text)
		default:
			writeText(&out, cut(v.Text))
		}
	}
	if n == 0 {
		out.WriteByte('{')
	}
	out.WriteByte('}')
	return out.String()
}

// HasSecret tells whether Payload masks something of a message.
func HasSecret(object *signature.Object) bool {
	for name, v := range object.Members() {
		if holdsSecret(name, v) {
			return true
		}
	}
	return false
}

// holdsSecret tells whether a member is a secret or has one at any depth: then
// all of it is masked.
func holdsSecret(name string, v signature.Value) bool {
	if isSecret(name) {
		return true
	}
	if v.Kind != signature.Nested && v.Kind != signature.Array {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(v.Text))
	decoder.UseNumber() // a number may be too large for any other type
	var value any
	return decoder.Decode(&value) != nil || namesSecret(value)
}

func namesSecret(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for name, each := range value {
			if isSecret(name) || namesSecret(each) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, namesSecret)
	}
	return false
}

func isSecret(name string) bool { return strings.Contains(strings.ToLower(name), "password") }

func writeText(out *strings.Builder, text string) {
	if isPlain(text) {
		out.WriteByte('"')
		out.WriteString(text)
		out.WriteByte('"')
		return
	}
	encoded, _ := json.Marshal(text) // a string always can be
	out.Write(encoded)
}

// isPlain tells that json.Marshal would just put quotes around a text, as around
// nearly all that machines send: it is several times slower.
func isPlain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText]) + "…"
}

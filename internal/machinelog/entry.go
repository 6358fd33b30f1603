package machinelog

import (
	"bytes"
	"encoding/json"
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
	var out bytes.Buffer
	secret := hasSecret(object)
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
		case isSecret(name), secret && name == "sign":
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

func hasSecret(object *signature.Object) bool {
	for name := range object.Members() {
		if isSecret(name) {
			return true
		}
	}
	return false
}

func isSecret(name string) bool { return strings.Contains(strings.ToLower(name), "password") }

func writeText(out *bytes.Buffer, text string) {
	encoded, _ := json.Marshal(text) // a string always can be
	out.Write(encoded)
}

func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText]) + "…"
}

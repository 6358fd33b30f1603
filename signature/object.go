package signature

import (
	"errors"
	"iter"
	"strconv"
)

// Limits of what is read (signing.md §2.3).
const (
	// MaxSize is the largest accepted body and the largest accepted payload
	// object, in bytes (64 KiB).
	MaxSize = 64 << 10
	// MaxDepth is the deepest accepted nesting. The payload object itself is
	// level 1, so an object inside it is level 2.
	MaxDepth = 8
	// MaxFlat bounds the bytes of all flattened pairs together (1 MiB). A nested
	// value repeats the names above it, so without this bound a 64 KiB payload
	// with one very long name could unfold to hundreds of megabytes.
	MaxFlat = 1 << 20
)

// ErrMalformed is wrapped by every error about input that cannot be read.
// HTTP answers it with status 400 and code 400; MQTT drops the message.
var ErrMalformed = errors.New("malformed payload")

// Kind is the JSON type of a [Value].
type Kind uint8

// The kinds of values. The zero Kind belongs to no value.
const (
	String Kind = iota + 1
	Number
	Bool
	Null
	Array
	Nested // an object
)

// Value is one member's value.
type Value struct {
	Kind Kind
	// Text depends on Kind. String: the decoded string. Number: the digits as they
	// were written. Bool: "true" or "false". Null: empty. Array and Nested: the JSON
	// text as it was written, already known to be valid.
	//
	// It shares memory with the whole payload; use strings.Clone before keeping a
	// short text for long.
	Text string
}

// Object is a decoded payload object. Create one with [ParseObject],
// [DecodeEnvelope] or [DecodeMessage]. It is immutable and safe for concurrent use.
type Object struct {
	text    string
	members []member
	pairs   []pair // without "sign" and dropped texts, sorted by name
	flat    int    // bytes of all pairs joined in the raw form
}

type member struct {
	name  string
	value Value
}

// Lookup returns the member of that name at the top level.
// Names are case-sensitive and cannot occur twice.
func (o *Object) Lookup(name string) (Value, bool) {
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value, true
		}
	}
	return Value{}, false
}

// Members walks over the top-level members in the order they were received.
func (o *Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, m := range o.members {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// JSON returns the text the object was parsed from.
func (o *Object) JSON() string { return o.text }

// Timestamp returns the member "timestamp" in Unix seconds. ok is false unless the
// member is a string or a number of exactly ten decimal digits; milliseconds are
// refused, not converted (signing.md §2.4, §4).
func (o *Object) Timestamp() (sec int64, ok bool) {
	v, _ := o.Lookup("timestamp")
	if v.Kind != String && v.Kind != Number || len(v.Text) != 10 {
		return 0, false
	}
	for i := range len(v.Text) {
		if v.Text[i] < '0' || v.Text[i] > '9' {
			return 0, false
		}
	}
	sec, err := strconv.ParseInt(v.Text, 10, 64)
	return sec, err == nil
}

// WithinWindow reports whether the object has a usable timestamp that is at most
// window seconds before or after serverTime (Unix seconds). A window of 0 switches
// the distance test off; the timestamp must be usable even then. false means code
// 10016 over HTTP (signing.md §4). Call it after Verify.
func (o *Object) WithinWindow(serverTime, window int64) bool {
	sec, ok := o.Timestamp()
	if !ok {
		return false
	}
	return window == 0 || sec-window <= serverTime && serverTime <= sec+window
}

package signature

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// field is one member of a flat object about to be sent.
type field struct {
	name, text string
	number     bool // text is written without quotes
}

// EncodeMessage signs fields and returns the body of an MQTT message: base64 of
// compact JSON with members sorted by name and string values throughout. Fields with
// an empty value are left out (signing.md §5). A field "sign" is replaced. Bytes
// that are not UTF-8 are sent as U+FFFD; names should not contain any.
func EncodeMessage(fields map[string]string, key string) []byte {
	list := make([]field, 0, len(fields)+1)
	for name, text := range fields {
		if text != "" {
			list = append(list, field{name: name, text: text})
		}
	}
	return base64.StdEncoding.AppendEncode(nil, seal(list, key))
}

// SignJSON signs members in form [Raw] and returns compact JSON with members sorted
// by name and "sign" added, the body of a callback (signing.md §5, consume.md §9.2).
//
// Values are strings or integers (int64, int). Empty strings are kept in the JSON,
// though they do not enter the signature. A member "sign" is replaced. Nothing is
// escaped that JSON does not require; bytes that are not UTF-8 become U+FFFD, and
// names should not contain any. A value of another type is an error that names the
// member.
func SignJSON(members map[string]any, key string) ([]byte, error) {
	list := make([]field, 0, len(members)+1)
	for name, value := range members {
		switch v := value.(type) {
		case string:
			list = append(list, field{name: name, text: v})
		case int64:
			list = append(list, field{name, strconv.FormatInt(v, 10), true})
		case int:
			list = append(list, field{name, strconv.Itoa(v), true})
		default:
			return nil, fmt.Errorf("sign member %q: type %T is neither string nor integer", name, value)
		}
	}
	return seal(list, key), nil
}

// seal sorts the fields, adds their signature and writes them as JSON. Names are
// unique because they come from a map.
func seal(fields []field, key string) []byte {
	fields = slices.DeleteFunc(fields, func(f field) bool { return f.name == signMember })
	object := Object{pairs: make([]pair, 0, len(fields))}
	for i := range fields {
		f := &fields[i]
		// Before signing, so that the receiver verifies what it gets.
		f.name = strings.ToValidUTF8(f.name, "\uFFFD")
		f.text = strings.ToValidUTF8(f.text, "\uFFFD")
		if counts(f.text) {
			object.pairs = append(object.pairs, pair{f.name, f.text})
		}
	}
	sortPairs(object.pairs)
	fields = append(fields, field{name: signMember, text: object.Sign(Raw, key)})
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })

	dst := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, f.name), ':')
		if f.number {
			dst = append(dst, f.text...)
		} else {
			dst = appendString(dst, f.text)
		}
	}
	return append(dst, '}')
}

// appendString writes a JSON string with only the escapes JSON demands.
func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

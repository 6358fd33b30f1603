package sigdebug

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// field is one value of a payload, in the order of the text. The rule of what is
// signed stands in package signature, which a test compares this with; here the
// dropped ones are needed as well, and what each value was.
type field struct {
	name, text string
	number     bool
	boolean    bool
	dropped    string // why it is not signed, "" if it is
}

// flatten lists the values of a JSON object that signature.ParseObject takes.
func flatten(text string) ([]field, error) {
	f := flattener{dec: json.NewDecoder(strings.NewReader(text))}
	f.dec.UseNumber()
	if _, err := f.dec.Token(); err != nil {
		return nil, err
	}
	err := f.object("", true)
	return f.fields, err
}

type flattener struct {
	dec    *json.Decoder
	fields []field
}

// object reads the members of an object whose brace is read; top is the payload
// object itself.
func (f *flattener) object(path string, top bool) error {
	empty := true
	for ; f.dec.More(); empty = false {
		key, err := f.dec.Token()
		if err != nil {
			return err
		}
		name := fmt.Sprint(key)
		if top && name == "sign" {
			var ignored json.RawMessage
			if err := f.dec.Decode(&ignored); err != nil {
				return err
			}
			f.fields = append(f.fields, field{name: name, dropped: "sign"})
			continue
		}
		if !top {
			name = path + "[" + name + "]"
		}
		if err := f.value(name); err != nil {
			return err
		}
	}
	return f.end(path, empty && !top)
}

func (f *flattener) array(path string) error {
	i := 0
	for ; f.dec.More(); i++ {
		if err := f.value(fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return f.end(path, i == 0)
}

// end reads the closing bracket.
func (f *flattener) end(path string, empty bool) error {
	if empty {
		f.fields = append(f.fields, field{name: path, dropped: "empty_container"})
	}
	_, err := f.dec.Token()
	return err
}

func (f *flattener) value(name string) error {
	token, err := f.dec.Token()
	if err != nil {
		return err
	}
	v := field{name: name}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return f.object(name, false)
		}
		return f.array(name)
	case string:
		v.text = token
		switch token {
		case "":
			v.dropped = "empty"
		case "NULL":
			v.dropped = "null_text"
		}
	case json.Number:
		v.text, v.number = token.String(), true
	case bool:
		v.text, v.boolean = fmt.Sprint(token), true
	default:
		v.dropped = "null"
	}
	f.fields = append(f.fields, v)
	return nil
}

// kept returns the fields that are signed.
func kept(fields []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.dropped != "" })
}

// sorted returns fields in the order they are signed in.
func sorted(fields []field) []field {
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return fields
}

package signature

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// ParseObject reads the JSON text of a payload object (signing.md §2.3).
//
// It accepts exactly one JSON object in UTF-8 without byte-order mark, at most
// [MaxSize] bytes long and nested at most [MaxDepth] levels deep, where the payload
// object itself is level 1: level 8 is read, level 9 refused. Refused as well are
// two members of one object, at any level, whose names are equal once escapes are
// resolved; escapes of half a surrogate pair; anything but white space around the
// object; and objects whose flattened pairs exceed [MaxFlat]. An escaped NUL
// character (\u0000) is legal JSON and accepted.
//
// Errors wrap [ErrMalformed]. text is not kept.
func ParseObject(text []byte) (*Object, error) { return parse(text, true) }

// parse reads one object. The pairs to sign are collected only if flatten is set;
// the outer object of an HTTP body has no signature and needs none.
func parse(text []byte, flatten bool) (*Object, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	p := &parser{
		scanner: scanner{text: string(text)},
		names:   make([]string, 0, 16),
		object:  &Object{members: make([]member, 0, 16)},
		flatten: flatten,
	}
	o := p.object
	o.text = p.text
	if flatten {
		o.pairs = make([]pair, 0, 16)
	}
	p.space()
	if p.peek() != '{' {
		return nil, p.fail("object expected")
	}
	if err := p.readObject(1); err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.text) {
		return nil, p.fail("text after the object")
	}
	sortPairs(o.pairs)
	return o, nil
}

// parser builds an Object and its flattened pairs in one pass over the text.
type parser struct {
	scanner
	object  *Object
	flatten bool
	names   []string // member names of all objects that are open
	top     string   // name of the current top-level member
	path    []byte   // flattened name of the current value, below the top level
}

// readObject reads the object that starts at the current position.
func (p *parser) readObject(depth int) error {
	if depth > MaxDepth {
		return p.fail("nested too deeply")
	}
	p.pos++
	firstName, mark := len(p.names), len(p.path)
	for i := 0; ; i++ {
		if end, err := p.next('}', i == 0); end || err != nil {
			if err == nil && hasDuplicate(p.names[firstName:]) {
				err = p.fail("duplicate member name")
			}
			p.names = p.names[:firstName]
			return err
		}
		name, err := p.readString()
		if err != nil {
			return err
		}
		p.names = append(p.names, name)
		p.space()
		if p.peek() != ':' {
			return p.fail("colon expected")
		}
		p.pos++
		p.space()
		if depth == 1 {
			p.top = name
			p.path = append(p.path, name...)
		} else {
			p.path = append(append(append(p.path, '['), name...), ']')
		}
		value, err := p.readValue(depth)
		if err != nil {
			return err
		}
		p.path = p.path[:mark]
		if depth == 1 {
			p.object.members = append(p.object.members, member{name, value})
		}
	}
}

// readArray reads the array that starts at the current position.
func (p *parser) readArray(depth int) error {
	if depth > MaxDepth {
		return p.fail("nested too deeply")
	}
	p.pos++
	mark := len(p.path)
	for i := 0; ; i++ {
		if end, err := p.next(']', i == 0); end || err != nil {
			return err
		}
		p.path = append(strconv.AppendInt(append(p.path, '['), int64(i), 10), ']')
		if _, err := p.readValue(depth); err != nil {
			return err
		}
		p.path = p.path[:mark]
	}
}

// readValue reads any value inside a container of the given depth.
func (p *parser) readValue(depth int) (Value, error) {
	start := p.pos
	var v Value
	var err error
	switch c := p.peek(); {
	case c == '{':
		err = p.readObject(depth + 1)
		return Value{Nested, p.text[start:p.pos]}, err
	case c == '[':
		err = p.readArray(depth + 1)
		return Value{Array, p.text[start:p.pos]}, err
	case c == '"':
		v.Kind = String
		v.Text, err = p.readString()
	case c == '-' || isDigit(c):
		v.Kind = Number
		v.Text, err = p.readNumber()
	case p.word("true") || p.word("false"):
		v = Value{Bool, p.text[start:p.pos]}
	case p.word("null"):
		return Value{Kind: Null}, nil
	default:
		err = p.fail("value expected")
	}
	if err != nil {
		return Value{}, err
	}
	return v, p.addPair(depth, v.Text)
}

// addPair records the scalar just read for the signature, unless it does not count
// (signing.md §3, steps 1 and 3).
func (p *parser) addPair(depth int, text string) error {
	if !p.flatten || p.top == signMember || !counts(text) {
		return nil
	}
	o := p.object
	o.flat += len(p.path) + len(text) + len("=&")
	if o.flat > MaxFlat {
		return p.fail("flattened names and texts are too long")
	}
	name := p.top
	if depth > 1 {
		name = string(p.path)
	}
	o.pairs = append(o.pairs, pair{name, text})
	return nil
}

// hasDuplicate sorts names and reports whether two are equal. Sorting keeps the
// effort bounded for objects with thousands of members.
func hasDuplicate(names []string) bool {
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return true
		}
	}
	return false
}

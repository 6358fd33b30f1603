// Package strictyaml reads files that people write: unknown keys are errors,
// texts are taken as they were typed (0123 stays 0123, 1.50 stays 1.50), a
// whole number is never a cut-off fraction, and a key with nothing behind it
// keeps its default. Errors name lines and keys, never values, which may be
// secrets.
package strictyaml

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/vendlane/vendlane/internal/vending"
)

// Decode overlays the value that into points to with one YAML document. It
// reads structs (by their yaml tags), slices, pointers, strings, whole numbers,
// float64, bool and whatever implements encoding.TextUnmarshaler.
func Decode(text []byte, into any) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		// Without the lines of the file, which may hold secrets.
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if len(file.Docs) > 1 {
		return errors.New("more than one document")
	}
	d := decoder{anchors: map[string]ast.Node{}}
	for _, doc := range file.Docs {
		if err := d.set(reflect.ValueOf(into).Elem(), doc.Body, ""); err != nil {
			return err
		}
	}
	return nil
}

// decoder knows the anchors passed so far.
type decoder struct{ anchors map[string]ast.Node }

func (d decoder) set(v reflect.Value, node ast.Node, key string) error {
	node = d.resolve(node)
	if node == nil || node.Type() == ast.NullType {
		return nil
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, isScalar := scalar(node)
		if !isScalar || t.UnmarshalText([]byte(text)) != nil {
			return fail(node, key, "is not in the right form")
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.set(v.Elem(), node, key)
	case reflect.Struct:
		return d.setStruct(v, node, key)
	case reflect.Slice:
		return d.setSlice(v, node, key)
	default:
		return setScalar(v, node, key)
	}
}

// resolve follows anchors and aliases.
func (d decoder) resolve(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		d.anchors[n.Name.GetToken().Value] = n.Value
		return n.Value
	case *ast.AliasNode:
		if target, found := d.anchors[n.Value.GetToken().Value]; found {
			return target
		}
	}
	return node
}

func (d decoder) setStruct(v reflect.Value, node ast.Node, key string) error {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return fail(node, key, "is a section and holds keys")
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("yaml")] = v.Field(i)
	}
	for _, pair := range mapping.Values {
		name := pair.Key.GetToken().Value
		field, known := fields[name]
		full := strings.TrimPrefix(key+"."+name, ".")
		if !known || name == "" {
			return fail(pair.Key, full, "is not known")
		}
		if err := d.set(field, pair.Value, full); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) setSlice(v reflect.Value, node ast.Node, key string) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return fail(node, key, "is a list")
	}
	list := reflect.MakeSlice(v.Type(), len(sequence.Values), len(sequence.Values))
	for i, item := range sequence.Values {
		if err := d.set(list.Index(i), item, fmt.Sprintf("%s[%d]", key, i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func setScalar(v reflect.Value, node ast.Node, key string) error {
	text, ok := scalar(node)
	if !ok {
		return fail(node, key, "holds one value")
	}
	switch v.Kind() {
	case reflect.String:
		if !vending.Storable(text) {
			return fail(node, key, "holds U+0000 or is not UTF-8")
		}
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fail(node, key, "is not a whole number")
		}
		v.SetInt(n)
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fail(node, key, "is not a number")
		}
		v.SetFloat(n)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fail(node, key, "is not true or false")
		}
		v.SetBool(text == "true")
	default:
		return fail(node, key, "has a type that files cannot set")
	}
	return nil
}

// scalar returns a single value as it was typed.
func scalar(node ast.Node) (text string, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

func fail(node ast.Node, key, what string) error {
	if key == "" {
		key = "it"
	}
	return fmt.Errorf("line %d: %s %s", node.GetToken().Position.Line, key, what)
}

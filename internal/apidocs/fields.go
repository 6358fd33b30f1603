package apidocs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is a row of a table of members.
type field struct {
	Name     string
	Types    []string
	Required bool
	// Allowed is the range or the list of values, Default the value meant by
	// its absence; both may be empty.
	Allowed, Default string
	Description      string
}

// fields flattens the members of an object, and of objects and arrays in it,
// into rows: `records[].id`.
func (d *document) fields(s schema, prefix string) ([]field, error) {
	s, err := d.resolve(s)
	if err != nil {
		return nil, err
	}
	out := []field{}
	for _, name := range s.Properties.keys {
		member, err := d.resolve(s.Properties.values[name])
		if err != nil {
			return nil, err
		}
		out = append(out, field{
			Name: prefix + name, Types: types(member), Required: slices.Contains(s.Required, name),
			Allowed: allowed(member), Default: scalar(member.Default), Description: member.Description,
		})
		path := prefix + name
		for member.Items != nil {
			path += "[]"
			if member, err = d.resolve(*member.Items); err != nil {
				return nil, err
			}
		}
		below, err := d.fields(member, path+".")
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// types lists the JSON types of a schema; where only values are given, that of
// the first.
func types(s schema) []string {
	switch t := s.Type.(type) {
	case string:
		return []string{t}
	case []any:
		out := make([]string, len(t))
		for i, name := range t {
			out[i] = scalar(name)
		}
		return out
	}
	value := s.Const
	if len(s.Enum) > 0 {
		value = s.Enum[0]
	}
	switch value.(type) {
	case string:
		return []string{"string"}
	case bool:
		return []string{"boolean"}
	case nil:
		return nil
	}
	return []string{"integer"}
}

// Bounds above these only say how many digits there may be, which is in the
// description.
const (
	largestLow  = 1_000
	largestHigh = 1_000_000
)

func allowed(s schema) string {
	if s.Const != nil {
		return scalar(s.Const)
	}
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = scalar(v)
		}
		return strings.Join(values, ", ")
	}
	low, high := s.Minimum, s.Maximum
	if s.Items != nil {
		low, high = s.MinItems, s.MaxItems
	}
	if low != nil && *low > largestLow {
		low = nil
	}
	if high != nil && *high > largestHigh {
		high = nil
	}
	switch {
	case low != nil && high != nil && *low == *high:
		return strconv.FormatInt(*low, 10)
	case low != nil && high != nil:
		return fmt.Sprintf("%d–%d", *low, *high)
	case low != nil:
		return fmt.Sprintf("≥ %d", *low)
	case high != nil:
		return fmt.Sprintf("≤ %d", *high)
	}
	return ""
}

// scalar shows a value of the document; nil is "".
func scalar(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

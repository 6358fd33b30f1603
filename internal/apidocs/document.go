package apidocs

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// document is the part of an OpenAPI document that the page shows.
type document struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Servers []struct {
		URL string `yaml:"url"`
	} `yaml:"servers"`
	Tags []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"tags"`
	Paths      ordered[ordered[operation]] `yaml:"paths"`
	Components struct {
		Responses map[string]response `yaml:"responses"`
		Schemas   map[string]schema   `yaml:"schemas"`
	} `yaml:"components"`
}

type operation struct {
	ID          string      `yaml:"operationId"`
	Tags        []string    `yaml:"tags"`
	Summary     string      `yaml:"summary"`
	Description string      `yaml:"description"`
	Parameters  []parameter `yaml:"parameters"`
	RequestBody *struct {
		Content map[string]media `yaml:"content"`
	} `yaml:"requestBody"`
	Responses   ordered[response]   `yaml:"responses"`
	Codes       []int               `yaml:"x-codes"`
	CodeNotes   map[string]string   `yaml:"x-code-notes"`
	CodeMethods map[string][]string `yaml:"x-code-methods"`
}

type parameter struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Schema      schema `yaml:"schema"`
}

type response struct {
	Ref     string           `yaml:"$ref"`
	Content map[string]media `yaml:"content"`
}

type media struct {
	Schema   schema           `yaml:"schema"`
	Examples ordered[example] `yaml:"examples"`
}

type example struct {
	Value any `yaml:"value"`
}

type schema struct {
	Ref           string          `yaml:"$ref"`
	Title         string          `yaml:"title"`
	Description   string          `yaml:"description"`
	Type          any             `yaml:"type"`
	Const         any             `yaml:"const"`
	Enum          []any           `yaml:"enum"`
	Default       any             `yaml:"default"`
	Minimum       *int64          `yaml:"minimum"`
	Maximum       *int64          `yaml:"maximum"`
	MinItems      *int64          `yaml:"minItems"`
	MaxItems      *int64          `yaml:"maxItems"`
	Required      []string        `yaml:"required"`
	Properties    ordered[schema] `yaml:"properties"`
	Items         *schema         `yaml:"items"`
	OneOf         []schema        `yaml:"oneOf"`
	AllOf         []schema        `yaml:"allOf"`
	ContentSchema *schema         `yaml:"contentSchema"`
	Examples      []any           `yaml:"examples"`
	Message       string          `yaml:"x-message"`
	English       string          `yaml:"x-english"`
}

// ordered is a mapping that remembers the order of its keys.
type ordered[T any] struct {
	keys   []string
	values map[string]T
}

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (o *ordered[T]) UnmarshalYAML(unmarshal func(any) error) error {
	var order yaml.MapSlice
	if err := unmarshal(&order); err != nil {
		return err
	}
	for _, item := range order {
		o.keys = append(o.keys, fmt.Sprint(item.Key))
	}
	return unmarshal(&o.values)
}

func parse(text []byte) (document, error) {
	var doc document
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.UseOrderedMap()).Decode(&doc); err != nil {
		return doc, fmt.Errorf("parse OpenAPI document: %w", err)
	}
	return doc, nil
}

// resolve follows a reference into the components. What stands beside the
// reference goes before what it leads to.
func (d *document) resolve(s schema) (schema, error) {
	if s.Ref == "" {
		return s, nil
	}
	target, found := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	if !found {
		return s, fmt.Errorf("no schema at %s", s.Ref)
	}
	target, err := d.resolve(target)
	if s.Description != "" {
		target.Description = s.Description
	}
	if s.Default != nil {
		target.Default = s.Default
	}
	return target, err
}

func (d *document) response(r response) (response, error) {
	if r.Ref == "" {
		return r, nil
	}
	target, found := d.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
	if !found {
		return r, fmt.Errorf("no response at %s", r.Ref)
	}
	return target, nil
}

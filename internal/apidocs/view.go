package apidocs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// view is what the template shows.
type view struct {
	Text        texts
	Title       string
	Version     string
	Description []paragraph
	Groups      []group
}

// group is the endpoints of a tag.
type group struct {
	Name, Anchor string
	Description  []paragraph
	Endpoints    []endpointView
}

type endpointView struct {
	Anchor, Verb, Path, Summary string
	Description                 []paragraph
	Parameters                  []field
	Payloads                    []payloadView
	Answers                     []answerView
	Examples                    []exampleView
	Errors                      []errorView
}

// payloadView is the parameters of an endpoint, or of one of its methods.
type payloadView struct {
	Title, Example string
	// Bare means that the object is the body itself.
	Bare   bool
	Fields []field
}

// answerView is one shape that the data of a success can have.
type answerView struct {
	Description string
	// Types are the JSON types; Value the only value there is, if there is one.
	Types  []string
	Value  string
	Fields []field
}

type exampleView struct{ Name, JSON string }

type errorView struct {
	Code, Status          int
	Message, English, Why string
	Methods               []string
	Data                  []string
}

// view lays the document out in one language.
func (d *document) view(t texts) (view, error) {
	out := view{Text: t, Title: d.Info.Title, Version: d.Info.Version, Description: paragraphs(d.Info.Description)}
	prefix := ""
	if len(d.Servers) > 0 {
		prefix = d.Servers[0].URL
	}
	for _, tag := range d.Tags {
		g := group{Name: tag.Name, Anchor: strings.ReplaceAll(tag.Name, " ", "-"), Description: paragraphs(tag.Description)}
		for _, path := range d.Paths.keys {
			for _, verb := range d.Paths.values[path].keys {
				op := d.Paths.values[path].values[verb]
				if !slices.Contains(op.Tags, tag.Name) {
					continue
				}
				e, err := d.endpoint(op)
				if err != nil {
					return out, fmt.Errorf("%s %s: %w", verb, path, err)
				}
				e.Verb, e.Path = strings.ToUpper(verb), prefix+path
				g.Endpoints = append(g.Endpoints, e)
			}
		}
		out.Groups = append(out.Groups, g)
	}
	return out, nil
}

func (d *document) endpoint(op operation) (endpointView, error) {
	out := endpointView{Anchor: op.ID, Summary: op.Summary, Description: paragraphs(op.Description)}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, field{
			Name: p.Name, Types: types(p.Schema), Required: true, Description: p.Description,
		})
	}
	var err error
	if out.Payloads, err = d.payloads(op); err != nil {
		return out, err
	}
	statuses := map[int]int{}
	for _, status := range op.Responses.keys {
		r, err := d.response(op.Responses.values[status])
		if err != nil {
			return out, err
		}
		body := r.Content[mediaType]
		number, err := strconv.Atoi(status)
		if err != nil {
			return out, fmt.Errorf("response %q: %w", status, err)
		}
		branches := body.Schema.OneOf
		if len(branches) == 0 {
			branches = []schema{body.Schema}
		}
		for _, branch := range branches {
			if code, err := strconv.Atoi(strings.TrimPrefix(branch.Ref, errorPrefix)); err == nil {
				statuses[code] = number
				continue
			}
			if out.Answers, err = d.answers(branch); err != nil {
				return out, err
			}
		}
		if number != okStatus {
			continue // these are the same for every endpoint
		}
		for _, name := range body.Examples.keys {
			text, err := formatJSON(body.Examples.values[name].Value)
			if err != nil {
				return out, err
			}
			out.Examples = append(out.Examples, exampleView{strings.ReplaceAll(name, "_", " "), text})
		}
	}
	out.Errors, err = d.errors(op, statuses)
	return out, err
}

const (
	mediaType   = "application/json"
	errorPrefix = "#/components/schemas/Error"
	okStatus    = 200
)

// payloads are the alternatives of the decoded payload, or the bare body.
func (d *document) payloads(op operation) ([]payloadView, error) {
	if op.RequestBody == nil {
		return nil, nil
	}
	body, bare := op.RequestBody.Content[mediaType].Schema, true
	if wrapped := body.Properties.values["payload"].ContentSchema; wrapped != nil {
		body, bare = *wrapped, false
	}
	alternatives := body.OneOf
	if len(alternatives) == 0 {
		alternatives = []schema{body}
	}
	out := []payloadView{}
	for _, s := range alternatives {
		s, err := d.resolve(s)
		if err != nil {
			return nil, err
		}
		p := payloadView{Title: s.Title, Bare: bare}
		if p.Fields, err = d.fields(s, ""); err != nil {
			return nil, err
		}
		if len(s.Examples) > 0 {
			if p.Example, err = formatJSON(s.Examples[0]); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// answers are the shapes of `data` in the success branch of a response.
func (d *document) answers(success schema) ([]answerView, error) {
	var data schema
	for _, part := range success.AllOf {
		if s, found := part.Properties.values["data"]; found {
			data = s
		}
	}
	data, err := d.resolve(data)
	if err != nil {
		return nil, err
	}
	alternatives := data.OneOf
	if len(alternatives) == 0 {
		alternatives = []schema{data}
	}
	out := []answerView{}
	for _, s := range alternatives {
		s, err := d.resolve(s)
		if err != nil {
			return nil, err
		}
		a := answerView{Description: s.Description, Types: types(s)}
		if s.Const != nil {
			a.Value = strconv.Quote(scalar(s.Const))
		}
		row, prefix := s, ""
		if s.Items != nil {
			row, prefix = *s.Items, "[]."
		}
		if a.Fields, err = d.fields(row, prefix); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (d *document) errors(op operation, statuses map[int]int) ([]errorView, error) {
	out := []errorView{}
	for _, code := range op.Codes {
		key := strconv.Itoa(code)
		s, err := d.resolve(schema{Ref: errorPrefix + key})
		if err != nil {
			return nil, err
		}
		e := errorView{
			Code: code, Status: statuses[code], Message: s.Message, English: s.English,
			Why: s.Description, Methods: op.CodeMethods[key],
		}
		if note := op.CodeNotes[key]; note != "" {
			e.Why = note
		}
		data, err := d.resolve(s.Properties.values["data"])
		if err != nil {
			return nil, err
		}
		for _, alternative := range append([]schema{data}, data.OneOf...) {
			e.Data = append(e.Data, alternative.Properties.keys...)
		}
		out = append(out, e)
	}
	return out, nil
}

package apidocs

import (
	"regexp"
	"strings"
)

// Ways in which an operation takes its payload.
const (
	SignedPayload = "signed" // wrapped and signed (signing.md §2.1)
	BarePayload   = "bare"   // the body itself
	NoPayload     = "none"
)

// Operation is one thing that a merchant can call: an endpoint, or one of the
// payloads that an endpoint takes.
type Operation struct {
	// ID is the endpoint's; several operations may have it.
	ID, Group, Summary string
	// Title tells the payloads of an endpoint apart, "" where there is one.
	Title string
	// Path has its parameters in braces and begins with that of the server.
	Verb, Path string
	Parameters []string
	// Payload is one of the three ways, Example JSON text or "".
	Payload, Example string
}

// Operations lists what the document describes, in its order.
func (d *Docs) Operations() ([]Operation, error) {
	doc, err := parse(d.spec)
	if err != nil {
		return nil, err
	}
	v, err := doc.view(english())
	if err != nil {
		return nil, err
	}
	out := []Operation{}
	for _, group := range v.Groups {
		for _, e := range group.Endpoints {
			op := Operation{ID: e.Anchor, Group: group.Name, Summary: e.Summary, Verb: e.Verb, Path: e.Path, Parameters: []string{}, Payload: NoPayload}
			for _, p := range e.Parameters {
				op.Parameters = append(op.Parameters, p.Name)
			}
			if len(e.Payloads) == 0 {
				out = append(out, op)
			}
			for _, p := range e.Payloads {
				op.Payload = SignedPayload
				if p.Bare {
					op.Payload = BarePayload
				}
				if op.Title = ""; len(e.Payloads) > 1 {
					op.Title = p.Title
				}
				op.Example = withoutSignature(p.Example)
				out = append(out, op)
			}
		}
	}
	return out, nil
}

// signatureMember is one line of an example as formatJSON writes it.
var signatureMember = regexp.MustCompile(`(?m)^  "(sign|timestamp)": "[^"]*",?\n`) //nolint:gochecknoglobals // compiled once

// withoutSignature leaves out what whoever sends the payload puts in.
func withoutSignature(example string) string {
	text := signatureMember.ReplaceAllString(example, "")
	return strings.Replace(text, ",\n}", "\n}", 1)
}

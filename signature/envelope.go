package signature

import (
	"encoding/base64"
	"fmt"
)

// payloadMember is the one member of an HTTP body that matters.
const payloadMember = "payload"

// DecodeEnvelope reads the payload object from an HTTP body of the form
// {"payload":"<base64>"} (signing.md §2.1). Other members are ignored, but the body
// as a whole must meet the rules of [ParseObject], too. Errors wrap [ErrMalformed].
func DecodeEnvelope(body []byte) (*Object, error) {
	outer, err := parse(body, false)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	payload, _ := outer.Lookup(payloadMember)
	if payload.Kind != String {
		return nil, fmt.Errorf("body: %w: no string %q", ErrMalformed, payloadMember)
	}
	return decode([]byte(payload.Text))
}

// DecodeMessage reads the payload object from an MQTT message, whose body is the
// base64 text alone, at most [MaxSize] bytes (signing.md §2.2). Errors wrap
// [ErrMalformed].
func DecodeMessage(body []byte) (*Object, error) {
	if len(body) > MaxSize {
		return nil, fmt.Errorf("body: %w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	return decode(body)
}

func decode(text []byte) (*Object, error) {
	decoded, err := DecodeBase64(text)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	object, err := ParseObject(decoded)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return object, nil
}

// NewEnvelope is the client's side of [DecodeEnvelope]: it signs members as
// [SignJSON] does and returns the HTTP body {"payload":"<base64>"}. It adds no
// timestamp; the caller passes one. Errors are those of SignJSON.
func NewEnvelope(members map[string]any, key string) ([]byte, error) {
	text, err := SignJSON(members, key)
	if err != nil {
		return nil, err
	}
	body := []byte(`{"` + payloadMember + `":"`)
	body = base64.StdEncoding.AppendEncode(body, text)
	return append(body, `"}`...), nil
}

package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// maxBody bounds a JSON body, in bytes.
const maxBody = 64 << 10

// decode reads the JSON body of a request into v. Members v does not have are
// errors: a typing mistake must not become a default in silence.
func (c *call) decode(v any) error { return c.decodeUpTo(maxBody, v) }

// decodeUpTo is decode with a bound in bytes of its own.
func (c *call) decodeUpTo(limit int, v any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fault{http.StatusUnsupportedMediaType, "media_type", "send application/json"}
	}
	raw, err := io.ReadAll(io.LimitReader(c.r.Body, int64(limit)+1))
	if err != nil {
		return badRequest("the body ends early")
	}
	if len(raw) > limit {
		return errBodyTooLarge
	}
	return decodeJSON(raw, v)
}

func decodeJSON(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return badRequest("body: " + err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badRequest("body: more than one value")
	}
	return nil
}

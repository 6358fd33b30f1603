package signature_test

import (
	"errors"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

// A text that breaks off anywhere, in an escape or at any depth, is malformed
// and nothing worse.
func TestTextThatBreaksOff(t *testing.T) {
	const text = `{"a":{"\u0062\n":["\ud83d\ude00\\",{"c":-1.5e+3}],"d":true},"e":null}`
	if _, err := signature.ParseObject([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for n := range len(text) {
		if _, err := signature.ParseObject([]byte(text[:n])); !errors.Is(err, signature.ErrMalformed) {
			t.Errorf("%s: %v", text[:n], err)
		}
	}
}

package secrets_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vendlane/vendlane/internal/secrets"
)

func newBox(t testing.TB, first byte) *secrets.Box {
	t.Helper()
	key := make([]byte, secrets.KeySize)
	key[0] = first
	box, err := secrets.NewBox(key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealAndOpen(t *testing.T) {
	box := newBox(t, 1)
	for _, text := range []string{"", "kva", strings.Repeat("x", 10_000), "新品\x00"} {
		sealed, err := box.Seal(secrets.PurposeAppKey, text)
		if err != nil {
			t.Fatal(err)
		}
		if text != "" && strings.Contains(sealed, text) {
			t.Errorf("%q stands in %q", text, sealed)
		}
		if got, err := box.Open(secrets.PurposeAppKey, sealed); err != nil || got != text {
			t.Errorf("%q opened to %q, %v", text, got, err)
		}
		again, err := box.Seal(secrets.PurposeAppKey, text)
		if err != nil || again == sealed {
			t.Errorf("sealed twice to the same text %q, %v", again, err)
		}
	}
}

// Whatever is not what Seal made for this purpose under this key is refused,
// and the error holds none of it.
func TestOpenRefuses(t *testing.T) {
	box := newBox(t, 1)
	sealed, err := box.Seal(secrets.PurposeAppKey, "kva")
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(name string, box *secrets.Box, purpose, text string) {
		t.Helper()
		got, err := box.Open(purpose, text)
		if !errors.Is(err, secrets.ErrUnreadable) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error holds the text: %v", name, err)
		}
	}
	refuse("another key", newBox(t, 2), secrets.PurposeAppKey, sealed)
	refuse("another purpose", box, secrets.PurposeWebhookSecret, sealed)
	refuse("nothing", box, secrets.PurposeAppKey, "")
	refuse("only the prefix", box, secrets.PurposeAppKey, "v1:")
	refuse("without the prefix", box, secrets.PurposeAppKey, strings.TrimPrefix(sealed, "v1:"))
	refuse("another version", box, secrets.PurposeAppKey, "v2"+sealed[2:])
	refuse("not base64", box, secrets.PurposeAppKey, "v1:!!!!")
	refuse("cut short", box, secrets.PurposeAppKey, sealed[:len(sealed)-4])
	for i := 3; i < len(sealed)-1; i++ { // the last character holds unused bits
		changed := []byte(sealed)
		if changed[i]++; bytes.IndexByte([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), changed[i]) < 0 {
			continue
		}
		refuse("one character changed", box, secrets.PurposeAppKey, string(changed))
	}
}

func TestNewBoxRefusesKeys(t *testing.T) {
	for _, size := range []int{0, 16, 31, 33, 64} {
		if _, err := secrets.NewBox(make([]byte, size), rand.Reader); err == nil {
			t.Errorf("a key of %d bytes was taken", size)
		}
	}
}

func TestSealWithoutRandomness(t *testing.T) {
	broken := errors.New("no randomness")
	box, err := secrets.NewBox(make([]byte, secrets.KeySize), iotest.ErrReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	if sealed, err := box.Seal("x", "y"); !errors.Is(err, broken) || sealed != "" {
		t.Errorf("%q, %v", sealed, err)
	}
}

func TestHash(t *testing.T) {
	// The SHA-256 of the empty text and of "abc" are published.
	for text, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		if got := secrets.Hash(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
	hash := secrets.Hash("0123456789abcdef0123456789abcdef")
	if !secrets.HashMatches("0123456789abcdef0123456789abcdef", hash) {
		t.Error("the right secret does not match")
	}
	for _, secret := range []string{"", "0123456789abcdef0123456789abcde", "0123456789ABCDEF0123456789ABCDEF", hash} {
		if secrets.HashMatches(secret, hash) {
			t.Errorf("%q matches", secret)
		}
	}
	if secrets.HashMatches("x", "") || secrets.HashMatches("", "") {
		t.Error("an empty hash matches")
	}
}

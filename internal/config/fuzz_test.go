package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

// Whatever a file holds, it is refused or gives settings that can work.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"http:\n  listen: 127.0.0.1:1\n  trusted_proxies: [10.0.0.0/8, fd00::/8]\n", "ratelimit: {app_rps: .nan}", "callback:\n  retry_s: [1, 0x2, 1e3]\n",
		"data: &a [*a]", "data: &a x\nhttp: {listen: *a, public_url: *a}", "<<: {data: x}", "data: !!binary aGk=", "data: |\n  a\n  b\n", "? {a: b}\n: c",
		"callback: {allow_ranges: [::/0, 0.0.0.0/0, 10.0.0.1/8]}", "secrets:\n  master_key: 0123456789\n", strings.Repeat("[", 200), strings.Repeat("{a: ", 200), "\ufeffdata: x", "data: \"\\u0000\"",
	} {
		f.Add([]byte(seed))
	}
	file := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, nil)
		if err == nil {
			err = c.Validate()
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without a text")
		}
	})
}

// Whatever a variable is called and holds, it is refused by its name, is none of
// ours, or gives settings that can work.
func FuzzEnviron(f *testing.F) {
	def := config.Default()
	for _, leaf := range config.Leaves(&def) {
		f.Add(leaf.Env, leaf.Value())
		f.Add(leaf.Env, "[")
	}
	f.Add("VENDLANE_", "x")
	f.Add("VENDLANE_HTTP_LISTEN\x00", "\xff")
	f.Add("VENDLANE_CALLBACK_RETRY_S", "1, [2], {3: 4}")
	f.Add("VENDLANE_HTTP_TRUSTED_PROXIES", "10.0.0.0/8\n---\n")
	f.Fuzz(func(t *testing.T, name, value string) {
		c, err := config.Load("", []string{name + "=" + value})
		switch {
		case err == nil && c.Validate() != nil:
			t.Errorf("%v", c.Validate())
		case err != nil && !strings.HasPrefix(name, "VENDLANE_") && !strings.Contains(name, "="):
			t.Errorf("%q is none of ours: %v", name, err)
		}
	})
}

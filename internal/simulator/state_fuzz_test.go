package simulator

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// A machine's state file is read or refused as corrupt, and what was read is kept
// such that it is read again.
func FuzzState(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, ``, `{"password":"x","power":{},"config":{"volume":"60"},"ads":{"1":{}}}`, `{"ads":{"1":null},"config":null}`,
		`{"password":1}`, "{\"password\":\"\x00\"}", `{"password":"\ud800"}`, `{"power":{"once":`, `{"a":1}{"a":2}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, "state.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		first, err := openState(dir)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if err := first.keep(func(k *kept) { k.Password += "x" }); err != nil {
			t.Fatal(err)
		}
		second, err := openState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first.snapshot(), second.snapshot()) {
			t.Fatalf("%+v became %+v", first.snapshot(), second.snapshot())
		}
	})
}

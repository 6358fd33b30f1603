package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"unicode"

	"github.com/vendlane/vendlane/internal/terminal"
)

// hostile tries a line of its own, colours, the C1 form of an escape sequence,
// DEL, a change of direction and an invisible tag.
const hostile = "卡货\n\x1b[2J\u009b2J\x7f\u202e\U000e0041"

func TestText(t *testing.T) {
	if got, want := terminal.Text(hostile), "卡货\ufffd\ufffd[2J\ufffd2J\ufffd\ufffd\ufffd"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestShort(t *testing.T) {
	for most, want := range map[int]string{3: "卡", 5: "卡", 6: "卡货", 7: "卡货x", 8: "卡货x"} {
		if got := terminal.Short("卡货x", most); got != want {
			t.Errorf("%d bytes: %q, want %q", most, got, want)
		}
	}
}

// Whatever a line of the log holds, terminals get characters to show, and readers
// of the JSON the same as before.
func FuzzLog(f *testing.F) {
	f.Add(hostile)
	f.Add("\xff\xc2\x80\ufffd\ud7ff\U0010ffff")
	f.Fuzz(func(t *testing.T, text string) {
		var plain, out bytes.Buffer
		slog.New(slog.NewJSONHandler(&plain, nil)).Info("m", "text", text)
		if _, err := (terminal.JSON{W: &out}).Write(plain.Bytes()); err != nil {
			t.Fatal(err)
		}
		for _, c := range out.String() {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Fatalf("%U in %q", c, out.String())
			}
		}
		var want, got struct{ Text string }
		if err := errors.Join(json.Unmarshal(plain.Bytes(), &want), json.Unmarshal(out.Bytes(), &got)); err != nil || got != want {
			t.Errorf("%q became %q: %v", want.Text, got.Text, err)
		}
	})
}

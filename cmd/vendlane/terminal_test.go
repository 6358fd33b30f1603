package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// hostile tries a line of its own, colours, the C1 form of an escape sequence,
// DEL, a change of direction and an invisible tag.
const hostile = "卡货\n\x1b[2J\u009b2J\x7f\u202e\U000e0041"

// onlyPrintable fails for any character that a terminal might act on.
func onlyPrintable(t *testing.T, what, text string) {
	t.Helper()
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Fatalf("%s holds %U: %q", what, c, text)
		}
	}
}

func TestLogLeavesTheTerminalAlone(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		cfg := config.Default()
		cfg.Log.Format = format
		var out bytes.Buffer
		newLog(cfg, &out).Info("message", "text", hostile, "error", errors.New(hostile))
		onlyPrintable(t, format, out.String())
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%s: %d lines of one message: %q", format, n, out.String())
		}
		if format == "text" {
			continue
		}
		var line struct{ Text, Error string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Text != hostile || line.Error != hostile {
			t.Errorf("%v, read back %q and %q", err, line.Text, line.Error)
		}
	}
}

// What a machine said is shown to an operator (mqtt.md §3.5).
func TestAdminLeavesTheTerminalAlone(t *testing.T) {
	d := newDesk(t)
	text, err := json.Marshal(map[string]any{"a": hostile, "b": map[string]any{"c\u009b": hostile}})
	d.must(err)
	object, err := signature.ParseObject(text)
	d.must(err)
	d.open(func(a *app.App, m store.Machine) error {
		return a.Store.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.OpenAlert(t.Context(), db.OpenAlertParams{MachineID: m.Machine.ID, Kind: vending.AlertChannel, Subject: hostile, Detail: hostile})
			return errors.Join(err,
				tx.ReportSetting(t.Context(), db.ReportSettingParams{MachineID: m.Machine.ID, Name: "device_model", Value: hostile}),
				tx.InsertMachineLog(t.Context(), db.InsertMachineLogParams{MachineID: m.Machine.ID, Method: "m", Payload: machinelog.Payload(object)}),
			)
		})
	})
	for _, action := range []string{"show", "log"} {
		out, err := d.do(action)
		d.must(err)
		onlyPrintable(t, action, out)
		if !strings.Contains(out, "卡货") || strings.Count(out, "\n") > 3 {
			t.Errorf("%s: %q", action, out)
		}
	}
}

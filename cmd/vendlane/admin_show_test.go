package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// show brings what an operator asks of a machine onto one page, times in the
// machine's zone.
func TestAdminMachineShow(t *testing.T) {
	d := newDesk(t)
	out, err := d.do("show")
	d.must(err)
	if !regexp.MustCompile(`^machine 16327129  machine_id=1  online=false  last heartbeat \n$`).MatchString(out) {
		t.Errorf("a machine that was never there: %q", out)
	}
	d.online() // 2024-04-29 01:20:55 UTC
	ctx := t.Context()
	d.write(func(tx *store.Tx, id int64) error {
		const at = 1714353655000
		if err := tx.ReportSetting(ctx, db.ReportSettingParams{MachineID: id, Name: "volume", Value: "60", Now: at}); err != nil {
			return err
		}
		if err := tx.AddTraffic(ctx, db.AddTrafficParams{MachineID: id, Day: "2024-04-29", NetworkType: 2, UploadBytes: 7, DownloadBytes: 9}); err != nil {
			return err
		}
		for _, subject := range []string{"131", "132"} {
			_, err := tx.OpenAlert(ctx, db.OpenAlertParams{MachineID: id, Kind: vending.AlertChannel, Subject: subject, Detail: "jam", OpenedAt: at})
			if err != nil {
				return err
			}
		}
		_, err := tx.ResolveAlert(ctx, db.ResolveAlertParams{MachineID: id, Kind: vending.AlertChannel, Subject: "131", Now: at + 60_000})
		return err
	})
	_, err = d.do("config", "-set", "language=fr")
	d.must(err)
	_, err = d.do("schedule", "-on", "08:00:00", "-off", "22:00:00", "-weekdays", "1,1,1,1,1,0,0")
	d.must(err)

	out, err = d.do("show")
	d.must(err)
	for _, want := range []string{
		`machine 16327129  machine_id=1  online=true  last heartbeat 2024-04-29 10:20:55`,
		`setting  language +reported ""   told "fr" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d`,
		`setting  volume +reported "60" 2024-04-29 10:20:55  told "" `,
		`schedule CYCLE  on 08:00:00  off 22:00:00  1,1,1,1,1,0,0`,
		`traffic  2024-04-29  network 2  up 7 B  down 9 B`,
		`alert    2024-04-29 10:20:55  CHANNEL_FAULT 132  jam  \(open\)`,
		`alert    2024-04-29 10:20:55  CHANNEL_FAULT 131  jam  \(over since 2024-04-29 10:21:55\)`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(out) {
			t.Errorf("no line %s in\n%s", want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines != 7 {
		t.Errorf("%d lines, want 7:\n%s", lines, out)
	}
	if out, err := d.do("show", "-limit", "1"); err != nil || strings.Count(out, "alert ") != 1 || !strings.Contains(out, "132") {
		t.Errorf("the newest alert only: %v\n%s", err, out)
	}
	if out, err := d.run("show", "-machine-no", "16327130"); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("another machine: %v\n%s", err, out)
	}
}

// The log shows the newest lines, the last one at the end (mqtt.md §3.5).
func TestAdminMachineLog(t *testing.T) {
	d := newDesk(t)
	if out, err := d.do("log"); err != nil || out != "" {
		t.Errorf("of a silent machine: %q, %v", out, err)
	}
	d.write(func(tx *store.Tx, id int64) error {
		for i := range int64(30) {
			err := tx.InsertMachineLog(t.Context(), db.InsertMachineLogParams{
				MachineID: id, IsUp: i%2 == 0, Method: fmt.Sprintf("m%d", i), Payload: fmt.Sprintf(`{"n":"%d"}`, i), CreatedAt: 1714353655000 + i*1000,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	out, err := d.do("log", "-limit", "2")
	d.must(err)
	if want := "2024-04-29 10:21:23  up   m28  {\"n\":\"28\"}\n2024-04-29 10:21:24  down m29  {\"n\":\"29\"}\n"; out != want {
		t.Errorf("log\n%swant\n%s", out, want)
	}
	for limit, want := range map[string]int{"": 20, "0": 1, "-5": 1, "30": 30, "5000": 30} {
		flags := []string{}
		if limit != "" {
			flags = append(flags, "-limit", limit)
		}
		if out, err := d.do("log", flags...); err != nil || strings.Count(out, "\n") != want {
			t.Errorf("limit %q: %d lines, want %d (%v)", limit, strings.Count(out, "\n"), want, err)
		}
	}
	if out, err := d.run("log", "-machine-no", "16327130"); err != nil || out != "" {
		t.Errorf("another machine: %q, %v", out, err)
	}
}

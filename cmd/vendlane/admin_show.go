package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/terminal"
	"github.com/vendlane/vendlane/internal/vending"
)

func showMachineLog(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	rows, err := a.MachineLog.Page(ctx, m.Machine.ID, 0, int32(f.limit))
	if err != nil {
		return err
	}
	zone, err := a.Config.Zone()
	if err != nil {
		return err
	}
	zone = vending.Zone(m.Machine.Timezone, zone)
	for i := len(rows) - 1; i >= 0; i-- {
		row, direction := rows[i], "down"
		if row.IsUp {
			direction = "up"
		}
		_, err := fmt.Fprintf(w, "%s  %-4s %s  %s\n", vending.FormatDateTime(row.CreatedAt, zone), direction, row.Method, terminal.Text(row.Payload))
		if err != nil {
			return err
		}
	}
	return nil
}

func showMachine(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	zone, err := a.Config.Zone()
	if err != nil {
		return err
	}
	zone = vending.Zone(m.Machine.Timezone, zone)
	at := func(ms int64) string { return vending.FormatDateTime(ms, zone) }
	id, limit := m.Machine.ID, int32(f.limit)

	settings, err := a.Fleet.Settings(ctx, id)
	if err != nil {
		return err
	}
	schedules, err := a.Store.PowerSchedulesOfMachine(ctx, id)
	if err != nil {
		return err
	}
	traffic, err := a.Fleet.TrafficDays(ctx, id, limit)
	if err != nil {
		return err
	}
	alerts, err := a.Store.AlertsOfMachine(ctx, id, limit)
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("machine %s  machine_id=%d  online=%v  last heartbeat %s",
		m.Machine.MachineNo, id, m.Presence.IsOnline, at(m.Presence.LastHeartbeatAt))}
	for _, s := range settings {
		lines = append(lines, fmt.Sprintf("setting  %-22s reported %q %s  told %q %s", s.Name, s.Reported, at(s.ReportedAt), s.Desired, at(s.DesiredAt)))
	}
	for _, s := range schedules {
		lines = append(lines, fmt.Sprintf("schedule %s  on %s  off %s  %s", s.Kind, s.PowerOn, s.PowerOff, s.Weekdays))
	}
	for _, t := range traffic {
		lines = append(lines, fmt.Sprintf("traffic  %s  network %d  up %d B  down %d B", t.Day, t.NetworkType, t.UploadBytes, t.DownloadBytes))
	}
	for _, alert := range alerts {
		lines = append(lines, alertLine(alert, at))
	}
	_, err = fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func alertLine(alert db.Alert, at func(int64) string) string {
	state := "open"
	if alert.ResolvedAt != 0 {
		state = "over since " + at(alert.ResolvedAt)
	}
	return fmt.Sprintf("alert    %s  %s %s  %s  (%s)", at(alert.OpenedAt), alert.Kind, terminal.Text(alert.Subject), terminal.Text(alert.Detail), state)
}

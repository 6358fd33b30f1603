package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// machineFlags are the flags of `admin machine`; an action reads those it needs.
type machineFlags struct {
	config, machineNo      string
	password               string
	force, revoke          bool
	on, off, weekdays      string
	channel, products, set string
	limit                  int
}

// machineAction is one thing an operator does with one machine.
type machineAction struct {
	name, summary string
	run           func(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error
}

func machineActions() []machineAction {
	return []machineAction{
		{"show", "settings (reported beside told), power schedules, traffic and alerts", showMachine},
		{"log", "the last messages: -limit", showMachineLog},
		{"refresh", "tell the machine to load its data again", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, _ machineFlags) error {
			return a.Catalog.Refresh(ctx, m.Machine.ID)
		}},
		{"reboot", "restart the machine", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, _ machineFlags) error {
			return a.Fleet.Reboot(ctx, m.Machine.ID)
		}},
		{"shutdown", "switch the machine off", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, _ machineFlags) error {
			return a.Fleet.Shutdown(ctx, m.Machine.ID)
		}},
		{"factory-reset", "reset the machine to its first state", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, _ machineFlags) error {
			return a.Fleet.FactoryReset(ctx, m.Machine.ID)
		}},
		{"password", "give the machine another password: -password (drawn when left out), -force, -revoke", changePassword},
		{"config", "push settings: -set name=value,…", pushConfig},
		{"schedule", "power schedule: -on -off, once with dates, weekly with -weekdays 1,1,1,1,1,0,0", setSchedule},
		{"clear-schedule", "forget both power schedules", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, _ machineFlags) error {
			return a.Fleet.ClearSchedules(ctx, m.Machine.ID)
		}},
		{"clear-faults", "mark faulty channels as repaired: -products 1,2 (all when left out)", clearFaults},
		{"debug-channel", "run a channel without any record: -channel A1", func(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, f machineFlags) error {
			return a.Dispense.DebugChannel(ctx, m, f.channel)
		}},
	}
}

// adminMachine does something with one machine. What it sends is in the outbox
// afterwards and leaves when the platform runs and the machine is connected.
func adminMachine(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		machineUsage(e.stderr)
		return errors.New("admin machine: name an action")
	}
	for _, action := range machineActions() {
		if action.name == args[0] {
			return runMachineAction(ctx, e, action, args[1:])
		}
	}
	machineUsage(e.stderr)
	return fmt.Errorf("admin machine: unknown action %q", args[0])
}

func machineUsage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Usage: vendlane admin machine <action> -machine-no N [flags]")
	for _, action := range machineActions() {
		_, _ = fmt.Fprintf(w, "  %-14s %s\n", action.name, action.summary)
	}
}

func runMachineAction(ctx context.Context, e env, action machineAction, args []string) error {
	var f machineFlags
	fs := flag.NewFlagSet("vendlane admin machine "+action.name, flag.ContinueOnError)
	fs.StringVar(&f.config, "config", "", "YAML configuration `file` of the platform")
	fs.StringVar(&f.machineNo, "machine-no", "", "`number` of the machine")
	fs.StringVar(&f.password, "password", "", "new password")
	fs.BoolVar(&f.force, "force", false, "change the password although the last change is not confirmed")
	fs.BoolVar(&f.revoke, "revoke", false, "refuse the old password at once, cut off who is connected with it, and do not send the new one: it was stolen")
	fs.StringVar(&f.on, "on", "", "`time` to switch on")
	fs.StringVar(&f.off, "off", "", "`time` to switch off")
	fs.StringVar(&f.weekdays, "weekdays", "", "days the machine is on, Monday first")
	fs.StringVar(&f.channel, "channel", "", "`name` of a channel, such as A1")
	fs.StringVar(&f.products, "products", "", "product `ids` joined with commas")
	fs.StringVar(&f.set, "set", "", "settings as `name=value`, joined with commas")
	fs.IntVar(&f.limit, "limit", 20, "`lines` to show, 1–1000")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	if f.machineNo == "" {
		return errors.New("admin machine: -machine-no names the machine")
	}
	f.limit = max(1, min(f.limit, 1000))
	cfg, err := config.Load(f.config, e.environ)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, app.Options{Log: newLog(cfg, e.stderr)})
	if err != nil {
		return err
	}
	err = func() error {
		m, found, err := store.Find(a.Store.MachineByNo(ctx, f.machineNo))
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("no machine has the number %s", f.machineNo)
		}
		return action.run(ctx, e.stdout, a, m, f)
	}()
	if err := errors.Join(err, a.Close()); err != nil {
		return fmt.Errorf("admin machine %s: %w", action.name, err)
	}
	return nil
}

func changePassword(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	if f.password == "" {
		f.password = fleet.DrawPassword()
	}
	if f.revoke {
		if err := a.Fleet.RevokePassword(ctx, m.Machine, f.password); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "machine %s  password=%s\nThe old one is refused from now on, and a connection on it ends within seconds: enter this one at the machine.\n", f.machineNo, f.password)
		return err
	}
	if err := a.Fleet.ChangePassword(ctx, m.Machine, f.password, f.force); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "machine %s  password=%s\nThe old one is accepted until the machine uses the new one, at most 24 hours.\n", f.machineNo, f.password)
	return err
}

func pushConfig(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	wanted, err := parseSettings(f.set)
	if err != nil {
		return err
	}
	sent, err := a.Fleet.PushConfig(ctx, m.Machine.ID, wanted)
	if err != nil {
		return err
	}
	if len(sent) == 0 {
		_, err = fmt.Fprintln(w, "nothing to send: the machine has these settings already")
		return err
	}
	_, err = fmt.Fprintln(w, "sent:", strings.Join(sent, ", "))
	return err
}

// parseSettings reads name=value,name=value. The values of languages hold
// commas themselves, so a part without "=" belongs to the one before.
func parseSettings(text string) ([]vending.Setting, error) {
	var settings []vending.Setting
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(part, "=")
		switch {
		case found:
			settings = append(settings, vending.Setting{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		case len(settings) > 0:
			settings[len(settings)-1].Value += "," + strings.TrimSpace(part)
		default:
			return nil, errors.New("-set wants name=value, joined with commas")
		}
	}
	return settings, nil
}

func setSchedule(ctx context.Context, _ io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	if f.weekdays == "" {
		return a.Fleet.ScheduleOnce(ctx, m.Machine, f.on, f.off)
	}
	return a.Fleet.ScheduleCycle(ctx, m.Machine, f.on, f.off, f.weekdays)
}

func clearFaults(ctx context.Context, w io.Writer, a *app.App, m store.Machine, f machineFlags) error {
	var ids []int64
	if f.products != "" {
		for text := range strings.SplitSeq(f.products, ",") {
			id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			if err != nil {
				return fmt.Errorf("-products: %q is no product id", text)
			}
			ids = append(ids, id)
		}
	}
	cleared, err := a.Catalog.ClearFaults(ctx, m.Machine.ID, ids)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "cleared: %v\n", cleared)
	return err
}

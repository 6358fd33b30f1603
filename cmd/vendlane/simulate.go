package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
	"github.com/vendlane/vendlane/internal/provision"
)

// simulation is what the flags of `vendlane simulate` say.
type simulation struct {
	fleetsim.Options
	machines            int
	standard            fleetsim.Identity // number of the first machine; AppKey and password of all
	fleetFile, shopFile string
	writeShop           string
	caFile, faultsFile  string
	insecure, json      bool
	duration            time.Duration
	control             string
	faultFlags          []string
}

// simulate runs virtual machines against a server.
func simulate(ctx context.Context, e env, args []string) error {
	s, err := parseSimulation(e, args)
	if err != nil {
		return err
	}
	if s.writeShop != "" {
		return s.makeShop(e)
	}
	if err := s.complete(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	return s.run(ctx, e)
}

func parseSimulation(e env, args []string) (*simulation, error) {
	s := &simulation{}
	fs := flag.NewFlagSet("vendlane simulate", flag.ContinueOnError)
	fs.StringVar(&s.Server, "server", "tcp://127.0.0.1:1883", "MQTT `address` of the server: tcp://host:port or tls://host:port")
	fs.StringVar(&s.caFile, "ca-file", "", "PEM `file` of the authority that signed the server's certificate")
	fs.BoolVar(&s.insecure, "insecure", false, "do not check the server's certificate")
	fs.IntVar(&s.machines, "machines", 10, "`number` of machines")
	fs.StringVar(&s.standard.MachineNo, "first-machine-no", "16400001", "`machine_no` of the first machine; the others count up from it")
	fs.StringVar(&s.standard.AppKey, "app-key", "", "AppKey of the machines' merchant; better given as VENDLANE_APP_KEY")
	fs.StringVar(&s.standard.Password, "password", "", "password of the machines; better given as VENDLANE_MACHINE_PASSWORD")
	fs.StringVar(&s.fleetFile, "fleet", "", "YAML `file` that lists machines, each with machine_no, password and app_key")
	fs.StringVar(&s.shopFile, "shop", "", "shop `file` of --write-shop or of your own: its machines are run")
	fs.StringVar(&s.writeShop, "write-shop", "", "write a shop with these machines to a new `file` for admin apply, and exit")
	fs.StringVar(&s.Dir, "data", "./.vendlane-fleet", "`folder` of the machines' journals")
	fs.StringVar(&s.faultsFile, "faults", "", "YAML `file` that says what goes wrong, and how often")
	fs.Func("fault", "`faults` such as jam=0.1,offline=0.05@30s; may be repeated", func(list string) error {
		s.faultFlags = append(s.faultFlags, list)
		return new(fleetsim.Faults).Set(list)
	})
	fs.DurationVar(&s.Heartbeat, "heartbeat", 5*time.Minute, "interval of heartbeats")
	fs.DurationVar(&s.Telemetry, "telemetry", 0, "interval of temperature, humidity and traffic messages; 0 sends none")
	fs.Uint64Var(&s.Seed, "seed", 1, "seed of the faults")
	fs.DurationVar(&s.duration, "duration", 0, "stop after this time; 0 runs until interrupted")
	fs.BoolVar(&s.json, "json", false, "print the summary as one line of JSON")
	fs.StringVar(&s.control, "control", "", "`address` of the control port, such as 127.0.0.1:0; it has no log-in")
	if err := parse(fs, e, args); err != nil {
		return nil, err
	}
	// Not as defaults of the flags: -h would show them.
	s.standard.AppKey = cmp.Or(s.standard.AppKey, getenv(e, "VENDLANE_APP_KEY"))
	s.standard.Password = cmp.Or(s.standard.Password, getenv(e, "VENDLANE_MACHINE_PASSWORD"))
	return s, nil
}

// makeShop writes the file of --write-shop, with secrets of its own unless they
// are given.
func (s *simulation) makeShop(e env) error {
	for _, secret := range []*string{&s.standard.AppKey, &s.standard.Password} {
		if *secret == "" {
			*secret = rand.Text()
		}
	}
	machines, err := fleetsim.Count(s.standard, s.machines)
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	// Not over an existing file: its secrets may be in use.
	file, err := os.OpenFile(s.writeShop, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	if err := errors.Join(fleetsim.WriteShop(file, machines), file.Close()); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	_, err = fmt.Fprintf(e.stdout, "wrote %s with %d machines; next:\n  vendlane admin apply -f %[1]s\n  vendlane simulate --shop %[1]s\n", s.writeShop, len(machines))
	return err
}

// complete reads the files the flags name.
func (s *simulation) complete() (err error) {
	if s.Machines, err = s.identities(); err != nil {
		return err
	}
	if s.faultsFile != "" {
		text, err := os.ReadFile(s.faultsFile) //nolint:gosec // the user names it
		if err != nil {
			return err
		}
		if s.Faults, err = fleetsim.ParseFaults(text); err != nil {
			return fmt.Errorf("%s: %w", s.faultsFile, err)
		}
	}
	for _, list := range s.faultFlags {
		if err := s.Faults.Set(list); err != nil {
			return err
		}
	}
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.insecure} //nolint:gosec // the user's wish
	if s.caFile == "" {
		return nil
	}
	pem, err := os.ReadFile(s.caFile) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	s.TLS.RootCAs = x509.NewCertPool()
	if !s.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: no certificate in it", s.caFile)
	}
	return nil
}

// identities are the machines to run.
func (s *simulation) identities() ([]fleetsim.Identity, error) {
	switch {
	case s.shopFile != "" && s.fleetFile != "":
		return nil, errors.New("--shop and --fleet cannot be combined")
	case s.shopFile != "":
		return machinesOfShop(s.shopFile)
	case s.fleetFile != "":
		text, err := os.ReadFile(s.fleetFile) //nolint:gosec // the user names it
		if err != nil {
			return nil, err
		}
		return fleetsim.ParseIdentities(text, s.standard)
	case s.standard.AppKey == "" || s.standard.Password == "":
		return nil, errors.New("no AppKey or password: give --shop, --fleet, or VENDLANE_APP_KEY and VENDLANE_MACHINE_PASSWORD")
	}
	return fleetsim.Count(s.standard, s.machines)
}

// machinesOfShop are the machines of a file for admin apply, which must hold
// their passwords and AppKeys.
func machinesOfShop(path string) ([]fleetsim.Identity, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	shop, err := provision.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var ids []fleetsim.Identity
	for _, merchant := range shop.Merchants {
		for _, m := range merchant.Machines {
			ids = append(ids, fleetsim.Identity{MachineNo: m.MachineNo, Password: m.Password, AppKey: merchant.AppKey})
		}
	}
	return ids, nil
}

// run runs the fleet, tells how it does, and sums up.
func (s *simulation) run(ctx context.Context, e env) error {
	if s.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.duration)
		defer cancel()
	}
	fleet, err := fleetsim.Start(ctx, s.Options)
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	stopControl, err := s.serveControl(ctx, e, fleet)
	if err != nil {
		fleet.Stop()
		return fmt.Errorf("simulate: %w", err)
	}
	watch(ctx, e.stderr, fleet)
	stopControl()
	last := fleet.Summary() // with the machines still connected
	fleet.Stop()
	final := fleet.Summary()
	final.Connected = last.Connected
	if err := s.sumUp(e.stdout, final); err != nil {
		return err
	}
	switch {
	case final.DoubleStarts > 0:
		return fmt.Errorf("simulate: %d double starts", final.DoubleStarts)
	case final.Failed > 0:
		return fmt.Errorf("simulate: %d machines failed: %s", final.Failed, final.Trouble)
	}
	return nil
}

func (s *simulation) serveControl(ctx context.Context, e env, fleet *fleetsim.Fleet) (stop func(), err error) {
	if s.control == "" {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.control)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(e.stderr, "control port: http://%s\n", listener.Addr()); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: fleetsim.Control(fleet), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Close
	}()
	return func() {
		_ = server.Close() // nobody waits for an answer any more
		<-served
	}, nil
}

// watch prints a line a second until ctx ends. A terminal that is gone does not
// end a simulation.
func watch(ctx context.Context, w io.Writer, fleet *fleetsim.Fleet) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = fmt.Fprintln(w, oneLine(fleet.Summary()))
		case <-ctx.Done():
			return
		}
	}
}

func oneLine(s fleetsim.Summary) string {
	line := fmt.Sprintf("machines %d/%d  commands %d  starts %d  drops %d  reports %d  double starts %d",
		s.Connected, s.Machines, s.Commands, s.Starts, s.Drops, s.Reports, s.DoubleStarts)
	if s.Trouble != "" {
		line += "  (" + s.Trouble + ")"
	}
	return line
}

func (s *simulation) sumUp(w io.Writer, sum fleetsim.Summary) error {
	if s.json {
		return json.NewEncoder(w).Encode(sum)
	}
	_, err := fmt.Fprintf(w, `machines       %d, %d of them connected at the end
commands       %d
starts         %d
drops          %d
reports        %d
duplicates     %d ignored
test runs      %d
reconnects     %d
restarts       %d
double starts  %d
`, sum.Machines, sum.Connected, sum.Commands, sum.Starts, sum.Drops, sum.Reports, sum.Duplicates, sum.TestRuns,
		sum.Reconnects, sum.Restarts, sum.DoubleStarts)
	return err
}

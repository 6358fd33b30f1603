package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/certify"
	"github.com/vendlane/vendlane/internal/terminal"
)

// runCertify plays the platform for one machine and prints what it thinks of it.
// Its error makes the exit status 1 if a check failed.
func runCertify(ctx context.Context, e env, args []string) error {
	cfg := certify.Config{Clock: time.Now, Rand: rand.Reader, Chinese: strings.HasPrefix(locale(e.environ), "zh")}
	fs := flag.NewFlagSet("vendlane certify", flag.ContinueOnError)
	fs.StringVar(&cfg.MachineNo, "machine-no", "", "`number` of the machine under test; required")
	fs.StringVar(&cfg.AppKey, "app-key", "", "AppKey the machine signs with (VENDLANE_APP_KEY); required")
	fs.StringVar(&cfg.Password, "password", "", "password of the machine (VENDLANE_MACHINE_PASSWORD)")
	listen := fs.String("listen", ":1883", "`address` the machine connects to")
	cert := fs.String("tls-cert", "", "`file` with a certificate in PEM; with it the machine connects over TLS")
	key := fs.String("tls-key", "", "`file` with the key of -tls-cert")
	fs.StringVar(&cfg.ProductID, "product-id", "1", "product_id that commands name")
	fs.IntVar(&cfg.Motor, "motor", 0, "motor that runs, 0 to 99")
	fs.IntVar(&cfg.Board, "board", 1, "board of the motor, 1 to 8")
	fs.IntVar(&cfg.FloorType, "floor-type", 1, "1 spring motor, 2 electromagnetic lock, 3 belt, 4 weighing sensor")
	steps := fs.String("steps", "", "comma-separated `names` of steps to run instead of all: "+strings.Join(certify.StepNames(), ","))
	manual := fs.Bool("manual", false, "ask a person beside the machine what dropped, and to cut the power")
	fs.BoolVar(&cfg.Long, "long", false, "wait for the second heartbeat as well")
	fs.DurationVar(&cfg.HeartbeatInterval, "heartbeat-interval", 5*time.Minute, "what -long expects")
	fs.DurationVar(&cfg.Wait, "wait", 10*time.Minute, "how long to wait for the machine's first connection")
	fs.DurationVar(&cfg.Timeout, "timeout", time.Minute, "how long to wait for an answer or a reconnect")
	fs.DurationVar(&cfg.RestartTimeout, "restart-timeout", 5*time.Minute, "how long the machine may take to boot")
	asJSON := fs.Bool("json", false, "print the table as JSON on standard output, the progress on standard error")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	cfg.AppKey = cmp.Or(cfg.AppKey, getenv(e, "VENDLANE_APP_KEY"))
	cfg.Password = cmp.Or(cfg.Password, getenv(e, "VENDLANE_MACHINE_PASSWORD"))
	if *steps != "" {
		cfg.Steps = strings.Split(*steps, ",")
	}
	progress := e.stdout
	if *asJSON {
		progress = e.stderr
	}
	cfg.OnResult = func(r certify.Result) { printRow(progress, r) }
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("certify: %w", err)
	}
	if *manual {
		cfg.Ask = asker(os.Stdin, e.stderr)
	}
	l, err := listenFor(ctx, *listen, *cert, *key)
	if err != nil {
		return err
	}
	cfg.Listener = l
	_, _ = fmt.Fprintf(e.stderr, "Waiting for machine %s on %s. Start it now.\n", cfg.MachineNo, l.Addr())
	report, err := certify.Run(ctx, cfg)
	if err != nil {
		return fmt.Errorf("certify: %w", err)
	}
	if err := printReport(e.stdout, report, *asJSON); err != nil {
		return err
	}
	if report.Failed > 0 {
		return fmt.Errorf("certify: %d of %d checks failed", report.Failed, len(report.Checks))
	}
	return nil
}

// listenFor opens the endpoint, with TLS if there is a certificate.
func listenFor(ctx context.Context, address, cert, key string) (net.Listener, error) {
	var secure *tls.Config
	if cmp.Or(cert, key) != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil || secure == nil {
		return l, err
	}
	return tls.NewListener(l, secure), nil
}

// printRow prints a row on one line. What was seen holds text of the machine,
// which must not command the terminal.
func printRow(w io.Writer, r certify.Result) {
	_, _ = fmt.Fprintf(w, "%s  %-20s  %-22s  %s: %s\n", strings.ToUpper(string(r.Verdict)), r.ID, r.Section, r.Title, terminal.Text(r.Seen))
}

func printReport(w io.Writer, r certify.Report, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(terminal.JSON{W: w})
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	_, err := fmt.Fprintf(w, "%d passed, %d warned, %d failed, %d skipped\n", r.Passed, r.Warned, r.Failed, r.Skipped)
	return err
}

// asker asks on w and reads the answers from in. Its reading goroutine ends with
// in or the process, because reading a terminal cannot be interrupted.
func asker(in io.Reader, w io.Writer) func(context.Context, string) (bool, error) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return func(ctx context.Context, question string) (bool, error) {
		for {
			_, _ = fmt.Fprintf(w, "? %s [y/n] ", question)
			select {
			case line, ok := <-lines:
				if !ok {
					return false, errors.New("no more answers on standard input")
				}
				switch strings.ToLower(strings.TrimSpace(line)) {
				case "y", "yes", "是":
					return true, nil
				case "n", "no", "否":
					return false, nil
				}
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
	}
}

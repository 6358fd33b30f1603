package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/sigdebug"
	"github.com/vendlane/vendlane/internal/sigtext"
	"github.com/vendlane/vendlane/internal/terminal"
	"github.com/vendlane/vendlane/signature"
)

// runSign signs a payload and shows how (signing.md §3).
func runSign(_ context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane sign", flag.ContinueOnError)
	in := signatureFlags(fs)
	form := fs.String("form", "raw", "the `form` whose sign is in the body: raw, or escaped, which is URL-encoded")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	chosen, known := map[string]signature.Form{"raw": signature.Raw, "escaped": signature.Escaped}[*form]
	if !known {
		return errors.New("sign: -form is raw or escaped")
	}
	message, err := in.read(e)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	payload, err := sigdebug.WithTimestamp(string(message.Raw), time.Now())
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	// A payload before it is packed looks like a callback.
	report := sigdebug.Explain(sigdebug.Input{Raw: []byte(payload), Kind: sigdebug.Callback, AppKey: message.AppKey})
	forms, err := sigdebug.Forms(payload, message.AppKey)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	body, err := sigdebug.Seal(payload, message.AppKey, chosen, message.Kind)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if in.json {
		return writeJSON(e.stdout, struct {
			Payload string             `json:"payload"`
			Dropped []sigdebug.Dropped `json:"dropped"`
			Pairs   []sigdebug.Pair    `json:"pairs"`
			Forms   []sigdebug.Written `json:"forms"`
			Body    string             `json:"body"`
		}{report.Payload, report.Dropped, report.Pairs, forms, body})
	}
	_, err = io.WriteString(e.stdout, sigtext.Signed(report, forms, body, chinese(e)))
	return err
}

// runVerify verifies a message and says what is wrong with it (signing.md §4). Its
// error makes the exit status 1 if the message is not accepted.
func runVerify(_ context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane verify", flag.ContinueOnError)
	in := signatureFlags(fs)
	fs.StringVar(&in.appID, "app-id", "", "AppId of the sender, tried as the key to explain a wrong sign")
	fs.StringVar(&in.appSecretFile, "app-secret-file", "", "`file` with the AppSecret, tried in the same way (or VENDLANE_APP_SECRET)")
	now := fs.Int64("now", 0, "the server's time in Unix `seconds`; 0 is that of this computer")
	window := fs.Int64("window", -1, "accepted distance from it in `seconds`, 0 is any; by default 600 for http and any for mqtt")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	message, err := in.read(e)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	message.Now, message.Window = cmp.Or(*now, time.Now().Unix()), *window
	if message.Window < 0 {
		defaults := config.Default()
		message.Window = defaults.Signing.TimestampWindowS
		if message.Kind == sigdebug.MQTT {
			message.Window = defaults.MQTT.TimestampWindowS
		}
	}
	report := sigdebug.Explain(message)
	var forms []sigdebug.Written
	if report.Payload != "" {
		if forms, err = sigdebug.Forms(report.Payload, message.AppKey); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	if in.json {
		err = writeJSON(e.stdout, struct {
			sigdebug.Report
			Forms []sigdebug.Written `json:"forms"`
		}{report, forms})
	} else {
		_, err = io.WriteString(e.stdout, sigtext.Verified(report, forms, chinese(e)))
	}
	if err == nil && !report.Accepted {
		err = fmt.Errorf("verify: not accepted: %s", report.Diagnosis)
	}
	return err
}

func chinese(e env) bool { return strings.HasPrefix(locale(e.environ), "zh") }

// signatureInput is what the flags of both commands say.
type signatureInput struct {
	file, text, kind          string
	appKeyFile, appSecretFile string
	appID                     string
	json                      bool
}

func signatureFlags(fs *flag.FlagSet) *signatureInput {
	in := &signatureInput{}
	fs.StringVar(&in.file, "f", "-", "`file` to read; - is standard input")
	fs.StringVar(&in.text, "text", "", "the `text` itself, instead of a file")
	fs.StringVar(&in.kind, "kind", "http", "what it is or becomes: http (body of a call), mqtt (message), callback")
	fs.StringVar(&in.appKeyFile, "app-key-file", "", "`file` with the AppKey (or VENDLANE_APP_KEY)")
	fs.BoolVar(&in.json, "json", false, "print JSON")
	return in
}

// read reads the text and the secrets. Secrets are no flags: every user of the
// computer could see them.
func (in *signatureInput) read(e env) (sigdebug.Input, error) {
	out := sigdebug.Input{Kind: sigdebug.Kind(in.kind), AppID: in.appID, Raw: []byte(in.text)}
	switch out.Kind {
	case sigdebug.HTTP, sigdebug.MQTT, sigdebug.Callback:
	default:
		return out, errors.New("-kind is http, mqtt or callback")
	}
	var err error
	if out.AppKey, err = secret(in.appKeyFile, e, "VENDLANE_APP_KEY"); err != nil {
		return out, err
	}
	if out.AppKey == "" {
		return out, errors.New("no AppKey: give -app-key-file or VENDLANE_APP_KEY")
	}
	if out.AppSecret, err = secret(in.appSecretFile, e, "VENDLANE_APP_SECRET"); err != nil {
		return out, err
	}
	if in.text == "" {
		out.Raw, err = readText(in.file)
	}
	return out, err
}

// readText reads a file or standard input, and a little more than is accepted at most.
func readText(name string) ([]byte, error) {
	file := os.Stdin
	if name != "-" {
		var err error
		if file, err = os.Open(name); err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // it is only read
	}
	return io.ReadAll(io.LimitReader(file, 2*signature.MaxSize+2))
}

// secret reads the secret of a file, or else of the environment.
func secret(file string, e env, variable string) (string, error) {
	if file == "" {
		return getenv(e, variable), nil
	}
	text, err := os.ReadFile(file)
	return strings.TrimRight(string(text), "\r\n"), err
}

func writeJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := terminal.JSON{W: w}.Write(out.Bytes())
	return err
}

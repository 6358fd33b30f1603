package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	_ "time/tzdata" // the zones of the tests must not depend on the host

	"github.com/vendlane/vendlane/internal/config"
)

func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vendlane.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Without any configuration: the defaults of openapi.md §8.
func TestDefaults(t *testing.T) {
	c, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, config.Default()) {
		t.Errorf("%+v", c)
	}
	values := map[string]string{}
	for _, leaf := range config.Leaves(&c) {
		values[leaf.Key] = leaf.Value()
	}
	for key, want := range map[string]string{
		"default_timezone": "Asia/Shanghai", "signing.timestamp_window_s": "600", "ratelimit.app_rps": "50", "ratelimit.app_burst": "100",
		"ratelimit.auth_fail_max": "60", "ratelimit.auth_fail_window_s": "300", "dispense.timeout_s": "120", "dispense.lock_s.lock": "15",
		"dispense.lock_s.motor": "30", "dispense.lock_s.belt": "90", "dispense.lock_s.default": "45", "consume.bruteforce.max": "10",
		"consume.bruteforce.window_s": "600", "consume.bruteforce.lock_s": "600", "machine.offline_after_s": "600", "callback.timeout_s": "10",
		"callback.retry_s":       "5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200",
		"callback.allow_private": "false", "mqtt.accept_appid_key": "false", "mqtt.timestamp_window_s": "0", "i18n.negotiate": "false", "data": "./data",
	} {
		if got, found := values[key]; !found || got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	zone, err := c.Zone()
	if err != nil || zone.String() != "Asia/Shanghai" {
		t.Errorf("zone %v, %v", zone, err)
	}
}

// other is a value for every key that is not its default.
var other = map[string]string{
	"data": "/var/lib/vendlane", "default_timezone": "Europe/Berlin", "http.listen": "127.0.0.1:1", "store.dsn": "postgres://vendlane@db.example/vendlane", "http.admin_listen": "127.0.0.1:2", "http.public_url": "https://platform.example",
	"http.trusted_proxies": "10.0.0.0/8, fd00::/8", "mqtt.listen": "127.0.0.1:3", "mqtt.ws_listen": "127.0.0.1:4",
	"mqtt.tls_listen": "127.0.0.1:5", "mqtt.wss_listen": "127.0.0.1:6", "mqtt.tls_cert": "cert.pem", "mqtt.tls_key": "key.pem", "log.level": "debug", "log.format": "text",
	"secrets.master_key": strings.Repeat("ab", 32), "ratelimit.app_rps": "0.5", "callback.retry_s": "1, 2, 3", "callback.allow_ranges": "192.168.0.0/16",
	"console.oidc_issuer": "https://id.example", "console.oidc_client_id": "console", "console.oidc_client_secret": "secret", "console.oidc_name": "Example",
	"smtp.server": "mail.example:587", "smtp.tls": "tls", "smtp.username": "alerts", "smtp.password": "secret", "smtp.from": "alerts@shop.example",
}

func valueFor(t testing.TB, leaf config.Leaf) string {
	t.Helper()
	if value, found := other[leaf.Key]; found {
		return value
	}
	switch leaf.Value() {
	case "true":
		return "false"
	case "false":
		return "true"
	case "":
		t.Fatalf("%s is new and a text: give it a value in this test", leaf.Key)
	}
	return "7"
}

// Every key can be set in the file, and by its variable, which wins.
func TestEveryKey(t *testing.T) {
	def := config.Default()
	for _, leaf := range config.Leaves(&def) {
		t.Run(leaf.Key, func(t *testing.T) {
			want := valueFor(t, leaf)
			def := def
			var needed []string // by a setting that cannot stand alone
			if leaf.Key == "mqtt.tls_listen" || leaf.Key == "mqtt.wss_listen" {
				def.MQTT.TLSCert, def.MQTT.TLSKey = "cert.pem", "key.pem"
				needed = []string{"VENDLANE_MQTT_TLS_CERT=cert.pem", "VENDLANE_MQTT_TLS_KEY=key.pem"}
			}
			if leaf.Key == "console.oidc_issuer" {
				def.Console.OIDCClientID = "console"
				needed = []string{"VENDLANE_CONSOLE_OIDC_CLIENT_ID=console"}
			}
			if leaf.Key == "smtp.server" {
				def.SMTP.From = "alerts@shop.example"
				needed = []string{"VENDLANE_SMTP_FROM=alerts@shop.example"}
			}
			if want == leaf.Value() {
				t.Fatalf("the test's value %s is the default", want)
			}
			if wantEnv := "VENDLANE_" + strings.ToUpper(strings.ReplaceAll(leaf.Key, ".", "_")); leaf.Env != wantEnv || leaf.Doc == "" {
				t.Errorf("variable %s, want %s; doc %q", leaf.Env, wantEnv, leaf.Doc)
			}
			// The file: nested keys, indented.
			parts := strings.Split(leaf.Key, ".")
			text := ""
			for i, part := range parts {
				text += strings.Repeat("  ", i) + part + ":"
				if i < len(parts)-1 {
					text += "\n"
				}
			}
			written := want
			if strings.Contains(want, ", ") || leaf.Key == "callback.allow_ranges" {
				written = "[" + want + "]"
			} else if leaf.Key == "secrets.master_key" {
				written = `"` + want + `"`
			}
			file := write(t, text+" "+written+"\n")
			check := func(name, want string, c config.Config, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, l := range config.Leaves(&c) {
					expected := l.Value()
					for _, d := range config.Leaves(&def) {
						if d.Key == l.Key {
							expected = d.Value()
						}
					}
					if l.Key == leaf.Key {
						expected = want
					}
					if l.Value() != expected {
						t.Errorf("%s: %s is %q, want %q", name, l.Key, l.Value(), expected)
					}
				}
			}
			c, err := config.Load(file, needed)
			check("file", want, c, err)
			c, err = config.Load("", append(needed, leaf.Env+"="+want))
			check("environment", want, c, err)
			c, err = config.Load(file, append(needed, leaf.Env+"="+leaf.Value()))
			check("environment over file", leaf.Value(), c, err)
		})
	}
}

func TestFileRefusals(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":        {"nonsense: 1\n", "nonsense"},
		"unknown nested key": {"http:\n  listn: x\n", "listn"},
		"wrong type":         {"ratelimit:\n  app_burst: many\n", "app_burst"},
		"list for a text":    {"data: [a]\n", ""},
		"not YAML":           {"a: [", ""},
		"key twice":          {"data: a\ndata: b\n", "data"},
		"fraction":           {"ratelimit:\n  app_burst: 1.5\n", "ratelimit.app_burst"},
		"fraction in a list": {"callback:\n  retry_s: [5, 1.5]\n", "callback.retry_s"},
		"text for a section": {"http: x\n", "http"},
		"empty unknown key":  {"nonsense:\n", "nonsense"},
		"two documents":      {"data: a\n---\ndata: b\n", "document"},
		"list as the file":   {"- data: a\n", ""},
		"bad range":          {"http:\n  trusted_proxies: [10.0.0.0/99]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, test.text)
			_, err := config.Load(file, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("%v, want the file and %q named", err, test.want)
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "missing.yaml"), nil); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Errorf("missing file: %v", err)
	}
	// Nothing behind a key is its default, not zero.
	for _, text := range []string{
		"", "# nothing\n", "{}\n", "---\n", "http:\n  # listen: x\nratelimit:\ndata:\n", "consume:\n  bruteforce:\n", "http: {}\n", "callback: {retry_s: }\n",
	} {
		if c, err := config.Load(write(t, text), nil); err != nil || !reflect.DeepEqual(c, config.Default()) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEnvironmentRefusals(t *testing.T) {
	for _, entry := range []string{
		"VENDLANE_NONSENSE=1", "VENDLANE_=1", "VENDLANE_HTTP_LISTN=x", "VENDLANE_RATELIMIT_APP_BURST=many", "VENDLANE_RATELIMIT_APP_BURST=1.5",
		"VENDLANE_I18N_NEGOTIATE=perhaps", "VENDLANE_CALLBACK_RETRY_S=5, x", "VENDLANE_HTTP_TRUSTED_PROXIES=10.0.0.0", "VENDLANE_RATELIMIT_APP_RPS=fast",
		"VENDLANE_RATELIMIT_APP_BURST=99999999999999999999", "VENDLANE_RATELIMIT_APP_BURST=", "VENDLANE_CALLBACK_RETRY_S=1.5",
	} {
		name, _, _ := strings.Cut(entry, "=")
		if _, err := config.Load("", []string{entry}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want the variable named", entry, err)
		}
	}
}

// Variables that are not settings: other programs', the tests', and those
// Kubernetes makes for services called vendlane or vendlane-….
func TestOtherVariables(t *testing.T) {
	c, err := config.Load("", []string{
		"PATH=/bin", "vendlane_data=x", "XVENDLANE_DATA=x", "VENDLANE_TEST_REQUIRE=all", "noequals",
		"VENDLANE_SERVICE_HOST=10.0.0.1", "VENDLANE_SERVICE_PORT=8080", "VENDLANE_SERVICE_PORT_HTTP=8080", "VENDLANE_PORT=tcp://10.0.0.1:8080",
		"VENDLANE_PORT_8080_TCP=tcp://10.0.0.1:8080", "VENDLANE_PORT_8080_TCP_PROTO=tcp", "VENDLANE_PORT_8080_TCP_PORT=8080", "VENDLANE_PORT_8080_TCP_ADDR=10.0.0.1",
		"VENDLANE_MQTT_SERVICE_HOST=10.0.0.1", "VENDLANE_MQTT_SERVICE_PORT=1883", "VENDLANE_MQTT_PORT=tcp://10.0.0.1:1883", "VENDLANE_MQTT_PORT_1883_TCP_ADDR=10.0.0.1",
	})
	if err != nil || !reflect.DeepEqual(c, config.Default()) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, entry := range []string{"VENDLANE_PORTS=1", "VENDLANE_PORT_X=1", "VENDLANE_SERVICE_NAME=x"} {
		if _, err := config.Load("", []string{entry}); err == nil {
			t.Errorf("%s was ignored", entry)
		}
	}
}

// Bounds of values; the error names the key.
func TestValidate(t *testing.T) {
	numbers := map[string]string{
		"http.max_connections": "0", "mqtt.max_connections": "0", "mqtt.timestamp_window_s": "-1", "signing.timestamp_window_s": "-1", "ratelimit.app_rps": "-1", "ratelimit.app_burst": "0",
		"ratelimit.auth_fail_max": "-1", "ratelimit.auth_fail_window_s": "0", "consume.bruteforce.max": "-1", "consume.bruteforce.window_s": "0",
		"consume.bruteforce.lock_s": "0", "dispense.timeout_s": "0", "dispense.lock_s.lock": "0", "dispense.lock_s.motor": "0", "dispense.lock_s.belt": "0",
		"dispense.lock_s.default": "0", "machine.offline_after_s": "0", "callback.timeout_s": "0", "callback.retry_s": "5, 0", "store.max_group": "0",
		"default_timezone": "Nowhere/Atlantis", "data": "", "http.listen": "", "mqtt.listen": "", "log.level": "loud", "log.format": "xml",
	}
	def := config.Default()
	env := map[string]string{}
	for _, leaf := range config.Leaves(&def) {
		env[leaf.Key] = leaf.Env
	}
	for key, value := range numbers {
		if _, err := config.Load("", []string{env[key] + "=" + value}); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s = %q: %v, want the key named", key, value, err)
		}
	}
	for want, entries := range map[string][]string{
		"smtp.server": {"VENDLANE_SMTP_SERVER=mail.example", "VENDLANE_SMTP_FROM=a@shop.example"},
		"smtp.from":   {"VENDLANE_SMTP_SERVER=mail.example:587"},
		"smtp.tls":    {"VENDLANE_SMTP_SERVER=mail.example:587", "VENDLANE_SMTP_FROM=a@shop.example", "VENDLANE_SMTP_TLS=none", "VENDLANE_SMTP_PASSWORD=topsecret"},
	} {
		if _, err := config.Load("", entries); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%v: %v, want %s named", entries, err, want)
		}
	}
	for _, server := range []string{"mail.example:submission", "mail.example:0", "mail.example:70000", ":587"} {
		_, err := config.Load("", []string{"VENDLANE_SMTP_SERVER=" + server, "VENDLANE_SMTP_FROM=a@shop.example"})
		if err == nil || !strings.Contains(err.Error(), "smtp.server") {
			t.Errorf("%s: %v, want smtp.server named", server, err)
		}
	}
	for _, rate := range []string{"-0.5", ".nan", ".inf", "-.inf", "1e300"} {
		if _, err := config.Load("", []string{"VENDLANE_RATELIMIT_APP_RPS=" + rate}); err == nil || !strings.Contains(strings.ToLower(err.Error()), "app_rps") {
			t.Errorf("rate %s: %v", rate, err)
		}
	}
	if _, err := config.Load("", []string{"VENDLANE_DEFAULT_TIMEZONE="}); err == nil {
		t.Error("an empty zone was taken")
	}
	// What machines connect to.
	for _, test := range []struct {
		environ []string
		want    string // in the error; empty for none
	}{
		{[]string{"VENDLANE_MQTT_TLS_LISTEN=:1"}, "mqtt.tls_cert"},
		{[]string{"VENDLANE_MQTT_WSS_LISTEN=:1", "VENDLANE_MQTT_TLS_CERT=c"}, "mqtt.tls_key"},
		{[]string{"VENDLANE_MQTT_LISTEN=", "VENDLANE_MQTT_TLS_LISTEN=:1", "VENDLANE_MQTT_TLS_CERT=c", "VENDLANE_MQTT_TLS_KEY=k"}, ""},
		{[]string{"VENDLANE_MQTT_LISTEN=", "VENDLANE_MQTT_WS_LISTEN=:1"}, ""},
	} {
		if _, err := config.Load("", test.environ); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.environ, err, test.want)
		}
	}
	// What 0 switches off.
	for _, key := range []string{"ratelimit.app_rps", "ratelimit.auth_fail_max", "consume.bruteforce.max", "signing.timestamp_window_s", "mqtt.timestamp_window_s"} {
		if _, err := config.Load("", []string{fmt.Sprintf("%s=0", env[key])}); err != nil {
			t.Errorf("%s = 0: %v", key, err)
		}
	}
	if c, err := config.Load("", []string{"VENDLANE_CALLBACK_RETRY_S="}); err != nil || len(c.Callback.RetryS) != 0 {
		t.Errorf("no retries: %v, %v", c.Callback.RetryS, err)
	}
}

// Settings that only matter later are not shared between loads.
func TestDefaultIsFresh(t *testing.T) {
	a := config.Default()
	a.Callback.RetryS[0] = 99
	if b := config.Default(); b.Callback.RetryS[0] != 5 {
		t.Error("two defaults share their lists")
	}
}

// Errors never quote the file, whose lines may hold the master key.
func TestErrorsKeepSecrets(t *testing.T) {
	key := strings.Repeat("ab", 32)
	for _, text := range []string{
		"ratelimit:\n  app_burst: many\nsecrets:\n  master_key: " + key + "\n", "secrets:\n  master_key: [" + key + "]\n", "secrets:\n  master_key: " + key + "\nx: [",
		"secrets:\n  master_key: " + key + "\n  master_key: x\n", "secrets:\n  master_key: " + key + "\nnonsense: 1\n", "secrets: " + key + "\n",
	} {
		if _, err := config.Load(write(t, text), nil); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%v", err)
		}
	}
}

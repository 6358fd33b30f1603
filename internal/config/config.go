// Package config is every setting of the platform: one struct with its
// defaults, read from a YAML file and from VENDLANE_… environment variables.
package config

import (
	"fmt"
	"net/netip"
	"time"
)

// Config holds all settings. Each leaf has a key, made of the yaml names
// joined by dots, and an environment variable: the key in upper case with
// underscores, behind VENDLANE_. Times are whole seconds, as the keys say.
type Config struct {
	Data            string    `yaml:"data" doc:"folder of the database and the master key"`
	DefaultTimezone string    `yaml:"default_timezone" doc:"IANA zone of machines without one of their own"`
	HTTP            HTTP      `yaml:"http"`
	MQTT            MQTT      `yaml:"mqtt"`
	Log             Log       `yaml:"log"`
	Secrets         Secrets   `yaml:"secrets"`
	Signing         Signing   `yaml:"signing"`
	RateLimit       RateLimit `yaml:"ratelimit"`
	Consume         Consume   `yaml:"consume"`
	Dispense        Dispense  `yaml:"dispense"`
	Machine         Machine   `yaml:"machine"`
	Callback        Callback  `yaml:"callback"`
	I18n            I18n      `yaml:"i18n"`
	Store           Store     `yaml:"store"`
}

// HTTP configures the HTTP listener.
type HTTP struct {
	Listen         string         `yaml:"listen" doc:"address of the HTTP API, host:port"`
	AdminListen    string         `yaml:"admin_listen" doc:"address for /metrics and /debug/pprof, host:port; empty serves /metrics on http.listen and no pprof"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" doc:"address ranges of reverse proxies whose X-Forwarded-For is believed"`
}

// MQTT configures the device gateway.
type MQTT struct {
	Listen           string `yaml:"listen" doc:"address of the MQTT endpoint for machines, host:port"`
	MaxConnections   int    `yaml:"max_connections" doc:"connections held at most"`
	AcceptAppIDKey   bool   `yaml:"accept_appid_key" doc:"accept up messages signed with the AppId as key as well"`
	TimestampWindowS int64  `yaml:"timestamp_window_s" doc:"accepted clock distance of up messages; 0 is off"`
	RequireOwnTopic  bool   `yaml:"require_own_topic" doc:"drop up messages on the shared topic /server/app"`
}

// Log configures the log.
type Log struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error"`
	Format string `yaml:"format" doc:"json or text"`
}

// Secrets configures the master key.
type Secrets struct {
	MasterKey string `yaml:"master_key" doc:"64 hex digits that seal AppKeys and webhook secrets; empty uses the file master.key in the data folder, made on first start"`
}

// Signing configures signatures over HTTP.
type Signing struct {
	TimestampWindowS int64 `yaml:"timestamp_window_s" doc:"accepted clock distance of API requests; 0 is off"`
}

// RateLimit configures limits of the API.
type RateLimit struct {
	AppRPS          float64 `yaml:"app_rps" doc:"requests per second of one AppId; 0 is off"`
	AppBurst        int     `yaml:"app_burst" doc:"requests of one AppId at once"`
	AuthFailMax     int     `yaml:"auth_fail_max" doc:"failed authentications of one client address within the window; 0 is off"`
	AuthFailWindowS int64   `yaml:"auth_fail_window_s" doc:"that window"`
}

// Consume configures redemption.
type Consume struct {
	BruteForce BruteForce `yaml:"bruteforce"`
}

// BruteForce configures the wrong-code lock.
type BruteForce struct {
	Max     int   `yaml:"max" doc:"wrong codes on one machine within the window that lock it; 0 is off"`
	WindowS int64 `yaml:"window_s" doc:"that window"`
	LockS   int64 `yaml:"lock_s" doc:"how long the machine takes no codes"`
}

// Dispense configures dispensing.
type Dispense struct {
	TimeoutS int64 `yaml:"timeout_s" doc:"how long a machine's report is waited for"`
	LockS    LockS `yaml:"lock_s"`
}

// LockS are the dispense lock times by drive.
type LockS struct {
	Lock    int64 `yaml:"lock" doc:"lock and start window of electromagnetic locks"`
	Motor   int64 `yaml:"motor" doc:"lock and start window of spring motors"`
	Belt    int64 `yaml:"belt" doc:"lock and start window of belts"`
	Default int64 `yaml:"default" doc:"lock and start window of everything else"`
}

// Machine configures presence.
type Machine struct {
	OfflineAfterS int64 `yaml:"offline_after_s" doc:"silence after which a machine is offline"`
}

// Callback configures messages to notify_url.
type Callback struct {
	TimeoutS     int64          `yaml:"timeout_s" doc:"time for one attempt"`
	RetryS       []int64        `yaml:"retry_s" doc:"waits between attempts"`
	AllowPrivate bool           `yaml:"allow_private" doc:"allow targets in private address ranges"`
	AllowRanges  []netip.Prefix `yaml:"allow_ranges" doc:"address ranges allowed although they are private"`
}

// I18n configures message languages.
type I18n struct {
	Negotiate bool `yaml:"negotiate" doc:"answer error messages in English when Accept-Language asks for it"`
}

// Store configures the database.
type Store struct {
	MaxGroup int `yaml:"max_group" doc:"writes that share one durable commit at most"`
}

// Default returns the settings that apply without any configuration: those of
// openapi.md §8, and an installation in ./data.
func Default() Config {
	return Config{
		Data:            "./data",
		DefaultTimezone: "Asia/Shanghai",
		HTTP:            HTTP{Listen: ":8080"},
		MQTT:            MQTT{Listen: ":1883", MaxConnections: 20_000},
		Log:             Log{Level: "info", Format: "json"},
		Signing:         Signing{TimestampWindowS: 600},
		RateLimit:       RateLimit{AppRPS: 50, AppBurst: 100, AuthFailMax: 60, AuthFailWindowS: 300},
		Consume:         Consume{BruteForce: BruteForce{Max: 10, WindowS: 600, LockS: 600}},
		Dispense:        Dispense{TimeoutS: 120, LockS: LockS{Lock: 15, Motor: 30, Belt: 90, Default: 45}},
		Machine:         Machine{OfflineAfterS: 600},
		Callback: Callback{
			TimeoutS: 10, RetryS: []int64{5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200},
		},
		Store: Store{MaxGroup: 256},
	}
}

// Zone returns the default machine zone of a checked configuration.
func (c Config) Zone() (*time.Location, error) {
	zone, err := time.LoadLocation(c.DefaultTimezone)
	if err != nil || c.DefaultTimezone == "" {
		return nil, fmt.Errorf("default_timezone: %q is not a known time zone", c.DefaultTimezone)
	}
	return zone, nil
}

// Validate refuses settings that cannot work; the error names the key.
func (c Config) Validate() error {
	if _, err := c.Zone(); err != nil {
		return err
	}
	if c.Data == "" {
		return fmt.Errorf("data: must name a folder")
	}
	if c.HTTP.Listen == "" || c.MQTT.Listen == "" {
		return fmt.Errorf("http.listen and mqtt.listen: must name an address")
	}
	switch c.Log.Level {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("log.level: %q is not debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "json" && c.Log.Format != "text" {
		return fmt.Errorf("log.format: %q is not json or text", c.Log.Format)
	}
	for _, bound := range []struct {
		key        string
		value, low int64
	}{
		{"mqtt.max_connections", int64(c.MQTT.MaxConnections), 1},
		{"mqtt.timestamp_window_s", c.MQTT.TimestampWindowS, 0},
		{"signing.timestamp_window_s", c.Signing.TimestampWindowS, 0},
		{"ratelimit.app_rps", int64(c.RateLimit.AppRPS), 0},
		{"ratelimit.app_burst", int64(c.RateLimit.AppBurst), 1},
		{"ratelimit.auth_fail_max", int64(c.RateLimit.AuthFailMax), 0},
		{"ratelimit.auth_fail_window_s", c.RateLimit.AuthFailWindowS, 1},
		{"consume.bruteforce.max", int64(c.Consume.BruteForce.Max), 0},
		{"consume.bruteforce.window_s", c.Consume.BruteForce.WindowS, 1},
		{"consume.bruteforce.lock_s", c.Consume.BruteForce.LockS, 1},
		{"dispense.timeout_s", c.Dispense.TimeoutS, 1},
		{"dispense.lock_s.lock", c.Dispense.LockS.Lock, 1},
		{"dispense.lock_s.motor", c.Dispense.LockS.Motor, 1},
		{"dispense.lock_s.belt", c.Dispense.LockS.Belt, 1},
		{"dispense.lock_s.default", c.Dispense.LockS.Default, 1},
		{"machine.offline_after_s", c.Machine.OfflineAfterS, 1},
		{"callback.timeout_s", c.Callback.TimeoutS, 1},
		{"store.max_group", int64(c.Store.MaxGroup), 1},
	} {
		if bound.value < bound.low {
			return fmt.Errorf("%s: %d is below %d", bound.key, bound.value, bound.low)
		}
	}
	for _, wait := range c.Callback.RetryS {
		if wait < 1 {
			return fmt.Errorf("callback.retry_s: %d is below 1", wait)
		}
	}
	return nil
}

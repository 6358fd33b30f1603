// Package config is every setting of the platform: one struct with its
// defaults, read from a YAML file and from VENDLANE_… environment variables.
package config

import (
	"fmt"
	"math"
	"net"
	"net/mail"
	"net/netip"
	"strconv"
	"time"
)

// Config holds all settings. Each leaf has a key, made of the yaml names
// joined by dots, and an environment variable: the key in upper case with
// underscores, behind VENDLANE_. Times are whole seconds, as the keys say.
type Config struct {
	Data            string     `yaml:"data" doc:"folder of the database and the master key" zh:"存放数据库和主密钥的文件夹"`
	DefaultTimezone string     `yaml:"default_timezone" doc:"IANA zone of machines without one of their own" zh:"没有设置时区的设备使用的 IANA 时区"`
	HTTP            HTTP       `yaml:"http"`
	MQTT            MQTT       `yaml:"mqtt"`
	Log             Log        `yaml:"log"`
	Secrets         Secrets    `yaml:"secrets"`
	Signing         Signing    `yaml:"signing"`
	RateLimit       RateLimit  `yaml:"ratelimit"`
	Consume         Consume    `yaml:"consume"`
	Order           Order      `yaml:"order"`
	Dispense        Dispense   `yaml:"dispense"`
	Machine         Machine    `yaml:"machine"`
	Callback        Callback   `yaml:"callback"`
	I18n            I18n       `yaml:"i18n"`
	Store           Store      `yaml:"store"`
	Console         Console    `yaml:"console"`
	PickupPage      PickupPage `yaml:"pickup_page"`
	SMTP            SMTP       `yaml:"smtp"`
}

// HTTP configures the HTTP listener.
type HTTP struct {
	Listen         string         `yaml:"listen" doc:"address of the HTTP API, host:port" zh:"HTTP 接口监听地址，host:port"`
	PublicURL      string         `yaml:"public_url" doc:"address clients reach the platform at, https://host; stored pictures are shown under it" zh:"客户端访问平台的地址，https://host；图片网址以它开头"`
	AdminListen    string         `yaml:"admin_listen" doc:"address for /metrics and /debug/pprof, host:port; empty serves /metrics on http.listen and no pprof" zh:"/metrics 与 /debug/pprof 的监听地址，host:port；为空时 /metrics 由 http.listen 提供，且没有 pprof"`
	MaxConnections int            `yaml:"max_connections" doc:"connections to http.listen held at most; more wait" zh:"http.listen 最多保持的连接数，超出的连接等待"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" doc:"address ranges of reverse proxies whose X-Forwarded-For is believed" zh:"可信反向代理的地址段，只采信它们的 X-Forwarded-For"`
}

// MQTT configures the device gateway.
type MQTT struct {
	Listen           string `yaml:"listen" doc:"address of the MQTT endpoint for machines, host:port; empty if only other MQTT ports are wanted" zh:"设备接入的 MQTT 监听地址，host:port；只使用其他 MQTT 端口时留空"`
	TLSListen        string `yaml:"tls_listen" doc:"address of MQTT over TLS, host:port, usually :8883; empty is off" zh:"MQTT over TLS 的监听地址，host:port，通常为 :8883；为空时关闭"`
	WSListen         string `yaml:"ws_listen" doc:"address of MQTT over WebSocket (path /mqtt), host:port; empty is off" zh:"MQTT over WebSocket（路径 /mqtt）的监听地址，host:port；为空时关闭"`
	WSSListen        string `yaml:"wss_listen" doc:"address of MQTT over WebSocket and TLS, host:port; empty is off" zh:"MQTT over WebSocket + TLS 的监听地址，host:port；为空时关闭"`
	TLSCert          string `yaml:"tls_cert" doc:"PEM file with the certificate chain of tls_listen and wss_listen; read again when it changes" zh:"tls_listen 与 wss_listen 的证书链 PEM 文件；文件变化后自动重新读取"`
	TLSKey           string `yaml:"tls_key" doc:"PEM file with its private key" zh:"对应私钥的 PEM 文件"`
	MaxConnections   int    `yaml:"max_connections" doc:"connections held at most" zh:"最多保持的连接数"`
	AcceptAppIDKey   bool   `yaml:"accept_appid_key" doc:"accept up messages signed with the AppId as key as well" zh:"上行消息也接受以 AppId 为密钥的签名"`
	TimestampWindowS int64  `yaml:"timestamp_window_s" doc:"accepted clock distance of up messages; 0 is off" zh:"上行消息允许的时钟误差，0 表示不检查"`
	RequireOwnTopic  bool   `yaml:"require_own_topic" doc:"drop up messages on the shared topic /server/app" zh:"丢弃共享主题 /server/app 上的上行消息"`
}

// Log configures the log.
type Log struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error" zh:"debug、info、warn 或 error"`
	Format string `yaml:"format" doc:"json or text" zh:"json 或 text"`
}

// Secrets configures the master key.
type Secrets struct {
	MasterKey string `yaml:"master_key" doc:"64 hex digits that seal AppKeys and webhook secrets; empty uses the file master.key in the data folder, made on first start" zh:"64 位十六进制主密钥，用于加密 AppKey 和 webhook 密钥；为空时使用数据文件夹中的 master.key（首次启动时生成）"`
}

// Signing configures signatures over HTTP.
type Signing struct {
	TimestampWindowS int64 `yaml:"timestamp_window_s" doc:"accepted clock distance of API requests; 0 is off" zh:"接口请求允许的时钟误差，0 表示不检查"`
}

// RateLimit configures limits of the API.
type RateLimit struct {
	AppRPS          float64 `yaml:"app_rps" doc:"requests per second of one AppId; 0 is off" zh:"每个 AppId 每秒的请求数，0 表示不限制"`
	AppBurst        int     `yaml:"app_burst" doc:"requests of one AppId at once" zh:"每个 AppId 的突发请求数"`
	AuthFailMax     int     `yaml:"auth_fail_max" doc:"failed authentications of one client address within the window; 0 is off" zh:"同一客户端地址在时间窗内允许的认证失败次数，0 表示不限制"`
	AuthFailWindowS int64   `yaml:"auth_fail_window_s" doc:"that window" zh:"该时间窗"`
}

// Consume configures redemption.
type Consume struct {
	BruteForce BruteForce `yaml:"bruteforce"`
}

// BruteForce configures the wrong-code lock.
type BruteForce struct {
	Max     int   `yaml:"max" doc:"wrong codes on one machine within the window that lock it; 0 is off" zh:"时间窗内锁定设备的错误取货码次数，0 表示不锁定"`
	WindowS int64 `yaml:"window_s" doc:"that window" zh:"该时间窗"`
	LockS   int64 `yaml:"lock_s" doc:"how long the machine takes no codes" zh:"设备停止接受取货码的时长"`
}

// Order configures orders.
type Order struct {
	UnpaidTTLS int64 `yaml:"unpaid_ttl_s" doc:"how long an unpaid order lives" zh:"未支付订单的有效时长"`
}

// Dispense configures dispensing.
type Dispense struct {
	TimeoutS int64 `yaml:"timeout_s" doc:"how long a machine's report is waited for" zh:"等待设备上报结果的时长"`
	LockS    LockS `yaml:"lock_s"`
}

// LockS are the dispense lock times by drive.
type LockS struct {
	Lock    int64 `yaml:"lock" doc:"lock and start window of electromagnetic locks" zh:"电磁锁的出货锁定与启动时限"`
	Motor   int64 `yaml:"motor" doc:"lock and start window of spring motors" zh:"弹簧电机的出货锁定与启动时限"`
	Belt    int64 `yaml:"belt" doc:"lock and start window of belts" zh:"履带的出货锁定与启动时限"`
	Default int64 `yaml:"default" doc:"lock and start window of everything else" zh:"其他货道的出货锁定与启动时限"`
}

// Machine configures presence.
type Machine struct {
	OfflineAfterS int64 `yaml:"offline_after_s" doc:"silence after which a machine is offline" zh:"多久没有心跳即视为离线"`
}

// Callback configures messages to notify_url.
type Callback struct {
	TimeoutS     int64          `yaml:"timeout_s" doc:"time for one attempt" zh:"单次回调的时限"`
	RetryS       []int64        `yaml:"retry_s" doc:"waits between attempts" zh:"各次回调之间的等待时间"`
	AllowPrivate bool           `yaml:"allow_private" doc:"allow targets in private address ranges" zh:"允许回调到私有地址段"`
	AllowRanges  []netip.Prefix `yaml:"allow_ranges" doc:"address ranges allowed although they are private" zh:"虽为私有但允许回调的地址段"`
}

// I18n configures message languages.
type I18n struct {
	Negotiate bool `yaml:"negotiate" doc:"answer error messages in English when Accept-Language asks for it" zh:"按 Accept-Language 以英文返回错误信息"`
}

// Store configures the database.
type Store struct {
	DSN            string `yaml:"dsn" doc:"PostgreSQL database, postgres://user:password@host/name; empty uses the SQLite file vendlane.db in the data folder" zh:"PostgreSQL 数据库，postgres://user:password@host/name；为空时使用数据文件夹中的 SQLite 文件 vendlane.db"`
	MaxConnections int    `yaml:"max_connections" doc:"connections of one node to PostgreSQL at most" zh:"单个节点到 PostgreSQL 的最大连接数"`
	MaxGroup       int    `yaml:"max_group" doc:"writes that share one durable commit of SQLite at most" zh:"SQLite 一次持久化提交最多合并的写入数"`
}

// Console configures the web console.
type Console struct {
	Enabled          bool   `yaml:"enabled" doc:"serve the web console at /console/" zh:"在 /console/ 提供网页控制台"`
	OIDCIssuer       string `yaml:"oidc_issuer" doc:"URL of an OpenID Connect provider that users may sign in with; empty is off" zh:"用于登录的 OpenID Connect 服务地址；为空时关闭"`
	OIDCClientID     string `yaml:"oidc_client_id" doc:"client id of the console at that provider" zh:"控制台在该服务登记的 client id"`
	OIDCClientSecret string `yaml:"oidc_client_secret" doc:"its client secret" zh:"对应的 client secret"`
	OIDCName         string `yaml:"oidc_name" doc:"what the button to sign in with it says" zh:"该登录按钮上的名称"`
}

// PickupPage configures the page behind the QR code on a machine.
type PickupPage struct {
	Enabled bool `yaml:"enabled" doc:"serve /p/{machine_no}, where customers redeem pickup codes themselves" zh:"提供 /p/{machine_no} 页面，由顾客自助使用取货码"`
}

// SMTP configures the server that e-mail about alerts leaves through.
type SMTP struct {
	Server   string `yaml:"server" doc:"mail server that alerts leave through, host:port, usually port 587; empty is off" zh:"发送告警邮件的服务器，host:port，端口通常为 587；为空时关闭"`
	TLS      string `yaml:"tls" doc:"starttls, tls (encrypted from the start, usually port 465) or none" zh:"starttls、tls（一开始就加密，端口通常为 465）或 none"`
	Username string `yaml:"username" doc:"name to sign in with; empty does not sign in" zh:"登录用户名；为空时不登录"`
	Password string `yaml:"password" doc:"its password" zh:"对应的密码"`
	From     string `yaml:"from" doc:"address the mails come from" zh:"发件人地址"`
}

func (s SMTP) validate() error {
	if s.Server == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.Server)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || host == "" || n == 0 {
		return fmt.Errorf("smtp.server: must be host:port")
	}
	if from, err := mail.ParseAddress(s.From); err != nil || from.Address == "" {
		return fmt.Errorf("smtp.from: must be an e-mail address")
	}
	switch s.TLS {
	case "starttls", "tls":
	case "none":
		if s.Password != "" {
			return fmt.Errorf("smtp.tls: none would send smtp.password in the clear")
		}
	default:
		return fmt.Errorf("smtp.tls: %q is not starttls, tls or none", s.TLS)
	}
	return nil
}

func (c Console) validate() error {
	if c.OIDCIssuer != "" && c.OIDCClientID == "" {
		return fmt.Errorf("console.oidc_client_id: must be set for console.oidc_issuer")
	}
	return nil
}

// Default returns the settings that apply without any configuration: those of
// openapi.md §8, and an installation in ./data.
func Default() Config {
	return Config{
		Data:            "./data",
		DefaultTimezone: "Asia/Shanghai",
		HTTP:            HTTP{Listen: ":8080", MaxConnections: 10_000},
		MQTT:            MQTT{Listen: ":1883", MaxConnections: 20_000},
		Log:             Log{Level: "info", Format: "json"},
		Signing:         Signing{TimestampWindowS: 600},
		RateLimit:       RateLimit{AppRPS: 50, AppBurst: 100, AuthFailMax: 60, AuthFailWindowS: 300},
		Consume:         Consume{BruteForce: BruteForce{Max: 10, WindowS: 600, LockS: 600}},
		Order:           Order{UnpaidTTLS: 1200},
		Dispense:        Dispense{TimeoutS: 120, LockS: LockS{Lock: 15, Motor: 30, Belt: 90, Default: 45}},
		Machine:         Machine{OfflineAfterS: 600},
		Callback: Callback{
			TimeoutS: 10, RetryS: []int64{5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200},
		},
		Store:      Store{MaxConnections: 20, MaxGroup: 256},
		Console:    Console{Enabled: true, OIDCName: "Single sign-on"},
		PickupPage: PickupPage{Enabled: true},
		SMTP:       SMTP{TLS: "starttls"},
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

// Encrypted tells whether any endpoint for machines uses TLS.
func (m MQTT) Encrypted() bool { return m.TLSListen != "" || m.WSSListen != "" }

func (m MQTT) validate() error {
	if m.Listen == "" && m.WSListen == "" && !m.Encrypted() {
		return fmt.Errorf("mqtt.listen: must name an address unless another mqtt listener does")
	}
	if m.Encrypted() && (m.TLSCert == "" || m.TLSKey == "") {
		return fmt.Errorf("mqtt.tls_cert and mqtt.tls_key: must name files for mqtt.tls_listen and mqtt.wss_listen")
	}
	return nil
}

// Validate refuses settings that cannot work; the error names the key.
func (c Config) Validate() error {
	if _, err := c.Zone(); err != nil {
		return err
	}
	if c.Data == "" {
		return fmt.Errorf("data: must name a folder")
	}
	if c.HTTP.Listen == "" {
		return fmt.Errorf("http.listen: must name an address")
	}
	if err := c.MQTT.validate(); err != nil {
		return err
	}
	if err := c.Console.validate(); err != nil {
		return err
	}
	if err := c.SMTP.validate(); err != nil {
		return err
	}
	switch c.Log.Level {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("log.level: %q is not debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "json" && c.Log.Format != "text" {
		return fmt.Errorf("log.format: %q is not json or text", c.Log.Format)
	}
	if rps := c.RateLimit.AppRPS; !(rps >= 0 && rps <= math.MaxInt32) { // false for NaN, too
		return fmt.Errorf("ratelimit.app_rps: %v is not a rate", rps)
	}
	for _, bound := range []struct {
		key        string
		value, low int64
	}{
		{"http.max_connections", int64(c.HTTP.MaxConnections), 1},
		{"mqtt.max_connections", int64(c.MQTT.MaxConnections), 1},
		{"mqtt.timestamp_window_s", c.MQTT.TimestampWindowS, 0},
		{"signing.timestamp_window_s", c.Signing.TimestampWindowS, 0},
		{"ratelimit.app_burst", int64(c.RateLimit.AppBurst), 1},
		{"ratelimit.auth_fail_max", int64(c.RateLimit.AuthFailMax), 0},
		{"ratelimit.auth_fail_window_s", c.RateLimit.AuthFailWindowS, 1},
		{"consume.bruteforce.max", int64(c.Consume.BruteForce.Max), 0},
		{"consume.bruteforce.window_s", c.Consume.BruteForce.WindowS, 1},
		{"consume.bruteforce.lock_s", c.Consume.BruteForce.LockS, 1},
		{"order.unpaid_ttl_s", c.Order.UnpaidTTLS, 1},
		{"dispense.timeout_s", c.Dispense.TimeoutS, 1},
		{"dispense.lock_s.lock", c.Dispense.LockS.Lock, 1},
		{"dispense.lock_s.motor", c.Dispense.LockS.Motor, 1},
		{"dispense.lock_s.belt", c.Dispense.LockS.Belt, 1},
		{"dispense.lock_s.default", c.Dispense.LockS.Default, 1},
		{"machine.offline_after_s", c.Machine.OfflineAfterS, 1},
		{"callback.timeout_s", c.Callback.TimeoutS, 1},
		{"store.max_connections", int64(c.Store.MaxConnections), 1},
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

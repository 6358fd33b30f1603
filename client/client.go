package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// prefix is where the API is below the base URL (openapi.md §1.1).
const prefix = "/api/openapi/v1"

// Config says whose calls go where. BaseURL and the three credentials are required
// (signing.md §1).
type Config struct {
	// BaseURL is the platform's address, such as https://platform.example; what
	// follows it ("/api/openapi/v1") is not part of it.
	BaseURL string
	// AppID and AppSecret say who calls, AppKey signs.
	AppID, AppSecret, AppKey string
	// Form is how the values are written when they are signed: signature.Raw, which
	// is the default, or one of the URL-encoded forms. The platform takes all.
	Form signature.Form
	// Attempts is how often a call is sent at most; 0 is 4, 1 sends nothing again.
	Attempts int
	// HTTPClient sends the requests; nil is one that waits 15 s for each answer. It
	// never follows redirects, because they would carry the AppSecret elsewhere.
	HTTPClient *http.Client
	// Clock tells the time that is signed; nil is time.Now. It must not be more than
	// ten minutes off.
	Clock func() time.Time
}

// Client calls the API for one merchant. It may be used by several goroutines.
type Client struct {
	base, appID, appSecret, appKey string

	form     signature.Form
	attempts int
	http     *http.Client
	clock    func() time.Time
}

// New makes a client. It does not call anything; [Client.Ping] tests credentials.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("client: BaseURL %q is not of the form https://host", cfg.BaseURL)
	}
	switch {
	case cfg.AppID == "" || cfg.AppSecret == "" || cfg.AppKey == "":
		return nil, errors.New("client: AppID, AppSecret and AppKey are required")
	case cfg.Form < signature.Raw || cfg.Form > signature.EscapedJava:
		return nil, fmt.Errorf("client: there is no form %d", cfg.Form)
	case cfg.Attempts < 0:
		return nil, fmt.Errorf("client: %d attempts", cfg.Attempts)
	}
	c := &Client{
		base:  strings.TrimSuffix(cfg.BaseURL, "/") + prefix,
		appID: cfg.AppID, appSecret: cfg.AppSecret, appKey: cfg.AppKey,
		form: cfg.Form, attempts: cmp.Or(cfg.Attempts, 4), clock: cfg.Clock,
		http: &http.Client{Timeout: 15 * time.Second},
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	if cfg.HTTPClient != nil {
		own := *cfg.HTTPClient
		c.http = &own
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

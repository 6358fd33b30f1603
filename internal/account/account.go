// Package account is the use case of the people who use the console: users and
// their passwords, sessions, what they are at which merchant, and what each
// role may do.
package account

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/guesses"
	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Failures to sign in that lock an account or an address, and for how long, in
// milliseconds. They are counted within the same time.
const (
	guessesPerAccount = 10
	guessesPerAddress = 50
	guessWindow       = 15 * 60 * 1000
)

// Config holds the settings of accounts.
type Config struct {
	// SetUpCode protects the set-up of the first user. It is printed in the log.
	SetUpCode string
	// Cost is that of new password hashes; zero means 19 MiB and two passes.
	// Tests choose less.
	Cost Cost
}

// Service is the use case.
type Service struct {
	store     *store.Store
	audit     *audit.Log
	clock     vending.Clock
	random    io.Reader
	cfg       Config
	hasher    *hasher
	accounts  *guesses.Counter
	addresses *guesses.Counter
	log       *slog.Logger
}

// New makes the use case. random must be cryptographic.
func New(st *store.Store, trail *audit.Log, clock vending.Clock, random io.Reader, cfg Config, log *slog.Logger) *Service {
	if cfg.Cost == (Cost{}) {
		cfg.Cost = Cost{MemoryKiB: 19 << 10, Passes: 2}
	}
	return &Service{
		store: st, audit: trail, clock: clock, random: random, cfg: cfg, hasher: newHasher(cfg.Cost, random),
		accounts: newCounter(clock, guessesPerAccount), addresses: newCounter(clock, guessesPerAddress), log: log,
	}
}

func newCounter(clock vending.Clock, limit int) *guesses.Counter {
	return guesses.New(clock, vending.WrongCodeLimits{Max: limit, Window: guessWindow, Lock: guessWindow})
}

// Tallies are the counters of failed sign-ins, by account and by address, for
// all nodes together.
func (s *Service) Tallies() (accounts, addresses *nodes.Tally) {
	return s.accounts.Tally(), s.addresses.Tally()
}

// Client is where a request comes from.
type Client struct{ IP, UserAgent string }

// network is who guesses, as far as an address tells.
func (c Client) network() string {
	addr, err := netip.ParseAddr(c.IP)
	if err != nil {
		return c.IP
	}
	return clientaddr.Network(addr).String()
}

// maxUserAgent bounds what is kept of it, in bytes.
const maxUserAgent = 200

func (c Client) userAgent() string {
	return strings.ToValidUTF8(c.UserAgent[:min(len(c.UserAgent), maxUserAgent)], "")
}

// token draws a secret of 256 bits.
func (s *Service) token() (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// foldEmail checks an address and returns it as it is stored, in lower case.
func foldEmail(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > 254 {
		return "", EmailInvalid
	}
	return text, nil
}

func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 || !utf8.ValidString(name) {
		return "", NameInvalid
	}
	return name, nil
}

// checkLanguage accepts those of the pages; "" leaves it to the browser.
func checkLanguage(language string) error {
	switch language {
	case "", "en", "zh-CN":
		return nil
	}
	return LanguageUnknown
}

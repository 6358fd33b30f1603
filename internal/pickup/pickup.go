// Package pickup issues, lists, cancels, expires and consumes pickup codes:
// openapi.md §7.8–§7.13 and consume.md.
package pickup

import (
	"io"
	"log/slog"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Down messages about codes (mqtt.md §5.14, §5.15).
const (
	methodCreate = "client.pickup_codes.create"
	methodDelete = "client.pickup_codes.delete"
)

// Config holds the settings of the use case.
type Config struct {
	// Zone is used for machines without one of their own.
	Zone *time.Location
	// WrongCodes limits wrong codes per machine (consume.md §5).
	WrongCodes vending.WrongCodeLimits
}

// Service is the pickup-code use case.
type Service struct {
	store  *store.Store
	clock  vending.Clock
	random io.Reader
	cfg    Config
	log    *slog.Logger
	// batches wakes RunBatches.
	batches *store.Signal
}

// New makes the use case. random must be cryptographic: codes are drawn from it.
func New(st *store.Store, clock vending.Clock, random io.Reader, cfg Config, log *slog.Logger) *Service {
	return &Service{store: st, clock: clock, random: random, cfg: cfg, log: log, batches: store.NewSignal()}
}

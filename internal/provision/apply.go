package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Applier writes files into a store.
type Applier struct {
	store    *store.Store
	box      *secrets.Box
	pickup   *pickup.Service
	catalog  *catalog.Service
	fleet    *fleet.Service
	pictures Pictures
	clock    vending.Clock
	random   io.Reader
	zone     *time.Location
}

// Deps are what an Applier works with.
type Deps struct {
	Store   *store.Store
	Box     *secrets.Box
	Pickup  *pickup.Service
	Catalog *catalog.Service
	Fleet   *fleet.Service
	// Pictures may be nil for files that name no picture files.
	Pictures Pictures
	Clock    vending.Clock
	// Random must be cryptographic: secrets are drawn from it.
	Random io.Reader
	// Zone is the default machine zone.
	Zone *time.Location
}

// Pictures stores a picture of an owner and returns the path it is served at.
type Pictures interface {
	Save(owner string, content []byte) (string, error)
}

// New makes an applier.
func New(d Deps) *Applier {
	return &Applier{
		store: d.Store, box: d.Box, pickup: d.Pickup, catalog: d.Catalog, fleet: d.Fleet,
		pictures: d.Pictures, clock: d.Clock, random: d.Random, zone: d.Zone,
	}
}

// Result tells what exists after an apply. Secrets stand in it only when this
// apply made them: they cannot be read again.
type Result struct {
	Merchants []MerchantResult
}

// MerchantResult is one merchant of a file.
type MerchantResult struct {
	ID          int64
	Slug, AppID string
	// Created tells whether the merchant is new; then the secrets are set.
	Created                          bool
	AppSecret, AppKey, WebhookSecret string
	Machines                         []MachineResult
}

// MachineResult is one machine of a file.
type MachineResult struct {
	ID        int64
	MachineNo string
	// Password is set when it was set or changed by this apply.
	Password string
}

// Apply brings the store in line with the file, all of it or nothing. What the
// file does not name is left alone, except within a machine: channels and
// categories it no longer lists are retired, and their codes cancelled.
func (a *Applier) Apply(ctx context.Context, f File) (Result, error) {
	if err := f.check(); err != nil {
		return Result{}, err
	}
	if err := a.storePictures(f); err != nil {
		return Result{}, err
	}
	hashes, err := a.hashPasswords(ctx, f)
	if err != nil {
		return Result{}, err
	}
	if err := a.skipProductIDs(ctx, f); err != nil {
		return Result{}, err
	}
	var result Result
	apply := func(tx *store.Tx) error {
		result = Result{}
		for _, m := range f.Merchants {
			r, err := a.applyMerchant(ctx, tx, m, hashes)
			if err != nil {
				return fmt.Errorf("merchant %s: %w", m.Slug, err)
			}
			result.Merchants = append(result.Merchants, r)
		}
		return nil
	}
	err = store.Retry("apply the file", func() error { return a.store.InTx(ctx, apply) })
	return result, err
}

// skipProductIDs keeps products that get an id of the store's choice from
// meeting those whose id the file names. An id that was skipped is no loss.
func (a *Applier) skipProductIDs(ctx context.Context, f File) error {
	highest := int64(0)
	for _, merchant := range f.Merchants {
		for _, m := range merchant.Machines {
			for _, c := range m.Planogram {
				highest = max(highest, c.ProductID)
			}
		}
	}
	if highest == 0 {
		return nil
	}
	if err := a.store.SetNextID(ctx, "products", highest+1); err != nil {
		return fmt.Errorf("skip product ids of the file: %w", err)
	}
	return nil
}

// hashPasswords does the slow hashing before the transaction, which other
// writers may be waiting for. Plain is "" where the stored password stays.
func (a *Applier) hashPasswords(ctx context.Context, f File) (map[string]fleet.NewPassword, error) {
	out := map[string]fleet.NewPassword{}
	for _, merchant := range f.Merchants {
		for _, m := range merchant.Machines {
			stored, found, err := store.Find(a.store.MachineByNo(ctx, m.MachineNo))
			if err != nil {
				return nil, err
			}
			keep := found && (m.Password == "" || fleet.PasswordMatches(m.Password, stored.Machine.PasswordHash))
			if keep {
				out[m.MachineNo] = fleet.NewPassword{Hash: stored.Machine.PasswordHash}
				continue
			}
			p := fleet.NewPassword{Plain: m.Password}
			if p.Plain == "" {
				if p.Plain, err = a.randomHex(8); err != nil {
					return nil, err
				}
			}
			if p.Hash, err = a.fleet.HashPassword(p.Plain); err != nil {
				return nil, fmt.Errorf("machine %s: %w", m.MachineNo, err)
			}
			out[m.MachineNo] = p
		}
	}
	return out, nil
}

func (a *Applier) applyMerchant(ctx context.Context, tx *store.Tx, m Merchant, hashes map[string]fleet.NewPassword) (MerchantResult, error) {
	row, result, err := a.setMerchant(ctx, tx, m)
	if err != nil {
		return result, err
	}
	models := map[string]int64{}
	for _, model := range m.Models {
		if models[model.Name], err = setModel(ctx, tx, row.ID, model); err != nil {
			return result, fmt.Errorf("model %s: %w", model.Name, err)
		}
	}
	for _, good := range m.Goods {
		if err := a.setGood(ctx, tx, row.ID, good); err != nil {
			return result, fmt.Errorf("good %s: %w", good.Slug, err)
		}
	}
	for _, machine := range m.Machines {
		modelID, err := findModel(ctx, tx, row.ID, models, machine.Model)
		if err != nil {
			return result, fmt.Errorf("machine %s: %w", machine.MachineNo, err)
		}
		id, err := a.applyMachine(ctx, tx, row, modelID, machine, hashes[machine.MachineNo])
		if err != nil {
			return result, fmt.Errorf("machine %s: %w", machine.MachineNo, err)
		}
		result.Machines = append(result.Machines, MachineResult{
			ID: id, MachineNo: machine.MachineNo, Password: hashes[machine.MachineNo].Plain,
		})
	}
	return result, nil
}

func setModel(ctx context.Context, tx *store.Tx, merchantID int64, m Model) (int64, error) {
	row, found, err := store.Find(tx.ModelByName(ctx, merchantID, m.Name))
	if err != nil {
		return 0, err
	}
	if !found {
		if row, err = tx.InsertModel(ctx, merchantID, m.Name); err != nil {
			return 0, err
		}
	}
	if n, err := tx.IsModelVersion(ctx, row.ID); err != nil || n > 0 {
		return 0, cmp.Or(err, errors.New("is a version of a layout template, which never changes: machines may name it, a file cannot list it"))
	}
	kept := map[int64]bool{}
	for _, b := range m.Boards {
		kept[b.Addr] = true
		err := tx.SetModelBoard(ctx, db.SetModelBoardParams{
			ModelID: row.ID, Addr: b.Addr, FloorType: b.FloorType, Lift: b.Lift, DropDetection: b.DropDetection,
			Capacity: b.Capacity,
		})
		if err != nil {
			return 0, err
		}
	}
	boards, err := tx.BoardsOfModel(ctx, row.ID)
	if err != nil {
		return 0, err
	}
	for _, b := range boards {
		if !kept[b.Addr] {
			if err := tx.DeleteModelBoard(ctx, row.ID, b.Addr); err != nil {
				return 0, err
			}
		}
	}
	return row.ID, nil
}

func findModel(ctx context.Context, tx *store.Tx, merchantID int64, known map[string]int64, name string) (int64, error) {
	if id, ok := known[name]; ok {
		return id, nil
	}
	row, found, err := store.Find(tx.ModelByName(ctx, merchantID, name))
	if err == nil && !found {
		err = fmt.Errorf("model %q is not known", name)
	}
	return row.ID, err
}

package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxModelName bounds the name of a layout template, in characters.
const maxModelName = 60

// Model is a layout template at one of its versions.
type Model struct {
	ID      int64
	Name    string
	Version int64
	Layout  Layout
	// boards is the model (row of models) that has the boards.
	boards int64
}

// CreateModel gives a layout a name, of 1–60 characters, that the merchant has not
// used yet, as version 1. by is the user. It refuses with 10001.
func (s *Service) CreateModel(ctx context.Context, merchant db.Merchant, name string, l Layout, by int64) (id int64, err error) {
	if err := checkModelName(name); err != nil {
		return 0, err
	}
	if l, err = l.checked(); err != nil {
		return 0, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		// RenameModel must not take the name in between.
		if _, err := tx.LockMerchant(ctx, merchant.ID); err != nil {
			return fmt.Errorf("lock merchant: %w", err)
		}
		id, err = tx.InsertModelTemplate(ctx, merchant.ID, name, s.clock.Millis())
		if store.NotFound(err) {
			return vending.RefuseField("name", "taken")
		}
		if err != nil {
			return fmt.Errorf("insert template: %w", err)
		}
		return s.insertVersion(ctx, tx, merchant.ID, Model{ID: id, Name: name, Version: 1, Layout: l}, by)
	})
	return id, err
}

func checkModelName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxModelName || !vending.Storable(name) {
		return vending.RefuseField("name", "range")
	}
	return nil
}

// versionName is what the model is called that machines with a version have.
func versionName(name string, version int64) string { return fmt.Sprintf("%s v%d", name, version) }

// AddModelVersion adds a version to a template whose newest one is base. It
// returns store.ErrLostRace if it is not, and refuses with 404 and 10001.
func (s *Service) AddModelVersion(ctx context.Context, merchant db.Merchant, id, base int64, l Layout, by int64) (version int64, err error) {
	if l, err = l.checked(); err != nil {
		return 0, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := lockTemplate(ctx, tx, merchant.ID, id); err != nil {
			return err
		}
		newest, err := readModel(ctx, tx.Queries, merchant.ID, id, 0)
		if err != nil {
			return err
		}
		if newest.Version != base {
			return store.ErrLostRace
		}
		version = base + 1
		return s.insertVersion(ctx, tx, merchant.ID, Model{ID: id, Name: newest.Name, Version: version, Layout: l}, by)
	})
	return version, err
}

// insertVersion makes the model that machines with the version have.
func (s *Service) insertVersion(ctx context.Context, tx *store.Tx, merchantID int64, m Model, by int64) error {
	channels, err := json.Marshal(m.Layout.Channels)
	if err != nil {
		return fmt.Errorf("encode channels: %w", err)
	}
	modelID, err := tx.InsertVersionModel(ctx, merchantID, versionName(m.Name, m.Version))
	if store.NotFound(err) { // a file has a model of that name
		return vending.RefuseField("name", "taken")
	}
	if err != nil {
		return fmt.Errorf("insert model: %w", err)
	}
	for _, b := range m.Layout.Boards {
		err := tx.SetModelBoard(ctx, db.SetModelBoardParams{
			ModelID: modelID, Addr: b.Addr, FloorType: b.FloorType, Lift: b.Lift, DropDetection: b.DropDetection,
		})
		if err != nil {
			return fmt.Errorf("insert board: %w", err)
		}
	}
	err = tx.InsertModelVersion(ctx, db.InsertModelVersionParams{
		TemplateID: m.ID, Version: m.Version, ModelID: modelID, Channels: string(channels), ChannelCount: int64(len(m.Layout.Channels)),
		CreatedBy: by, CreatedAt: s.clock.Millis(),
	})
	if err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	return nil
}

// Model returns a template of the merchant at a version, the newest for 0. It
// refuses with 404.
func (s *Service) Model(ctx context.Context, merchant db.Merchant, id, version int64) (Model, error) {
	return readModel(ctx, s.store.Queries, merchant.ID, id, version)
}

func readModel(ctx context.Context, q *db.Queries, merchantID, id, version int64) (Model, error) {
	row, found, err := store.Find(q.ModelVersion(ctx, id, merchantID, version))
	if err != nil {
		return Model{}, fmt.Errorf("read template: %w", err)
	}
	if !found {
		return Model{}, vending.Refuse(vending.CodeNotFound)
	}
	m := Model{ID: id, Name: row.Name, Version: row.ModelVersion.Version, boards: row.ModelVersion.ModelID}
	if err := json.Unmarshal([]byte(row.ModelVersion.Channels), &m.Layout.Channels); err != nil {
		return Model{}, fmt.Errorf("decode channels of template %d: %w", id, err)
	}
	m.Layout.Boards, err = boardsOf(ctx, q, m.boards)
	return m, err
}

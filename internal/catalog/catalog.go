// Package catalog lists what machines sell: openapi.md §7.4.
package catalog

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxRows is what "all cabinets, no paging" lists at most: 8 boards of 100
// channels.
const maxRows = 800

// Service is the catalogue use case.
type Service struct{ store *store.Store }

// New makes the use case.
func New(st *store.Store) *Service { return &Service{store: st} }

// Filter chooses products of a machine. Zero values do not filter.
type Filter struct {
	MachineNo  string
	Addr       int64
	CategoryID int64
	// Page and PerPage count from 1; PerPage 0 lists everything on one page.
	Page    int64
	PerPage int64
}

// Page is one page of products and how many there are in all.
type Page struct {
	Rows  []db.ProductsOnSaleRow
	Total int64
}

// Products returns the products on sale of one machine (openapi.md §7.4),
// sorted by sort_id descending, then board, then motor number.
func (s *Service) Products(ctx context.Context, merchant db.Merchant, f Filter) (Page, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, f.MachineNo)
	if err != nil {
		return Page{}, err
	}
	gate := vending.Gate{NoTransfer: true, Online: true, DebugExcusesOffline: true}
	if err := gate.Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug); err != nil {
		return Page{}, err
	}
	total, err := s.store.CountProductsOnSale(ctx, m.Machine.ID, f.Addr, f.CategoryID)
	if err != nil {
		return Page{}, fmt.Errorf("count products: %w", err)
	}
	if f.Page > total { // so far beyond the end that its start may not be a number any more
		return Page{Total: total}, nil
	}
	start := (f.Page - 1) * f.PerPage
	size := f.PerPage
	if size == 0 {
		start, size = 0, maxRows
	}
	if start >= total {
		return Page{Total: total}, nil
	}
	rows, err := s.store.ProductsOnSale(ctx, db.ProductsOnSaleParams{
		MachineID: m.Machine.ID, Addr: f.Addr, CategoryID: f.CategoryID,
		PageSize: int32(size), PageStart: int32(start), // both are small: a page starts below total
	})
	if err != nil {
		return Page{}, fmt.Errorf("list products: %w", err)
	}
	return Page{Rows: rows, Total: total}, nil
}

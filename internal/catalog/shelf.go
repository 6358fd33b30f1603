package catalog

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store/db"
)

// maxRows is what "all cabinets, no paging" lists at most: 8 boards of 100
// channels.
const maxRows = 800

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
	m, err := s.shown(ctx, merchant, f.MachineNo)
	if err != nil {
		return Page{}, err
	}
	total, err := s.store.CountProductsOnSale(ctx, m.ID, f.Addr, f.CategoryID)
	if err != nil {
		return Page{}, fmt.Errorf("count products: %w", err)
	}
	start, size := int64(0), int64(maxRows)
	if f.PerPage > 0 {
		// Asked without a product, which a page number of any size would overflow.
		if f.Page-1 >= (total+f.PerPage-1)/f.PerPage {
			return Page{Total: total}, nil
		}
		start, size = (f.Page-1)*f.PerPage, f.PerPage
	}
	rows, err := s.store.ProductsOnSale(ctx, db.ProductsOnSaleParams{
		MachineID: m.ID, Addr: f.Addr, CategoryID: f.CategoryID,
		PageSize: int32(size), PageStart: int32(start), // both are small: a page starts below total
	})
	if err != nil {
		return Page{}, fmt.Errorf("list products: %w", err)
	}
	return Page{Rows: rows, Total: total}, nil
}

// Floors returns the channel list kept for old clients (openapi.md §7.5).
func (s *Service) Floors(ctx context.Context, merchant db.Merchant, machineNo string) ([]db.FloorsOfMachineRow, db.Machine, error) {
	m, err := s.shown(ctx, merchant, machineNo)
	if err != nil {
		return nil, m, err
	}
	rows, err := s.store.FloorsOfMachine(ctx, m.ID)
	if err != nil {
		return nil, m, fmt.Errorf("list floors: %w", err)
	}
	return rows, m, nil
}

// Categories returns the visible categories of a machine (openapi.md §7.6).
func (s *Service) Categories(ctx context.Context, merchant db.Merchant, machineNo string) ([]db.Category, error) {
	m, err := s.shown(ctx, merchant, machineNo)
	if err != nil {
		return nil, err
	}
	visible, err := s.store.VisibleCategoriesOfMachine(ctx, m.ID)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	return visible, nil
}

// Banners returns what the carousel of a machine shows (openapi.md §7.7).
func (s *Service) Banners(ctx context.Context, merchant db.Merchant, machineNo string) ([]db.Banner, error) {
	m, err := s.shown(ctx, merchant, machineNo)
	if err != nil {
		return nil, err
	}
	banners, err := s.store.BannersOfMachine(ctx, m.ID, s.clock.Millis())
	if err != nil {
		return nil, fmt.Errorf("list banners: %w", err)
	}
	return banners, nil
}

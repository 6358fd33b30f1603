package openapi

import (
	"context"
)

// floorJSON is a row of openapi.md §7.5.
type floorJSON struct {
	Status           string           `json:"status"`
	FloorStatus      string           `json:"floor_status"`
	Good             floorGoodJSON    `json:"good"`
	Channel          floorChannelJSON `json:"channel"`
	CurrentInventory int64            `json:"current_inventory"`
	Inventory        int64            `json:"inventory"`
}

type floorGoodJSON struct {
	ID int64 `json:"id"`
	goodJSON
	UpdatedAt string `json:"updated_at"`
}

type floorChannelJSON struct {
	ID int64 `json:"id"`
	channelJSON
}

// floors is openapi.md §7.5.
func (s *Server) floors(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	rows, m, err := s.use.Catalog.Floors(ctx, c.merchant, machineNo)
	if err != nil {
		return nil, err
	}
	out := make([]floorJSON, len(rows))
	for i, row := range rows {
		good, err := s.goodRow(row.Good)
		if err != nil {
			return nil, err
		}
		out[i] = floorJSON{
			Status: row.FloorStatus, FloorStatus: row.FloorStatus,
			Good:             floorGoodJSON{ID: row.Good.ID, goodJSON: good, UpdatedAt: s.dateTime(m, row.Good.UpdatedAt)},
			Channel:          floorChannelJSON{ID: row.Channel.ID, channelJSON: channelRow(row.Channel)},
			CurrentInventory: row.CurrentInventory, Inventory: row.Inventory,
		}
	}
	return out, nil
}

// categoryRowJSON is a row of openapi.md §7.6.
type categoryRowJSON struct {
	ID        int64  `json:"id"`
	Title     string `json:"title"`
	SortID    int64  `json:"sort_id"`
	IsVisible bool   `json:"is_visible,omitempty"`
}

// categories is openapi.md §7.6.
func (s *Server) categories(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	rows, err := s.use.Catalog.Categories(ctx, c.merchant, machineNo)
	if err != nil {
		return nil, err
	}
	out := make([]categoryRowJSON, len(rows))
	for i, row := range rows {
		out[i] = categoryRowJSON{ID: row.ID, Title: row.Title, SortID: row.SortID, IsVisible: row.IsVisible}
	}
	return out, nil
}

// bannerJSON is a row of openapi.md §7.7.
type bannerJSON struct {
	ID         int64  `json:"id"`
	Status     string `json:"status,omitempty"`
	IsVisible  bool   `json:"is_visible,omitempty"`
	CoverImage string `json:"cover_image"`
	SortID     int64  `json:"sort_id"`
	HitCount   int64  `json:"hit_count"`
	ViewsCount int64  `json:"views_count"`
}

// banners is openapi.md §7.7.
func (s *Server) banners(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	rows, err := s.use.Catalog.Banners(ctx, c.merchant, machineNo)
	if err != nil {
		return nil, err
	}
	out := make([]bannerJSON, len(rows))
	for i, row := range rows {
		out[i] = bannerJSON{
			ID: row.ID, Status: row.Status, IsVisible: row.IsVisible, CoverImage: s.picture(row.CoverImage),
			SortID: row.SortID, HitCount: row.HitCount, ViewsCount: row.ViewsCount,
		}
	}
	return out, nil
}

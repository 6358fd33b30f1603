package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of a layout: boards and motors are those of openapi.md §4.1.
const (
	maxAddr        = 8
	maxMotor       = 99
	maxPlace       = 99
	maxFloorType   = 99
	maxChannelName = 20
)

// Layout is how a machine is built.
type Layout struct {
	Boards   []LayoutBoard   `json:"boards"`
	Channels []LayoutChannel `json:"channels"`
}

// LayoutBoard is a driver board; FloorType is one of openapi.md §4.2.
type LayoutBoard struct {
	// Addr is 1–8, each once.
	Addr          int64 `json:"addr"`
	FloorType     int64 `json:"floor_type"`
	Lift          bool  `json:"lift"`
	DropDetection bool  `json:"drop_detection"`
}

// LayoutChannel is a channel: X counts rows and Y columns, both from 0 to 99
// (openapi.md §4.1).
type LayoutChannel struct {
	// Addr is a board of the layout; Motor is 0–99, each once on a board.
	Addr  int64 `json:"addr"`
	Motor int64 `json:"motor"`
	// Name is 1–20 characters that no other channel has.
	Name        string `json:"name"`
	X           int64  `json:"x"`
	Y           int64  `json:"y"`
	IsAuxiliary bool   `json:"is_auxiliary"`
	// Capacity is in pieces.
	Capacity int64 `json:"capacity"`
}

// slot is where a channel is in a machine.
type slot struct{ addr, motor int64 }

func (c LayoutChannel) slot() slot { return slot{c.Addr, c.Motor} }

// checked returns the layout in the order of the machine, or the refusal 10001
// with the channel or board it is about.
func (l Layout) checked() (Layout, error) {
	l.Boards, l.Channels = slices.Clone(l.Boards), slices.Clone(l.Channels)
	boards, err := l.checkBoards()
	if err != nil {
		return l, err
	}
	if len(l.Channels) == 0 || len(l.Channels) > maxRows {
		return l, vending.RefuseField("channels", "range")
	}
	slots, names := map[slot]bool{}, map[string]bool{}
	for _, c := range l.Channels {
		refuse := func(field, reason string) (Layout, error) {
			return l, vending.RefuseWith(vending.CodeForm, vending.Data{"field": field, "reason": reason, "channel": c.Name})
		}
		n := utf8.RuneCountInString(c.Name)
		switch {
		case n < 1 || n > maxChannelName || !vending.Storable(c.Name):
			return refuse("name", "range")
		case !boards[c.Addr]:
			return refuse("addr", "range")
		case outside(c.Motor, maxMotor):
			return refuse("motor", "range")
		case outside(c.X, maxPlace) || outside(c.Y, maxPlace):
			return refuse("place", "range")
		case outside(c.Capacity, maxPieces):
			return refuse("capacity", "range")
		case slots[c.slot()]:
			return refuse("motor", "conflict")
		case names[c.Name]:
			return refuse("name", "conflict")
		}
		slots[c.slot()], names[c.Name] = true, true
	}
	slices.SortFunc(l.Channels, func(a, b LayoutChannel) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y), cmp.Compare(a.Motor, b.Motor))
	})
	return l, nil
}

// checkBoards puts the boards in order and returns their addresses.
func (l Layout) checkBoards() (map[int64]bool, error) {
	known := map[int64]bool{}
	for _, b := range l.Boards {
		if b.Addr < 1 || b.Addr > maxAddr || b.FloorType < 1 || b.FloorType > maxFloorType || known[b.Addr] {
			return nil, vending.RefuseWith(vending.CodeForm, vending.Data{"field": "boards", "reason": "range", "addr": b.Addr})
		}
		known[b.Addr] = true
	}
	slices.SortFunc(l.Boards, func(a, b LayoutBoard) int { return cmp.Compare(a.Addr, b.Addr) })
	return known, nil
}

func outside(n, most int64) bool { return n < 0 || n > most }

// LayoutOf is how a machine is built now. It refuses with 30003 and 30006.
func (s *Service) LayoutOf(ctx context.Context, merchant db.Merchant, machineNo string) (Layout, error) {
	m, rows, err := s.channelsOf(ctx, merchant, machineNo)
	if err != nil {
		return Layout{}, err
	}
	boards, err := boardsOf(ctx, s.store.Queries, m.ModelID)
	l := Layout{Boards: boards}
	for _, row := range rows {
		l.Channels = append(l.Channels, layoutChannel(row))
	}
	return l, err
}

func boardsOf(ctx context.Context, q *db.Queries, modelID int64) ([]LayoutBoard, error) {
	rows, err := q.BoardsOfModel(ctx, modelID)
	if err != nil {
		return nil, fmt.Errorf("read boards: %w", err)
	}
	boards := make([]LayoutBoard, len(rows))
	for i, b := range rows {
		boards[i] = LayoutBoard{Addr: b.Addr, FloorType: b.FloorType, Lift: b.Lift, DropDetection: b.DropDetection}
	}
	return boards, nil
}

func layoutChannel(row db.PlanogramRow) LayoutChannel {
	c := row.Channel
	return LayoutChannel{Addr: c.Addr, Motor: c.Motor, Name: c.Name, X: c.X, Y: c.Y, IsAuxiliary: c.IsAuxiliary, Capacity: row.Capacity}
}

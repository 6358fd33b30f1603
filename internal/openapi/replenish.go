package openapi

import (
	"context"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/vending"
)

// level reads current_inventory, or max_total under its old name; the first
// wins if both are sent (openapi.md §7.20).
func (f *form) level() int64 {
	const unset = -1
	level := f.optional("current_inventory", unset, 0, maxNumber)
	old := f.optional("max_total", unset, 0, maxNumber)
	if level == unset {
		level = old
	}
	if level == unset {
		f.failType("current_inventory", "required")
	}
	return level
}

// replenish is openapi.md §7.20.
func (s *Server) replenish(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	l := catalog.Level{MachineNo: f.machineNo(), ProductID: f.id("product_id"), Level: f.level()}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.use.Catalog.Replenish(ctx, c.merchant, l); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// replenishCategory is openapi.md §7.21. What could be set is set although the
// answer is an error.
func (s *Server) replenishCategory(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := catalog.Cabinet{MachineNo: f.machineNo(), CategoryID: f.id("category_id"), Level: f.level()}
	r.Addr = f.cabinetOrMain()
	if err := f.err(); err != nil {
		return nil, err
	}
	result, err := s.use.Catalog.ReplenishCategory(ctx, c.merchant, r)
	if err != nil {
		return nil, err
	}
	if result.Failed > 0 {
		return nil, vending.RefuseWith(vending.CodeCapacity, vending.Data{
			"updated": result.Updated, "failed": result.Failed, "channels": result.Channels,
		})
	}
	return empty{}, nil
}

// replenishAll is openapi.md §7.22.
func (s *Server) replenishAll(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := catalog.Cabinet{MachineNo: f.machineNo()}
	r.Addr = f.cabinetOrMain()
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.use.Catalog.ReplenishAll(ctx, c.merchant, r); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// cabinetOrMain reads cabinet_name and addr; cabinet A when neither is there.
func (f *form) cabinetOrMain() int64 {
	if addr := f.board(f.cabinet()); addr != 0 {
		return addr
	}
	return mainBoard
}

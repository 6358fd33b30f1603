package catalog

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// CopyPlanogram gives a machine the goods and capacities of a list (PlanogramOf),
// all or none. Nobody looks at each change, so it does nothing, with a Problem,
// where the machine lacks a channel of the list, holds more than a capacity
// allows, or has pieces or usable codes of a good that would go. It refuses as
// EditPlanogram does.
func (s *Service) CopyPlanogram(ctx context.Context, merchant db.Merchant, machineNo string, lines []PlanogramLine) ([]Edited, error) {
	staged, err := s.StagePlanogram(ctx, merchant, machineNo, lines)
	if err != nil {
		return nil, err
	}
	if len(staged.Problems) > 0 {
		return nil, staged.Problems[0]
	}
	for i := range staged.Edits {
		staged.Edits[i].unseen = true
	}
	return s.EditPlanogram(ctx, merchant, machineNo, staged.Edits)
}

// checkEmpty refuses, with a Problem, a product of which there are pieces or
// usable codes.
func (s *Service) checkEmpty(ctx context.Context, tx *store.Tx, p db.Product) error {
	c, err := tx.ChannelOfMachine(ctx, p.ChannelID, p.MachineID)
	if err != nil {
		return fmt.Errorf("read channel: %w", err)
	}
	reason, err := s.holds(ctx, tx, p)
	if err == nil && reason != "" {
		err = Problem{Channel: c.Name, Reason: reason}
	}
	return err
}

// holds tells what a product has that must not be lost, "" for nothing.
func (s *Service) holds(ctx context.Context, tx *store.Tx, p db.Product) (reason string, err error) {
	if p.CurrentInventory > 0 {
		return ReasonHoldsStock, nil
	}
	codes, err := tx.LiveCodesOfProduct(ctx, p.ID, s.clock.Millis())
	if err != nil {
		return "", fmt.Errorf("list codes: %w", err)
	}
	if len(codes) > 0 {
		return ReasonHoldsCodes, nil
	}
	return "", nil
}

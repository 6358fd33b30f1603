package console

import (
	"context"
	"errors"
	"strconv"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxCopies bounds the machines that a planogram is copied to at once.
const maxCopies = 500

// copiedRow is what became of a copy at one machine. Changes counts channels.
// Reason is "" where it is done: else a problem of Channel, or the code of a
// refusal.
type copiedRow struct {
	MachineNo string `json:"machine_no"`
	Done      bool   `json:"done"`
	Changes   int    `json:"changes"`
	Channel   string `json:"channel"`
	Reason    string `json:"reason"`
}

// copyPlanogram gives other machines the goods and capacities of one; each gets
// all of it or nothing, with an entry in the audit log.
func (s *Server) copyPlanogram(ctx context.Context, c *call) (any, error) {
	var in struct {
		MachineNos []string `json:"machine_nos"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.MachineNos) == 0 || len(in.MachineNos) > maxCopies {
		return nil, badRequest("machine_nos: name 1–" + strconv.Itoa(maxCopies) + " machines")
	}
	source := c.r.PathValue("machine_no")
	lines, err := s.planogramLines(ctx, c, source)
	if err != nil {
		return nil, err
	}
	out := all[copiedRow]{Items: make([]copiedRow, len(in.MachineNos))}
	for i, no := range in.MachineNos {
		if out.Items[i], err = s.copyTo(ctx, c, source, no, lines); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) copyTo(ctx context.Context, c *call, source, machineNo string, lines []catalog.PlanogramLine) (copiedRow, error) {
	row := copiedRow{MachineNo: machineNo}
	m, err := s.ownMachine(ctx, c, machineNo)
	if err == nil {
		var before any
		if before, err = s.holdings(ctx, m.Machine.ID, nil); err != nil {
			return row, err
		}
		ctx = s.recording(ctx, c, "planogram.copy", "machine", machineNo, before, map[string]any{"from": source})
		var done []catalog.Edited
		done, err = s.use.Catalog.CopyPlanogram(ctx, c.Merchant, machineNo, lines)
		row.Changes = len(done)
	}
	var problem catalog.Problem
	var refusal *vending.Error
	switch {
	case errors.As(err, &problem):
		row.Channel, row.Reason = problem.Channel, problem.Reason
	case errors.As(err, &refusal):
		row.Reason = strconv.Itoa(int(refusal.Code))
	case err != nil:
		return row, err
	}
	row.Done = err == nil
	return row, nil
}

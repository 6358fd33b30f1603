package console

import (
	"context"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// pathMachine returns the machine that the path names, if it is in the scope.
func (s *Server) pathMachine(ctx context.Context, c *call) (store.Machine, error) {
	return s.ownMachine(ctx, c, c.r.PathValue("machine_no"))
}

// ownMachine returns a machine in the scope; any other is the refusal 30003.
func (s *Server) ownMachine(ctx context.Context, c *call, machineNo string) (store.Machine, error) {
	if !vending.Storable(machineNo) { // not every engine can look it up
		return store.Machine{}, vending.Refuse(vending.CodeMachineUnknown)
	}
	m, err := store.OwnMachine(ctx, s.store.Queries, c.Merchant.ID, machineNo)
	if err == nil && !c.Sees(m.Machine) {
		return store.Machine{}, vending.Refuse(vending.CodeMachineUnknown)
	}
	return m, err
}

// machineFilter reads machine_no from a query; 0 is all machines.
func (s *Server) machineFilter(ctx context.Context, c *call, q *query) (int64, error) {
	machineNo := q.text("machine_no", 20)
	if machineNo == "" {
		return 0, nil
	}
	m, err := s.ownMachine(ctx, c, machineNo)
	return m.Machine.ID, err
}

// ownOrder returns the order that the path names, and its machine, if both are
// in the scope. The machine may have another merchant now.
func (s *Server) ownOrder(ctx context.Context, c *call) (db.Order, db.Machine, error) {
	unknown := vending.Refuse(vending.CodeRecordUnknown)
	id, err := c.id("id")
	if err != nil {
		return db.Order{}, db.Machine{}, unknown
	}
	order, found, err := store.Find(s.store.OrderByID(ctx, id))
	if err != nil {
		return db.Order{}, db.Machine{}, err
	}
	if !found || order.MerchantID != c.Merchant.ID {
		return db.Order{}, db.Machine{}, unknown
	}
	m, err := s.store.MachineByID(ctx, order.MachineID)
	if err == nil && c.Group != "" && !c.Sees(m.Machine) {
		return db.Order{}, db.Machine{}, unknown
	}
	return order, m.Machine, err
}

// recording returns a context under which the change of a use case is written to
// the audit log together with who made it.
func (s *Server) recording(ctx context.Context, c *call, action, kind, id string, before, after any) context.Context {
	return s.use.Audit.Recording(ctx, audit.Entry{By: c.By(), Action: action, Kind: kind, ID: id, Before: before, After: after})
}

// record writes to the audit log what somebody is about to do that changes nothing
// here.
func (s *Server) record(ctx context.Context, c *call, action, kind, id string, after any) error {
	return s.store.InTx(s.recording(ctx, c, action, kind, id, nil, after), func(*store.Tx) error { return nil })
}

func currencyCode(id int64) string {
	currency, _ := vending.CurrencyByID(id)
	return currency.Code
}

package console

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) controlRoutes() []route {
	return []route{
		{http.MethodPost, "/machines/{machine_no}/test", member, account.TestDispense, s.testDispense},
		{http.MethodPost, "/machines/{machine_no}/actions", member, account.TestDispense, s.machineAction},
	}
}

// deliveryInfo is one dispense command.
type deliveryInfo struct {
	ID         string                `json:"id"`
	OrderID    int64                 `json:"order_id"`
	RecordID   int64                 `json:"record_id"`
	ProductID  int64                 `json:"product_id"`
	Quantity   int64                 `json:"quantity"`
	Delivered  int64                 `json:"delivered"`
	State      vending.DeliveryState `json:"state"`
	StartedAt  int64                 `json:"started_at"`
	TimeoutAt  int64                 `json:"timeout_at"`
	FinishedAt int64                 `json:"finished_at"`
	PickupAt   int64                 `json:"pickup_at"`
	FailReason string                `json:"fail_reason"`
}

func showDelivery(d db.Delivery) deliveryInfo {
	return deliveryInfo{
		ID: dispense.FormatID(d.ID), OrderID: d.OrderID, RecordID: d.RecordID, ProductID: d.ProductID, Quantity: d.Quantity,
		Delivered: d.Delivered, State: d.State, StartedAt: d.DeliveredAt, TimeoutAt: d.TimeoutAt, FinishedAt: d.FinishedAt,
		PickupAt: d.PickupAt, FailReason: d.FailReason,
	}
}

// testDispense drops one piece of a channel, named itself or by its product.
func (s *Server) testDispense(ctx context.Context, c *call) (any, error) {
	var in struct {
		ProductID int64  `json:"product_id,omitempty"`
		Channel   string `json:"channel,omitempty"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	if !vending.Storable(in.Channel) {
		return nil, vending.Refuse(vending.CodeChannelUnknown)
	}
	if in.Channel == "" {
		if in.Channel, err = s.channelOf(ctx, m.Machine.ID, in.ProductID); err != nil {
			return nil, err
		}
	}
	ctx = s.recording(ctx, c, "machine.test", "machine", m.Machine.MachineNo, nil, in)
	d, _, err := s.use.Dispense.StartTest(ctx, c.Merchant, dispense.TestRequest{
		MachineNo: m.Machine.MachineNo, ChannelName: in.Channel,
	})
	return created{showDelivery(d)}, err
}

// channelOf returns the name of the channel that holds a product.
func (s *Server) channelOf(ctx context.Context, machineID, productID int64) (string, error) {
	p, found, err := store.Find(s.store.ProductOfMachine(ctx, productID, machineID))
	if err != nil {
		return "", err
	}
	if !found {
		return "", vending.RefuseProduct(vending.CodeProductUnknown, productID)
	}
	channel, found, err := store.Find(s.store.ChannelOfMachine(ctx, p.ChannelID, machineID))
	if err == nil && !found {
		err = vending.Refuse(vending.CodeChannelUnknown)
	}
	return channel.Name, err
}

// actionInput is what a page wants a machine to do.
type actionInput struct {
	Action     string            `json:"action"`
	ProductIDs []int64           `json:"product_ids,omitempty"`
	Channel    string            `json:"channel,omitempty"`
	Settings   map[string]string `json:"settings,omitempty"`
	Force      bool              `json:"force,omitempty"`
	Revoke     bool              `json:"revoke,omitempty"`
}

// actionResult tells what became of an action; the machine hears of it when it is there.
type actionResult struct {
	Accepted   bool     `json:"accepted"`
	ProductIDs []int64  `json:"product_ids,omitempty"`
	Sent       []string `json:"sent,omitempty"`
	// Password is shown once.
	Password string `json:"password,omitempty"`
}

// action does one thing with a machine.
type action struct {
	may account.Permission
	run func(s *Server, ctx context.Context, m store.Machine, o actionInput) (actionResult, error)
}

// actions are those of `vendlane admin machine`.
func actions() map[string]action {
	tell := func(what func(s *Server, ctx context.Context, machineID int64) error) action {
		return action{account.ControlMachines, func(s *Server, ctx context.Context, m store.Machine, _ actionInput) (actionResult, error) {
			return actionResult{Accepted: true}, what(s, ctx, m.Machine.ID)
		}}
	}
	return map[string]action{
		"refresh":        tell(func(s *Server, ctx context.Context, id int64) error { return s.use.Catalog.Refresh(ctx, id) }),
		"reboot":         tell(func(s *Server, ctx context.Context, id int64) error { return s.use.Fleet.Reboot(ctx, id) }),
		"shutdown":       tell(func(s *Server, ctx context.Context, id int64) error { return s.use.Fleet.Shutdown(ctx, id) }),
		"factory_reset":  tell(func(s *Server, ctx context.Context, id int64) error { return s.use.Fleet.FactoryReset(ctx, id) }),
		"clear_schedule": tell(func(s *Server, ctx context.Context, id int64) error { return s.use.Fleet.ClearSchedules(ctx, id) }),
		"configure":      {account.ControlMachines, (*Server).configure},
		"password":       {account.ControlMachines, (*Server).newMachinePassword},
		"clear_fault": {account.TestDispense, func(s *Server, ctx context.Context, m store.Machine, o actionInput) (actionResult, error) {
			cleared, err := s.use.Catalog.ClearFaults(ctx, m.Machine.ID, o.ProductIDs)
			return actionResult{Accepted: true, ProductIDs: cleared}, err
		}},
		"debug_channel": {account.TestDispense, func(s *Server, ctx context.Context, m store.Machine, o actionInput) (actionResult, error) {
			return actionResult{Accepted: true}, s.use.Dispense.DebugChannel(ctx, m, o.Channel)
		}},
	}
}

func (s *Server) machineAction(ctx context.Context, c *call) (any, error) {
	var in actionInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a, known := actions()[in.Action]
	if !known || !vending.Storable(in.Channel) || len(in.ProductIDs) > maxEdits {
		return nil, badRequest("unknown action, or fields out of range")
	}
	if !c.Role.May(a.may) {
		return nil, account.Forbidden
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "machine."+in.Action, "machine", m.Machine.MachineNo, nil, in)
	return a.run(s, ctx, m, in)
}

func (s *Server) configure(ctx context.Context, m store.Machine, o actionInput) (actionResult, error) {
	wanted := []vending.Setting{}
	for _, name := range slices.Sorted(maps.Keys(o.Settings)) {
		setting := vending.Setting{Name: name, Value: o.Settings[name]}
		if err := vending.CheckPushedSetting(setting); err != nil {
			return actionResult{}, fault{http.StatusUnprocessableEntity, "setting_invalid", err.Error()}
		}
		wanted = append(wanted, setting)
	}
	sent, err := s.use.Fleet.PushConfig(ctx, m.Machine.ID, wanted)
	return actionResult{Accepted: true, Sent: sent}, err
}

func (s *Server) newMachinePassword(ctx context.Context, m store.Machine, o actionInput) (actionResult, error) {
	password := fleet.DrawPassword()
	var err error
	if o.Revoke {
		err = s.use.Fleet.RevokePassword(ctx, m.Machine, password)
	} else {
		err = s.use.Fleet.ChangePassword(ctx, m.Machine, password, o.Force)
	}
	if errors.Is(err, fleet.ErrPasswordPending) {
		return actionResult{}, fault{http.StatusConflict, "password_pending", ""}
	}
	return actionResult{Accepted: true, Password: password}, changedMeanwhile(err)
}

package pickup

import (
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// checks decides whether a code can be redeemed, from facts that have been read
// before: it does no I/O, so that the rules are the same however they are read.
type checks struct {
	facts    store.Facts
	merchant db.Merchant
	request  Consumption
	limits   vending.WrongCodeLimits
	now      int64
}

// run is consume.md §3, steps 15–29: the first failing line wins.
func (c checks) run() error {
	f := c.facts
	if f.MachineID == 0 || f.MerchantID != c.merchant.ID {
		return vending.Refuse(vending.CodeMachineUnknown)
	}
	if err := c.replay(); err != nil {
		return err
	}
	if err := c.lock(); err != nil {
		return err
	}
	if err := CheckOpen(f.PickupCodeEnabled, f.MachineStatus, f.IsOnline, c.merchant.Debug); err != nil {
		return err
	}
	if !c.codeFound() {
		return vending.Refuse(vending.CodePickupCodeUnknown)
	}
	switch vending.CodeStateAt(vending.CodeState(f.CodeState), f.CodeExpiredAt, c.now) {
	case vending.CodeCancelled:
		return vending.Refuse(vending.CodePickupCodeCancelled)
	case vending.CodeExpired:
		return vending.Refuse(vending.CodePickupCodeExpired)
	}
	if !c.request.AnyProduct && f.CodeProductID != c.request.ProductID {
		return vending.Refuse(vending.CodePickupCodeProduct)
	}
	return c.product()
}

// CheckOpen is steps 20–23: whether a machine redeems codes now, whatever they
// are. debug is the debug mode of its merchant.
func CheckOpen(enabled bool, status vending.MachineStatus, online, debug bool) error {
	if !enabled {
		return vending.Refuse(vending.CodePickupCodesDisabled)
	}
	return vending.SellGate().Check(status, online, debug)
}

// replay is steps 16–18. They come first so that a merchant whose answer got
// lost learns its order_id whatever has happened to the machine since.
func (c checks) replay() error {
	f := c.facts
	if f.OrderID != 0 {
		code := vending.CodeTradeIDExists
		if f.OrderCode == c.request.Code {
			code = vending.CodePickupCodeUsed
		}
		return vending.RefuseWith(code, vending.Data{"order_id": f.OrderID})
	}
	if c.codeFound() && vending.CodeState(f.CodeState) == vending.CodeUsed {
		return refuseUsed(f.CodeOrderID)
	}
	return nil
}

// codeFound tells whether the machine has the code. One that another merchant
// redeemed, who had the machine before, must look as if it did not exist: so
// must its order (errors.md §1).
func (c checks) codeFound() bool {
	f := c.facts
	if vending.CodeState(f.CodeState) == vending.CodeUsed && f.CodeUsedBy != 0 && f.CodeUsedBy != c.merchant.ID {
		return false
	}
	return f.CodeID != 0
}

// lock is step 19. Switched off, the lock holds nobody, not even where it was
// on before.
func (c checks) lock() error {
	if c.limits.Max <= 0 {
		return nil
	}
	counter, err := wrongCodes(c.facts.MachineID, c.facts.WrongAttempts, c.facts.WrongLockedUntil)
	if err != nil {
		return err
	}
	if retryAfter, locked := counter.Locked(c.now); locked {
		return refuseLocked(retryAfter)
	}
	return nil
}

// product is steps 27–29.
func (c checks) product() error {
	f := c.facts
	offer := db.OfferRow{
		ID: f.ProductID, OnSale: f.OnSale, CurrentInventory: f.CurrentInventory, FloorStatus: f.FloorStatus,
		GoodID: f.GoodID, Price: f.Price, ChannelID: f.ChannelID, FloorType: f.FloorType,
	}
	return catalog.CheckSellable(offer, f.ProductID != 0, f.CodeProductID, f.CodeQuantity)
}

package provision

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// slot is where a channel is in a machine.
type slot struct{ addr, motor int64 }

// setPlanogram brings channels and products in line with the list and returns
// the product ids by channel name.
func (a *Applier) setPlanogram(ctx context.Context, tx *store.Tx, m db.Machine, merchantID int64, listed []Channel, categories map[string]int64) (map[string]int64, error) {
	if err := a.retireChannels(ctx, tx, m, listed); err != nil {
		return nil, err
	}
	boards, err := tx.BoardsOfModel(ctx, m.ModelID)
	if err != nil {
		return nil, err
	}
	products := map[string]int64{}
	for _, c := range listed {
		if err := c.fit(boards); err != nil {
			return nil, fmt.Errorf("channel %s: %w", c.name(), err)
		}
		id, err := setChannel(ctx, tx, m.ID, merchantID, c, categories)
		if err != nil {
			return nil, fmt.Errorf("channel %s: %w", c.name(), err)
		}
		products[c.name()] = id
	}
	return products, nil
}

// retireChannels removes the channels that are no longer listed. Their
// products stay as rows, because orders name them, but are off sale and
// without a channel; their codes are cancelled (openapi.md §6.1).
func (a *Applier) retireChannels(ctx context.Context, tx *store.Tx, m db.Machine, listed []Channel) error {
	kept := map[slot]string{}
	for _, c := range listed {
		kept[c.slot()] = c.name()
	}
	stored, err := tx.ChannelsOfMachine(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, c := range stored {
		name, isKept := kept[slot{c.Addr, c.Motor}]
		if isKept && name == c.Name {
			continue
		}
		if isKept {
			// Its old name must be free before the new ones are set: two
			// channels may change names with each other.
			if err := tx.RenameChannel(ctx, c.ID, fmt.Sprintf("~%d", c.ID)); err != nil {
				return fmt.Errorf("rename channel %s: %w", c.Name, err)
			}
			continue
		}
		if err := a.retireProduct(ctx, tx, m.ID, c); err != nil {
			return fmt.Errorf("remove channel %s: %w", c.Name, err)
		}
	}
	return nil
}

func (a *Applier) retireProduct(ctx context.Context, tx *store.Tx, machineID int64, c db.Channel) error {
	product, found, err := store.Find(tx.ProductByChannel(ctx, c.ID))
	if err != nil {
		return err
	}
	if found {
		if err := a.pickup.CancelForProduct(ctx, tx, machineID, product.ID); err != nil {
			return err
		}
		if err := tx.RetireProduct(ctx, product.ID); err != nil {
			return err
		}
	}
	return tx.DeleteChannel(ctx, c.ID)
}

func setChannel(ctx context.Context, tx *store.Tx, machineID, merchantID int64, c Channel, categories map[string]int64) (int64, error) {
	channelID, err := tx.SetChannel(ctx, db.SetChannelParams{
		MachineID: machineID, Addr: c.slot().addr, Motor: c.Motor, Name: c.name(), X: c.X, Y: c.Y,
		IsAuxiliary: c.Auxiliary,
	})
	if err != nil {
		return 0, err
	}
	goodID := int64(0)
	if c.Good != "" {
		good, found, err := store.Find(tx.GoodBySlug(ctx, merchantID, c.Good))
		if err != nil {
			return 0, err
		}
		if !found {
			return 0, fmt.Errorf("good %q is not known", c.Good)
		}
		goodID = good.ID
	}
	categoryID, known := categories[c.Category]
	if c.Category != "" && !known {
		return 0, fmt.Errorf("category %q is not listed for the machine", c.Category)
	}
	product, found, err := store.Find(tx.ProductByChannel(ctx, channelID))
	if err != nil {
		return 0, err
	}
	if !found {
		return insertProduct(ctx, tx, machineID, channelID, goodID, categoryID, c)
	}
	if product.CurrentInventory > c.Capacity {
		return 0, fmt.Errorf("capacity %d is below the stock of %d", c.Capacity, product.CurrentInventory)
	}
	return product.ID, tx.UpdateProduct(ctx, db.UpdateProductParams{
		ID: product.ID, GoodID: goodID, CategoryID: categoryID, OnSale: !c.OffSale,
		Inventory: c.Capacity, SortID: c.SortID,
	})
}

func insertProduct(ctx context.Context, tx *store.Tx, machineID, channelID, goodID, categoryID int64, c Channel) (int64, error) {
	if c.ProductID == 0 {
		return tx.InsertProduct(ctx, db.InsertProductParams{
			MachineID: machineID, ChannelID: channelID, GoodID: goodID, CategoryID: categoryID,
			OnSale: !c.OffSale, Inventory: c.Capacity, CurrentInventory: c.Stock, SortID: c.SortID,
		})
	}
	n, err := tx.InsertProductWithID(ctx, db.InsertProductWithIDParams{
		ID: c.ProductID, MachineID: machineID, ChannelID: channelID, GoodID: goodID, CategoryID: categoryID,
		OnSale: !c.OffSale, Inventory: c.Capacity, CurrentInventory: c.Stock, SortID: c.SortID,
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("product_id %d is taken", c.ProductID)
	}
	return c.ProductID, err
}

// fit completes a channel from its board, which the model must have.
func (c *Channel) fit(boards []db.ModelBoard) error {
	for _, b := range boards {
		if b.Addr != c.slot().addr {
			continue
		}
		if c.Capacity == 0 {
			c.Capacity = b.Capacity
		}
		if c.Stock > c.Capacity {
			return fmt.Errorf("stock %d is above the capacity %d", c.Stock, c.Capacity)
		}
		return nil
	}
	return fmt.Errorf("the model has no board %d", c.slot().addr)
}

func (c Channel) slot() slot { return slot{addr: max(1, c.Addr), motor: c.Motor} }

// name is the channel's name: as given, else cabinet letter and motor number
// plus 1 (openapi.md §4.1).
func (c Channel) name() string {
	if c.Name != "" {
		return c.Name
	}
	return vending.CabinetName(c.slot().addr) + strconv.FormatInt(c.Motor+1, 10)
}

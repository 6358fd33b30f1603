package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/sync/errgroup"
)

// shop is a merchant with many equal machines, each with one product.
type shop struct {
	merchant   db.Merchant
	machineIDs []int64
	productIDs []int64
	ordered    int
}

// openShop makes the machines. All have the same password; the first ones share
// its hash as well, so that one of them warms the password cache for all, and
// the cold ones behind them have a hash each.
func openShop(ctx context.Context, st *store.Store, box *secrets.Box, service *fleet.Service, machines, cold int) (shop, error) {
	var s shop
	hashes, err := hash(ctx, service, 1+cold)
	if err != nil {
		return s, err
	}
	sealed, err := box.Seal(secrets.PurposeAppKey, appKey)
	if err != nil {
		return s, err
	}
	err = st.InTx(ctx, func(tx *store.Tx) error {
		s.machineIDs, s.productIDs = nil, nil
		s.merchant, err = tx.InsertMerchant(ctx, db.InsertMerchantParams{
			Slug: "bench", Status: vending.MerchantVerified, AppID: "bench", AppKeySealed: sealed,
		})
		if err != nil {
			return err
		}
		model, err := tx.InsertModel(ctx, s.merchant.ID, "bench")
		if err != nil {
			return err
		}
		err = tx.SetModelBoard(ctx, db.SetModelBoardParams{
			ModelID: model.ID, Addr: 1, FloorType: int64(vending.FloorMotor), DropDetection: true,
		})
		if err != nil {
			return err
		}
		good, err := tx.InsertGood(ctx, db.InsertGoodParams{MerchantID: s.merchant.ID, Slug: "water", Name: "Water", Price: 100})
		if err != nil {
			return err
		}
		for i := range machines + cold {
			if err := s.addMachine(ctx, tx, i, model.ID, good, hashes[max(0, i-machines+1)]); err != nil {
				return fmt.Errorf("machine %s: %w", machineNo(i), err)
			}
		}
		return nil
	})
	return s, err
}

// hash returns the stored forms of the password, each different.
func hash(ctx context.Context, machines *fleet.Service, n int) ([]string, error) {
	hashes := make([]string, n)
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range hashes {
		group.Go(func() (err error) {
			hashes[i], err = machines.HashPassword(password)
			return err
		})
	}
	return hashes, group.Wait()
}

func (s *shop) addMachine(ctx context.Context, tx *store.Tx, i int, modelID, goodID int64, hash string) error {
	id, err := tx.InsertMachine(ctx, db.InsertMachineParams{
		MerchantID: s.merchant.ID, ModelID: modelID, MachineNo: machineNo(i),
		Status: vending.MachineOperational, PasswordHash: hash,
	})
	if err != nil {
		return err
	}
	if err := tx.InsertPresence(ctx, id); err != nil {
		return err
	}
	channel, err := tx.SetChannel(ctx, db.SetChannelParams{MachineID: id, Addr: 1, Name: "A1"})
	if err != nil {
		return err
	}
	product, err := tx.InsertProduct(ctx, db.InsertProductParams{
		MachineID: id, ChannelID: channel, GoodID: goodID, OnSale: true, Inventory: 1_000_000, CurrentInventory: 1_000_000,
	})
	s.machineIDs = append(s.machineIDs, id)
	s.productIDs = append(s.productIDs, product)
	return err
}

// orders makes n orders of one piece each, in turn for the first machines, and
// returns what to dispense.
func (s *shop) orders(ctx context.Context, st *store.Store, n, machines int) ([]dispense.Request, error) {
	requests := make([]dispense.Request, n)
	err := st.InTx(ctx, func(tx *store.Tx) error {
		for i := range requests {
			machine := i % machines
			trade := fmt.Sprintf("bench-%020d", s.ordered+i)
			order, err := tx.InsertOrder(ctx, db.InsertOrderParams{
				MerchantID: s.merchant.ID, MachineID: s.machineIDs[machine], TradeID: trade, TradeKey: trade,
				Status: vending.OrderPickupCode, NotifyUrl: "https://merchant.example/notify",
			})
			if err != nil {
				return err
			}
			record, err := tx.InsertRecord(ctx, db.InsertRecordParams{
				OrderID: order, ProductID: s.productIDs[machine], Quantity: 1, Price: 100,
			})
			if err != nil {
				return err
			}
			requests[i] = dispense.Request{MachineNo: machineNo(machine), OrderID: order, RecordID: record}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("make orders: %w", err)
	}
	s.ordered += n
	return requests, nil
}

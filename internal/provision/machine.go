package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (a *Applier) applyMachine(ctx context.Context, tx *store.Tx, merchant db.Merchant, modelID int64, m Machine, p password) (int64, error) {
	row, err := a.setMachine(ctx, tx, merchant, modelID, m, p)
	if err != nil {
		return 0, err
	}
	if err := setAnnouncement(ctx, tx, row.ID, m.Announcement); err != nil {
		return 0, fmt.Errorf("announcement: %w", err)
	}
	if err := a.setBanners(ctx, tx, row, m.Banners); err != nil {
		return 0, fmt.Errorf("banners: %w", err)
	}
	categories, err := setCategories(ctx, tx, row.ID, m.Categories)
	if err != nil {
		return 0, fmt.Errorf("categories: %w", err)
	}
	products, err := a.setPlanogram(ctx, tx, row, merchant.ID, m.Planogram, categories)
	if err != nil {
		return 0, err
	}
	for _, c := range m.Codes {
		if err := a.setCode(ctx, tx, row, c, products); err != nil {
			return 0, fmt.Errorf("code for channel %s: %w", c.Channel, err)
		}
	}
	return row.ID, nil
}

func (a *Applier) setMachine(ctx context.Context, tx *store.Tx, merchant db.Merchant, modelID int64, m Machine, p password) (db.Machine, error) {
	stored, found, err := store.Find(tx.MachineByNo(ctx, m.MachineNo))
	if err != nil {
		return db.Machine{}, err
	}
	row := stored.Machine
	if found && row.MerchantID != merchant.ID {
		return row, errors.New("belongs to another merchant")
	}
	if !found {
		row = db.Machine{MerchantID: merchant.ID, MachineNo: m.MachineNo, Timezone: merchant.Timezone, CreatedAt: a.clock.Millis()}
	}
	row.ModelID, row.Name, row.Status = modelID, m.Name, vending.MachineStatus(m.Status)
	row.MachineType, row.Address, row.LngLat = m.MachineType, m.Address, m.LngLat
	row.CoverImage, row.Contact, row.Tel = m.CoverImage, m.Contact, m.Tel
	row.CurrencyID, row.PickupCodeEnabled, row.PasswordHash = m.CurrencyID, m.PickupCodeEnabled, p.hash
	if m.Timezone != "" {
		row.Timezone = m.Timezone
	}
	if row.Status == "" {
		row.Status = vending.MachineOperational
	}
	if row.MachineType == 0 {
		row.MachineType = 1
	}
	if found {
		return row, tx.UpdateMachine(ctx, db.UpdateMachineParams{
			ID: row.ID, ModelID: row.ModelID, Name: row.Name, Status: row.Status, MachineType: row.MachineType,
			Address: row.Address, LngLat: row.LngLat, CoverImage: row.CoverImage, Contact: row.Contact, Tel: row.Tel,
			Timezone: row.Timezone, CurrencyID: row.CurrencyID, PickupCodeEnabled: row.PickupCodeEnabled,
			PasswordHash: row.PasswordHash,
		})
	}
	row.ID, err = tx.InsertMachine(ctx, db.InsertMachineParams{
		MerchantID: row.MerchantID, ModelID: row.ModelID, MachineNo: row.MachineNo, Name: row.Name,
		Status: row.Status, MachineType: row.MachineType, Address: row.Address, LngLat: row.LngLat,
		CoverImage: row.CoverImage, Contact: row.Contact, Tel: row.Tel, Timezone: row.Timezone,
		CurrencyID: row.CurrencyID, PickupCodeEnabled: row.PickupCodeEnabled, PasswordHash: row.PasswordHash,
		CreatedAt: row.CreatedAt,
	})
	if err != nil {
		return row, err
	}
	return row, tx.InsertPresence(ctx, row.ID)
}

func setAnnouncement(ctx context.Context, tx *store.Tx, machineID int64, n *Announcement) error {
	if n == nil {
		return tx.DeleteAnnouncement(ctx, machineID)
	}
	return tx.SetAnnouncement(ctx, db.SetAnnouncementParams{
		MachineID: machineID, Title: n.Title, Content: n.Content, IsLink: n.LinkURL != "", LinkUrl: n.LinkURL,
	})
}

// setBanners brings the banners in line with the list; counts of those that
// stay are kept.
func (a *Applier) setBanners(ctx context.Context, tx *store.Tx, m db.Machine, listed []Banner) error {
	kept := map[string]bool{}
	for _, b := range listed {
		kept[b.CoverImage] = true
		status, expiredAt := "APPROVED", int64(0)
		if b.Pending {
			status = "PENDING"
		}
		if b.ExpiredAt != "" {
			var err error
			if expiredAt, err = vending.ParseDateTime(b.ExpiredAt, vending.Zone(m.Timezone, a.zone)); err != nil {
				return fmt.Errorf("expired_at: %w", err)
			}
		}
		err := tx.SetBanner(ctx, db.SetBannerParams{
			MachineID: m.ID, Status: status, IsVisible: !b.Hidden, CoverImage: b.CoverImage, SortID: b.SortID, ExpiredAt: expiredAt,
		})
		if err != nil {
			return err
		}
	}
	stored, err := tx.AllBannersOfMachine(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, b := range stored {
		if !kept[b.CoverImage] {
			if err := tx.DeleteBanner(ctx, b.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// setCategories returns the machine's categories by title.
func setCategories(ctx context.Context, tx *store.Tx, machineID int64, listed []Category) (map[string]int64, error) {
	ids := map[string]int64{}
	for _, c := range listed {
		id, err := tx.SetCategory(ctx, db.SetCategoryParams{
			MachineID: machineID, Title: c.Title, SortID: c.SortID, IsVisible: !c.Hidden,
		})
		if err != nil {
			return nil, err
		}
		ids[c.Title] = id
	}
	stored, err := tx.CategoriesOfMachine(ctx, machineID)
	if err != nil {
		return nil, err
	}
	for _, c := range stored {
		if _, kept := ids[c.Title]; !kept {
			if err := tx.DeleteCategory(ctx, c.ID); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

func (a *Applier) setCode(ctx context.Context, tx *store.Tx, m db.Machine, c Code, products map[string]int64) error {
	_, known, err := store.Find(tx.NewestCode(ctx, m.ID, c.Code))
	if err != nil || known {
		return err
	}
	productID, ok := products[c.Channel]
	if !ok {
		return errors.New("no such channel in the planogram")
	}
	row := db.PickupCode{
		ProductID: productID, Code: c.Code, Quantity: max(1, c.Quantity),
	}
	if c.ExpiredAt != "" {
		if row.ExpiredAt, err = vending.ParseDateTime(c.ExpiredAt, vending.Zone(m.Timezone, a.zone)); err != nil {
			return fmt.Errorf("expired_at: %w", err)
		}
	}
	row.ID, err = tx.InsertCode(ctx, db.InsertCodeParams{
		MachineID: m.ID, ProductID: row.ProductID, Code: row.Code, Quantity: row.Quantity,
		CreatedAt: a.clock.Millis(), ExpiredAt: row.ExpiredAt,
	})
	if err != nil {
		return err
	}
	return a.pickup.QueueCreate(ctx, tx, m, row)
}

package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// connectSerial is the connection type of a machine on a serial port
// (later.md §2.4).
const connectSerial = 3

// applyMachine brings a machine in line with the file and returns its id.
func (a *Applier) applyMachine(ctx context.Context, tx *store.Tx, merchant db.Merchant, modelID int64, m Machine, p fleet.NewPassword) (int64, error) {
	stored, found, err := store.Find(tx.MachineByNo(ctx, m.MachineNo))
	if err != nil {
		return 0, err
	}
	row := stored.Machine
	if !found {
		row = db.Machine{MerchantID: merchant.ID, MachineNo: m.MachineNo, Timezone: merchant.Timezone, CreatedAt: a.clock.Millis()}
		describe(&row, modelID, m)
		if row.ID, err = insertMachine(ctx, tx, row, p); err != nil {
			return 0, err
		}
		return row.ID, a.fillMachine(ctx, tx, merchant, row, m)
	}
	if row.MerchantID != merchant.ID {
		return 0, errors.New("belongs to another merchant")
	}
	return row.ID, a.tellIfChanged(ctx, tx, row.ID, func() error {
		if err := a.updateMachine(ctx, tx, &row, modelID, m, p); err != nil {
			return err
		}
		return a.fillMachine(ctx, tx, merchant, row, m)
	})
}

// fillMachine sets everything a machine shows and holds.
func (a *Applier) fillMachine(ctx context.Context, tx *store.Tx, merchant db.Merchant, row db.Machine, m Machine) error {
	if err := tx.SetMachineGroup(ctx, row.ID, m.Group); err != nil {
		return fmt.Errorf("machine_group: %w", err)
	}
	if err := setAnnouncement(ctx, tx, row.ID, m.Announcement); err != nil {
		return fmt.Errorf("announcement: %w", err)
	}
	if err := a.setBanners(ctx, tx, row, m.Banners); err != nil {
		return fmt.Errorf("banners: %w", err)
	}
	categories, err := setCategories(ctx, tx, row.ID, m.Categories)
	if err != nil {
		return fmt.Errorf("categories: %w", err)
	}
	products, err := a.setPlanogram(ctx, tx, row, merchant.ID, m.Planogram, categories)
	if err != nil {
		return err
	}
	for _, c := range m.Codes {
		if err := a.setCode(ctx, tx, row, c, products); err != nil {
			return fmt.Errorf("code for channel %s: %w", c.Channel, err)
		}
	}
	return nil
}

// describe sets what the file says of a machine itself.
func describe(row *db.Machine, modelID int64, m Machine) {
	row.ModelID, row.Name, row.Status = modelID, m.Name, vending.MachineStatus(m.Status)
	row.MachineType, row.ConnectType = cmp.Or(m.MachineType, 1), cmp.Or(m.ConnectType, 1)
	row.Address, row.LngLat, row.CoverImage = m.Address, m.LngLat, m.CoverImage
	row.Contact, row.Tel = m.Contact, m.Tel
	row.CurrencyID, row.PickupCodeEnabled = m.CurrencyID, m.PickupCodeEnabled
	if m.Timezone != "" {
		row.Timezone = m.Timezone
	}
	if row.Status == "" {
		row.Status = vending.MachineOperational
	}
}

func insertMachine(ctx context.Context, tx *store.Tx, row db.Machine, p fleet.NewPassword) (int64, error) {
	id, err := tx.InsertMachine(ctx, db.InsertMachineParams{
		MerchantID: row.MerchantID, ModelID: row.ModelID, MachineNo: row.MachineNo, Name: row.Name,
		Status: row.Status, MachineType: row.MachineType, Address: row.Address, LngLat: row.LngLat,
		CoverImage: row.CoverImage, Contact: row.Contact, Tel: row.Tel, Timezone: row.Timezone,
		CurrencyID: row.CurrencyID, PickupCodeEnabled: row.PickupCodeEnabled, PasswordHash: p.Hash,
		CreatedAt: row.CreatedAt, ConnectType: row.ConnectType,
	})
	if err != nil {
		return 0, err
	}
	return id, tx.InsertPresence(ctx, id)
}

// updateMachine brings a machine's row in line with the file. A new password is
// told to the machine, and so is that it leaves the serial port.
func (a *Applier) updateMachine(ctx context.Context, tx *store.Tx, row *db.Machine, modelID int64, m Machine, p fleet.NewPassword) error {
	if p.Plain != "" {
		if err := a.fleet.SetPassword(ctx, tx, *row, p); err != nil {
			return err
		}
	}
	before := row.ConnectType
	describe(row, modelID, m)
	if before == connectSerial && row.ConnectType != connectSerial {
		if err := a.fleet.QueueFactoryReset(ctx, tx, row.ID); err != nil {
			return err
		}
	}
	return tx.UpdateMachine(ctx, db.UpdateMachineParams{
		ID: row.ID, ModelID: row.ModelID, Name: row.Name, Status: row.Status, MachineType: row.MachineType,
		Address: row.Address, LngLat: row.LngLat, CoverImage: row.CoverImage, Contact: row.Contact, Tel: row.Tel,
		Timezone: row.Timezone, CurrencyID: row.CurrencyID, PickupCodeEnabled: row.PickupCodeEnabled,
		ConnectType: row.ConnectType,
	})
}

func setAnnouncement(ctx context.Context, tx *store.Tx, machineID int64, n *Announcement) error {
	if n == nil {
		return tx.DeleteAnnouncement(ctx, machineID)
	}
	return tx.SetAnnouncement(ctx, db.SetAnnouncementParams{
		MachineID: machineID, Title: n.Title, Content: n.Content, IsLink: n.LinkURL != "", LinkUrl: n.LinkURL,
	})
}

// setBanners brings the ads in line with the list, and the machine with them;
// counts of those that stay are kept.
func (a *Applier) setBanners(ctx context.Context, tx *store.Tx, m db.Machine, listed []Banner) error {
	rows, err := tx.AllBannersOfMachine(ctx, m.ID)
	if err != nil {
		return err
	}
	stored := map[string]db.Banner{}
	for _, row := range rows {
		stored[row.CoverImage] = row
	}
	for _, b := range listed {
		row, err := a.bannerRow(m, b)
		if err != nil {
			return err
		}
		row.ID = stored[b.CoverImage].ID
		if err := a.catalog.SaveAd(ctx, tx, row); err != nil {
			return err
		}
		delete(stored, b.CoverImage)
	}
	for _, row := range rows {
		if _, dropped := stored[row.CoverImage]; !dropped {
			continue
		}
		if err := a.catalog.DeleteAd(ctx, tx, row); err != nil {
			return err
		}
	}
	return nil
}

func (a *Applier) bannerRow(m db.Machine, b Banner) (db.Banner, error) {
	row := db.Banner{
		MachineID: m.ID, Status: vending.AdApproved, IsVisible: !b.Hidden, CoverImage: b.CoverImage,
		SortID: b.SortID, Title: b.Title, VideoUrl: b.VideoURL, LinkUrl: b.LinkURL,
	}
	if b.Pending {
		row.Status = vending.AdPending
	}
	if b.LockScreen {
		row.ViewType = 1
	}
	if b.ExpiredAt == "" {
		return row, nil
	}
	var err error
	if row.ExpiredAt, err = vending.ParseDateTime(b.ExpiredAt, vending.Zone(m.Timezone, a.zone)); err != nil {
		return row, fmt.Errorf("expired_at: %w", err)
	}
	return row, nil
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

package pickup

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// maxDraws bounds how often a taken value is drawn again (openapi.md §7.8).
	maxDraws = 20
	// reuseAfter keeps a finished code's value from coming back too soon, in
	// milliseconds (90 days).
	reuseAfter = 90 * 24 * 60 * 60 * 1000
)

// Issue is a request to make pickup codes (openapi.md §7.8, §7.9), its fields
// already checked for form.
type Issue struct {
	MachineNo string
	// Length of each code in digits, 6–10.
	Length int
	// ExpiredAt is YYYY-MM-DD HH:MM:SS in the machine's zone; "" is for ever.
	ExpiredAt string
	// ProductID and Count are used by IssueForProduct only.
	ProductID int64
	Count     int64
}

// IssueForProduct makes Count codes for one product (openapi.md §7.8, checks
// 4–9). It returns 500 and makes none when no free value can be found.
func (s *Service) IssueForProduct(ctx context.Context, merchant db.Merchant, r Issue) error {
	machine, expiredAt, err := s.checkIssue(ctx, merchant, r)
	if err != nil {
		return err
	}
	offer, found, err := store.Find(s.store.Offer(ctx, r.ProductID, machine.ID))
	switch {
	case err != nil:
		return err
	case !found || offer.GoodID == 0:
		return vending.RefuseProduct(vending.CodeProductUnknown, r.ProductID)
	case !offer.OnSale:
		return vending.RefuseProduct(vending.CodeProductOffSale, r.ProductID)
	case r.Count > offer.Inventory:
		return vending.RefuseWith(vending.CodeCount, vending.Data{"max": offer.Inventory})
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		for range r.Count {
			if err := s.issueOne(ctx, tx, machine, r.ProductID, r.Length, expiredAt); err != nil {
				return err
			}
		}
		return nil
	})
}

// IssueForAll makes one code for every product on sale (openapi.md §7.9).
func (s *Service) IssueForAll(ctx context.Context, merchant db.Merchant, r Issue) error {
	machine, expiredAt, err := s.checkIssue(ctx, merchant, r)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		products, err := tx.ProductIDsOnSale(ctx, machine.ID)
		if err != nil {
			return fmt.Errorf("list products on sale: %w", err)
		}
		for _, id := range products {
			if err := s.issueOne(ctx, tx, machine, id, r.Length, expiredAt); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkIssue is checks 3–6 of openapi.md §7.8: a malformed expiry comes before
// the machine, one in the past after it.
func (s *Service) checkIssue(ctx context.Context, merchant db.Merchant, r Issue) (db.Machine, int64, error) {
	refuse := vending.Refuse(vending.CodeExpiredAt)
	if r.ExpiredAt != "" && !vending.ValidDateTime(r.ExpiredAt) {
		return db.Machine{}, 0, refuse
	}
	m, err := s.machine(ctx, merchant, r.MachineNo)
	if err != nil {
		return m, 0, err
	}
	if !m.PickupCodeEnabled {
		return m, 0, vending.Refuse(vending.CodePickupCodesDisabled)
	}
	if r.ExpiredAt == "" {
		return m, 0, nil
	}
	expiredAt, err := vending.ParseDateTime(r.ExpiredAt, vending.Zone(m.Timezone, s.cfg.Zone))
	if err != nil || expiredAt <= s.clock.Millis() {
		return m, 0, refuse
	}
	return m, expiredAt, nil
}

// issueOne draws a free value, stores the code and sends it to the machine.
func (s *Service) issueOne(ctx context.Context, tx *store.Tx, m db.Machine, productID int64, length int, expiredAt int64) error {
	now := s.clock.Millis()
	for range maxDraws {
		code, err := vending.NewCode(s.random, length)
		if err != nil {
			return err
		}
		taken, err := tx.CodeTaken(ctx, m.ID, code, now-reuseAfter)
		if err != nil {
			return fmt.Errorf("look up code: %w", err)
		}
		if taken > 0 {
			continue
		}
		id, err := tx.InsertCode(ctx, db.InsertCodeParams{
			MachineID: m.ID, ProductID: productID, Code: code, Quantity: 1, CreatedAt: now, ExpiredAt: expiredAt,
		})
		if store.NotFound(err) {
			continue // taken by somebody else since the look-up
		}
		if err != nil {
			return fmt.Errorf("insert code: %w", err)
		}
		return s.QueueCreate(ctx, tx, m, db.PickupCode{
			ID: id, ProductID: productID, Code: code, Quantity: 1, ExpiredAt: expiredAt,
		})
	}
	return fmt.Errorf("no free pickup code of %d digits on machine %s in %d draws", length, m.MachineNo, maxDraws)
}

// QueueCreate sends a code to its machine (mqtt.md §5.14), so that the machine
// can take it while the network is down.
func (s *Service) QueueCreate(ctx context.Context, tx *store.Tx, m db.Machine, code db.PickupCode) error {
	fields := map[string]string{
		"id":         strconv.FormatInt(code.ID, 10),
		"product_id": strconv.FormatInt(code.ProductID, 10),
		"code":       code.Code,
		"quantity":   strconv.FormatInt(code.Quantity, 10),
		"used":       "0",
	}
	if code.ExpiredAt != 0 {
		fields["expired_at"] = strconv.FormatInt(code.ExpiredAt, 10)
		fields["expired_day"] = vending.FormatDateTime(code.ExpiredAt, vending.Zone(m.Timezone, s.cfg.Zone))
	}
	return tx.QueueMessage(ctx, m.ID, methodCreate, fields, s.clock.Millis())
}

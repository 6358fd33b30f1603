package pickup

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/catalog"
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
	// ExpiredAt is YYYY-MM-DD HH:MM:SS in the machine's zone; "" is for ever,
	// unless ExpiresAt (UTC milliseconds) is set.
	ExpiredAt string
	ExpiresAt int64
	// ProductID, Count and Quantity are used for one product only. Quantity is
	// the pieces of each code; 0 is one.
	ProductID int64
	Count     int64
	Quantity  int64
	// batchID is the batch the codes belong to, 0 for none.
	batchID int64
}

// errNoFreeCode means that a machine has too many codes of a length.
var errNoFreeCode = errors.New("no free pickup code")

// IssueForProduct makes Count codes for one product (openapi.md §7.8, checks
// 4–9). It returns 500 and makes none when no free value can be found.
func (s *Service) IssueForProduct(ctx context.Context, merchant db.Merchant, r Issue) error {
	_, err := s.IssueCodes(ctx, merchant, r)
	return err
}

// IssueCodes is IssueForProduct for callers that want to see the codes. A
// quantity that the channel cannot hold or drop at once is the refusal 10001.
func (s *Service) IssueCodes(ctx context.Context, merchant db.Merchant, r Issue) ([]db.PickupCode, error) {
	machine, expiredAt, err := s.checkIssue(ctx, merchant, r)
	if err != nil {
		return nil, err
	}
	r.Quantity = max(1, r.Quantity)
	inventory, err := s.checkProduct(ctx, machine, r)
	if err != nil {
		return nil, err
	}
	if r.Count > inventory {
		return nil, vending.RefuseWith(vending.CodeCount, vending.Data{"max": inventory})
	}
	var codes []db.PickupCode
	err = s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		codes, err = s.issueMany(ctx, tx, machine, r, expiredAt)
		return err
	})
	return codes, err
}

func (s *Service) issueMany(ctx context.Context, tx *store.Tx, m db.Machine, r Issue, expiredAt int64) ([]db.PickupCode, error) {
	codes := make([]db.PickupCode, 0, r.Count)
	for range r.Count {
		code, err := s.issueOne(ctx, tx, m, r, expiredAt)
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// checkProduct is checks 7–9 of openapi.md §7.8 but for the number of codes, and
// whether the channel can drop what one code is for. It returns the capacity of
// the channel.
func (s *Service) checkProduct(ctx context.Context, m db.Machine, r Issue) (int64, error) {
	offer, found, err := store.Find(s.store.Offer(ctx, r.ProductID, m.ID))
	switch {
	case err != nil:
		return 0, err
	case !found || offer.GoodID == 0:
		return 0, vending.RefuseProduct(vending.CodeProductUnknown, r.ProductID)
	case !offer.OnSale:
		return 0, vending.RefuseProduct(vending.CodeProductOffSale, r.ProductID)
	case r.Quantity > 1 && r.Quantity > offer.Inventory:
		return 0, vending.RefuseField("quantity", "range")
	case r.Quantity > 1 && catalog.SingleItemOnly(offer):
		return 0, vending.RefuseField("quantity", "single_item_only")
	}
	return offer.Inventory, nil
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
		r.Quantity = 1
		for _, r.ProductID = range products {
			if _, err := s.issueOne(ctx, tx, machine, r, expiredAt); err != nil {
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
	expiresAt := r.ExpiresAt
	if r.ExpiredAt != "" {
		if expiresAt, err = vending.ParseDateTime(r.ExpiredAt, vending.Zone(m.Timezone, s.cfg.Zone)); err != nil {
			return m, 0, refuse
		}
	}
	if expiresAt != 0 && expiresAt <= s.clock.Millis() || expiresAt == 0 && r.ExpiredAt != "" {
		return m, 0, refuse
	}
	return m, expiresAt, nil
}

// issueOne draws a free value, stores the code and sends it to the machine.
func (s *Service) issueOne(ctx context.Context, tx *store.Tx, m db.Machine, r Issue, expiredAt int64) (db.PickupCode, error) {
	now := s.clock.Millis()
	row := db.PickupCode{
		MachineID: m.ID, ProductID: r.ProductID, Quantity: r.Quantity, State: vending.CodeUnused, CreatedAt: now, ExpiredAt: expiredAt,
		BatchID: r.batchID,
	}
	for range maxDraws {
		var err error
		if row.Code, err = vending.NewCode(s.random, r.Length); err != nil {
			return row, err
		}
		taken, err := tx.CodeTaken(ctx, m.ID, row.Code, now-reuseAfter)
		if err != nil {
			return row, fmt.Errorf("look up code: %w", err)
		}
		if taken > 0 {
			continue
		}
		row.ID, err = tx.InsertCode(ctx, db.InsertCodeParams{
			MachineID: m.ID, ProductID: row.ProductID, Code: row.Code, Quantity: row.Quantity, CreatedAt: now, ExpiredAt: expiredAt,
			BatchID: r.batchID,
		})
		if store.NotFound(err) {
			continue // taken by somebody else since the look-up
		}
		if err != nil {
			return row, fmt.Errorf("insert code: %w", err)
		}
		return row, s.QueueCreate(ctx, tx, m, row)
	}
	return row, fmt.Errorf("%w of %d digits on machine %s in %d draws", errNoFreeCode, r.Length, m.MachineNo, maxDraws)
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

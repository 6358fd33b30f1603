package linear

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

const notifyURL = "https://merchant.example/notify"

// shop is one node: the use cases on an engine of its own. Each of its methods
// is a call that a client can make.
type shop struct {
	*storetest.Fixture
	store    *store.Store
	pickup   *pickup.Service
	ordering *ordering.Service
	// api is nil if clients call the use cases themselves.
	api http.Handler
}

func newShop(f *storetest.Fixture, engine store.Engine, overHTTP bool) *shop {
	zone, log := time.FixedZone("GMT+8", 8*3600), slog.New(slog.DiscardHandler)
	st := store.New(engine)
	s := &shop{Fixture: f, store: st}
	// Wrong codes are not what this is about.
	limits := vending.WrongCodeLimits{Max: 1 << 40, Window: 600_000, Lock: 600_000}
	s.pickup = pickup.New(st, f.Now, rand.Reader, pickup.Config{Zone: zone, WrongCodes: limits}, log)
	s.ordering = ordering.New(st, nil, f.Now, ordering.Config{UnpaidTTL: 1_200_000, Zone: zone}, log)
	if overHTTP {
		s.api = openapi.New(st, f.Box, openapi.UseCases{
			Pickup: s.pickup, Ordering: s.ordering, Catalog: catalog.New(st, f.Now, catalog.Config{}, log),
		}, f.Now, openapi.Config{TimestampWindow: 600, Zone: zone}, nil, log)
	}
	return s
}

type object = map[string]any

// post sends a signed request and decodes the data of its answer.
func (s *shop) post(ctx context.Context, verb, path string, payload object, data any) error {
	payload["machine_no"] = storetest.MachineNo
	payload["timestamp"] = fmt.Sprint(s.Now().Unix())
	body, err := signature.NewEnvelope(payload, "kva")
	if err != nil {
		return err
	}
	r := httptest.NewRequestWithContext(ctx, verb, openapi.Prefix+path, bytes.NewReader(body))
	r.Header.Set("Appid", "vm0123456789abcdef")
	r.Header.Set("AppSecret", "0123456789abcdef0123456789abcdef")
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	if ctx.Err() != nil {
		return errHungUp
	}
	var out struct {
		Code vending.Code
		Data json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		return fmt.Errorf("answer %q: %w", w.Body, err)
	}
	switch {
	case out.Code == vending.CodeInternal:
		return errors.New("internal error")
	case out.Code != 0:
		var about struct {
			OrderID int64 `json:"order_id"`
		}
		if err := json.Unmarshal(out.Data, &about); err != nil {
			return fmt.Errorf("data of a refusal %q: %w", out.Data, err)
		}
		return vending.RefuseWith(out.Code, vending.Data{"order_id": about.OrderID})
	case data == nil:
		return nil
	}
	return json.Unmarshal(out.Data, data)
}

// errHungUp is that of a client which does not hear the answer.
var errHungUp = errors.New("the client hung up")

func (s *shop) consume(ctx context.Context, code string, productID int64, trade string) (int64, error) {
	if s.api != nil {
		var out struct {
			OrderID int64 `json:"order_id"`
		}
		err := s.post(ctx, http.MethodPost, "/consumes", object{
			"method": "event.consume.pickup_code", "code": code, "product_id": fmt.Sprint(productID),
			"notify_url": notifyURL, "trade_id": trade,
		}, &out)
		return out.OrderID, err
	}
	tradeID, err := vending.ParseTradeID(trade)
	if err != nil {
		return 0, err
	}
	out, err := s.pickup.Consume(ctx, s.Merchant, pickup.Consumption{
		MachineNo: storetest.MachineNo, Code: code, ProductID: productID, NotifyURL: notifyURL, TradeID: tradeID,
	})
	return out.OrderID, err
}

func (s *shop) cancel(ctx context.Context, codeID int64) error {
	if s.api != nil {
		return s.post(ctx, http.MethodPut, "/pickup_codes", object{
			"method": "pickup_code.delete.id", "id": fmt.Sprint(codeID),
		}, nil)
	}
	return s.pickup.Cancel(ctx, s.Merchant, storetest.MachineNo, codeID)
}

// list returns the ids of the usable codes of a product.
func (s *shop) list(ctx context.Context, productID int64) ([]int64, error) {
	var ids []int64
	if s.api != nil {
		var out []struct{ ID int64 }
		err := s.post(ctx, http.MethodPost, fmt.Sprintf("/products/%d/pickup_code", productID), object{}, &out)
		for _, row := range out {
			ids = append(ids, row.ID)
		}
		return ids, err
	}
	codes, _, err := s.pickup.List(ctx, s.Merchant, storetest.MachineNo, productID)
	for _, row := range codes {
		ids = append(ids, row.ID)
	}
	return ids, err
}

// query returns the ids of the order of a trade_id and of its code.
func (s *shop) query(ctx context.Context, trade string) (orderID, codeID int64, err error) {
	if s.api != nil {
		var out struct {
			OrderID      int64 `json:"order_id"`
			PickupCodeID int64 `json:"pickup_code_id"`
		}
		err := s.post(ctx, http.MethodPost, "/orders/"+trade, object{}, &out)
		return out.OrderID, out.PickupCodeID, err
	}
	found, err := s.ordering.Query(ctx, s.Merchant, storetest.MachineNo, trade)
	return found.Order.ID, found.Order.PickupCodeID, err
}

// count returns the stock of a product.
func (s *shop) count(ctx context.Context, productID int64) (int64, error) {
	if s.api != nil {
		var out struct {
			Data []struct {
				ID               int64
				CurrentInventory int64 `json:"current_inventory"`
			}
		}
		err := s.post(ctx, http.MethodPost, "/products", object{"select_all": "1"}, &out)
		for _, row := range out.Data {
			if row.ID == productID {
				return row.CurrentInventory, err
			}
		}
		return 0, errors.Join(err, fmt.Errorf("product %d is not in the list", productID))
	}
	p, err := s.store.ProductByID(ctx, productID)
	return p.CurrentInventory, err
}

// verdictOf tells what an error says of the call that ended with it.
func verdictOf(err error) (verdict, int64) {
	var refusal *vending.Error
	switch {
	case err == nil:
		return done, 0
	case errors.As(err, &refusal):
		id, _ := refusal.Data["order_id"].(int64)
		return verdict(refusal.Code), id
	// What the store promises of these (store.Engine, store.Retry).
	case errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrLostRace), errors.Is(err, context.Canceled):
		return nothing, 0
	}
	return unknown, 0
}

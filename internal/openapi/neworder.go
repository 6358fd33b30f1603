package openapi

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// Limits of an order (openapi.md §7.14).
const (
	maxLines    = 50
	maxQuantity = 99
)

// createdJSON is the success data of openapi.md §7.14.
type createdJSON struct {
	OrderID int64 `json:"order_id"`
}

// createOrder is openapi.md §7.14.
func (s *Server) createOrder(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := ordering.Request{
		MachineNo: f.machineNo(),
		NotifyURL: f.notifyURL(s.cfg.AllowPrivateCallbacks, s.cfg.AllowCallbackRanges),
		Lines:     f.lines(),
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	var err error
	if r.TradeID, err = tradeID(c.payload); err != nil {
		return nil, err
	}
	id, err := s.use.Ordering.Create(ctx, c.merchant, r)
	if err != nil {
		return nil, err
	}
	return createdJSON{OrderID: id}, nil
}

// lines reads the products array. Its elements are forms of their own whose
// errors carry the path.
func (f *form) lines() []ordering.Line {
	const name = "products"
	v, found := f.payload.Lookup(name)
	if !found || v.Kind == signature.Null {
		f.failType(name, "required")
		return nil
	}
	var elements []json.RawMessage
	if v.Kind != signature.Array || json.Unmarshal([]byte(v.Text), &elements) != nil {
		f.failType(name, "type")
		return nil
	}
	if len(elements) < 1 || len(elements) > maxLines {
		f.failFormat(name, "range")
		return nil
	}
	lines := make([]ordering.Line, len(elements))
	for i, element := range elements {
		object, err := signature.ParseObject(element)
		if err != nil {
			f.failType(fmt.Sprintf("%s[%d]", name, i), "type")
			return nil
		}
		line := form{payload: object, path: fmt.Sprintf("%s[%d].", name, i)}
		lines[i] = ordering.Line{ProductID: line.id("product_id"), Quantity: line.number("quantity", true, 0, 1, maxQuantity)}
		f.adopt(line)
	}
	return lines
}

// updateOrder is openapi.md §7.16.
func (s *Server) updateOrder(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	f.present("status")
	if err := f.err(); err != nil {
		return nil, err
	}
	status, err := ownCode(c.payload, "status", vending.CodeOrderStatus, 0,
		int64(vending.OrderSuccess), int64(vending.OrderPayError))
	if err != nil {
		return nil, err
	}
	err = s.use.Ordering.SetStatus(ctx, c.merchant, machineNo, c.request.PathValue("order_id"), vending.OrderStatus(status))
	if err != nil {
		return nil, err
	}
	return "", nil
}

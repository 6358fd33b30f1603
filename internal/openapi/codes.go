package openapi

import (
	"context"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/vending"
)

// empty is the success data `{}`.
type empty struct{}

// issueForProduct is openapi.md §7.8.
func (s *Server) issueForProduct(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := pickup.Issue{MachineNo: f.machineNo(), ProductID: f.id("product_id")}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := issueFields(c, &r); err != nil {
		return nil, err
	}
	if err := s.use.Pickup.IssueForProduct(ctx, c.merchant, r); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// issueForAll is openapi.md §7.9.
func (s *Server) issueForAll(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := pickup.Issue{MachineNo: f.machineNo()}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := issueFields(c, &r); err != nil {
		return nil, err
	}
	if err := s.use.Pickup.IssueForAll(ctx, c.merchant, r); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// issueFields reads what has codes of its own: 10031, 10033 and, for the type,
// 10032; the use case checks the rest of expired_at.
func issueFields(c call, r *pickup.Issue) error {
	length, err := ownCode(c.payload, "code_length", vending.CodeCodeLength,
		vending.DefaultCodeLength, vending.MinCodeLength, vending.MaxCodeLength)
	if err != nil {
		return err
	}
	r.Length = int(length)
	if r.ProductID != 0 {
		if r.Count, err = ownCode(c.payload, "count", vending.CodeCount, 1, 1, maxNumber); err != nil {
			return err
		}
	}
	expiredAt, ok := value(c.payload, "expired_at", false)
	if !ok {
		return vending.Refuse(vending.CodeExpiredAt)
	}
	r.ExpiredAt = expiredAt
	return nil
}

// cancelCode is openapi.md §7.10.
func (s *Server) cancelCode(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo, id := f.machineNo(), f.id("id")
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.use.Pickup.Cancel(ctx, c.merchant, machineNo, id); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// cancelAllCodes is openapi.md §7.11.
func (s *Server) cancelAllCodes(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.use.Pickup.CancelAll(ctx, c.merchant, machineNo); err != nil {
		return nil, err
	}
	return empty{}, nil
}

// codeJSON is a row of openapi.md §7.12.
type codeJSON struct {
	ID        int64             `json:"id"`
	Code      string            `json:"code"`
	Status    vending.CodeState `json:"status"`
	CreatedAt string            `json:"created_at"`
	ExpiredAt string            `json:"expired_at,omitempty"`
	Quantity  int64             `json:"quantity"`
}

// productCodes is openapi.md §7.12.
func (s *Server) productCodes(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	codes, m, err := s.use.Pickup.List(ctx, c.merchant, machineNo, pathID(c, "product_id"))
	if err != nil {
		return nil, err
	}
	out := make([]codeJSON, len(codes))
	for i, code := range codes {
		out[i] = codeJSON{
			ID: code.ID, Code: code.Code, Status: code.State, CreatedAt: s.dateTime(m, code.CreatedAt),
			ExpiredAt: s.dateTime(m, code.ExpiredAt), Quantity: code.Quantity,
		}
	}
	return out, nil
}

// pathID reads an id from the path; 0, which no row has, when it is malformed
// (openapi.md §2).
func pathID(c call, name string) int64 {
	id, _ := parseNumber(c.request.PathValue(name), 1, maxNumber)
	return id
}

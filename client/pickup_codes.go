package client

import (
	"context"
	"fmt"
	"net/http"
)

// NewCodes says which pickup codes to make (openapi.md §7.8, §7.9).
type NewCodes struct {
	MachineNo string
	// ProductID is the product to make codes for.
	ProductID int64
	// Count is how many, 1 to the product's capacity; 0 is 1.
	Count int64
	// Length is the number of digits, 6 to 10; 0 is 6.
	Length int64
	// ExpiredAt is a date-time in the machine's zone; "" is never.
	ExpiredAt string
}

// IssueCodes makes pickup codes for one product (openapi.md §7.8); read them with
// [Client.Codes]. It is sent once, because a repeat would make more codes. If the
// answer is lost, Codes shows whether there are new ones.
func (c *Client) IssueCodes(ctx context.Context, r NewCodes) error {
	f := r.fields("pickup_code.product.id")
	f["product_id"], f["count"] = id(r.ProductID), id(r.Count)
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/pickup_codes", fields: f}, nil)
	return err
}

// IssueCodesForAll makes one pickup code for each product on sale (openapi.md §7.9);
// ProductID and Count are not looked at. It is sent once, see [Client.IssueCodes].
func (c *Client) IssueCodesForAll(ctx context.Context, r NewCodes) error {
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/pickup_codes", fields: r.fields("pickup_code.product.all")}, nil)
	return err
}

func (r NewCodes) fields(method string) fields {
	return fields{"machine_no": r.MachineNo, "method": method, "code_length": id(r.Length), "expired_at": r.ExpiredAt}
}

// PickupCode is a row of [Client.Codes] (openapi.md §7.12).
type PickupCode struct {
	ID        int64  `json:"id"` // of the row; Code is what customers enter
	Code      string `json:"code"`
	Status    string `json:"status"` // UNUSED
	CreatedAt string `json:"created_at"`
	ExpiredAt string `json:"expired_at"` // "" is never
	Quantity  int64  `json:"quantity"`
}

// Codes lists the pickup codes of a product that can be used, oldest first
// (openapi.md §7.12).
func (c *Client) Codes(ctx context.Context, machineNo string, productID int64) ([]PickupCode, error) {
	return query[[]PickupCode](ctx, c, fmt.Sprintf("/products/%d/pickup_code", productID), machineNo)
}

// CancelCode cancels a pickup code by the id of its row (openapi.md §7.10). A code
// that is expired or cancelled already is a success, a used one is
// [ErrPickupCodeUsed].
func (c *Client) CancelCode(ctx context.Context, machineNo string, codeID int64) error {
	f := fields{"machine_no": machineNo, "method": "pickup_code.delete.id", "id": id(codeID)}
	_, err := c.call(ctx, request{verb: http.MethodPut, path: "/pickup_codes", fields: f, safe: true}, nil)
	return err
}

// CancelAllCodes cancels all unused pickup codes of a machine (openapi.md §7.11). It
// is sent once, because a repeat would also cancel codes made since.
func (c *Client) CancelAllCodes(ctx context.Context, machineNo string) error {
	f := fields{"machine_no": machineNo, "method": "pickup_code.delete.all"}
	_, err := c.call(ctx, request{verb: http.MethodPut, path: "/pickup_codes", fields: f}, nil)
	return err
}

package client

import (
	"fmt"
)

// Error is a refusal of the platform (errors.md). Nothing was changed, with two
// exceptions: [ErrInternal], of which the platform does not know, and
// [ErrExceedsCapacity] of a category, which was set where it fits.
type Error struct {
	Code Code
	// Message is the platform's text, Chinese unless its operator chose otherwise.
	Message string
	// HTTPStatus is 200 for most refusals, see errors.md §1.
	HTTPStatus int
	// RequestID names the request to the platform's operator.
	RequestID string
	Data      ErrorData
}

// ErrorData is what an answer says about its refusal; which member has a value
// depends on the code (errors.md §2). The others are zero.
type ErrorData struct {
	// OrderID is the order that exists already: ErrPickupCodeUsed (0 if the code was
	// used at the machine), ErrTradeIDExists, ErrOrderExpired.
	OrderID int64 `json:"order_id"`
	// TradeID is that of OrderID: ErrOrderExpired.
	TradeID string `json:"trade_id"`
	// Status is what the order is: ErrInvalidOrderStatus, ErrOrderExpired.
	Status string `json:"status"`
	// DeliveryID is the delivery in the way: ErrAlreadyDelivered, ErrMachineDispensing.
	DeliveryID string `json:"delivery_id"`
	// State is that of DeliveryID or its record: ErrAlreadyDelivered.
	State string `json:"state"`
	// RetryAfter is after how many seconds to try again: ErrTooManyRequests,
	// ErrTooManyWrongCodes, ErrMachineDispensing.
	RetryAfter int64 `json:"retry_after"`
	// Field and Reason are what is wrong with a field: ErrForm.
	Field  string `json:"field"`
	Reason string `json:"reason"`
	// ProductID is the product that cannot be sold or filled.
	ProductID int64 `json:"product_id"`
	// Max is what is possible: ErrInvalidCount, ErrExceedsCapacity of a product.
	Max int64 `json:"max"`
	// FloorStatus is what is wrong with the channel: ErrChannelFault.
	FloorStatus string `json:"floor_status"`
	// Updated and Failed count channels, Channels names those that failed:
	// ErrExceedsCapacity of a category.
	Updated  int64    `json:"updated"`
	Failed   int64    `json:"failed"`
	Channels []string `json:"channels"`
	// ServerTime is the platform's clock in Unix seconds: ErrTimestamp.
	ServerTime int64 `json:"server_time"`
}

// Error shows code, English text and message.
func (e *Error) Error() string { return fmt.Sprintf("%s (%q)", e.Code.Error(), e.Message) }

// Unwrap makes errors.Is(err, client.ErrMachineOffline) work.
func (e *Error) Unwrap() error { return e.Code }

// Code says why the platform refused. Decide by it, never by a text. Codes that have
// no constant here may be added to the platform.
type Code int

// Error is the number and the English text of the code.
func (c Code) Error() string {
	if text := c.english(); text != "" {
		return fmt.Sprintf("%d %s", int(c), text)
	}
	return fmt.Sprintf("code %d", int(c))
}

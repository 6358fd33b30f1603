package client

import (
	"context"
	"net/http"
	"net/url"
)

// Dispense has a machine drop one record of an order (openapi.md §7.17).
type Dispense struct {
	MachineNo         string
	OrderID, RecordID int64
	// Force allows a new attempt after a time-out, at the risk that the goods drop
	// twice.
	Force bool
}

// Delivery is one command to dispense and its result (openapi.md §7.17, §7.18).
type Delivery struct {
	DeliveryID  string `json:"delivery_id"` // 16 digits
	DeliveredAt string `json:"delivered_at"`
	Status      string `json:"status"` // for people
	// State is PENDING or SENT until the result is known, then SUCCESS, FAILED,
	// TIMEOUT, PICKED_UP or CANCELLED (openapi.md §6.4).
	State      string `json:"state"`
	PickupAt   string `json:"pickup_at"`
	FinishedAt string `json:"finished_at"`
	FailReason string `json:"fail_reason"` // errors.md §3.3
}

// Deliver has a machine drop one record (openapi.md §7.17). It returns at once; the
// result comes to the notify_url, or is asked for with [Client.Delivery].
//
// It is sent once: if the first sending had failed at the machine by the time of the
// second, that would be a new attempt. If the answer is lost, call Deliver again:
// [ErrAlreadyDelivered] carries the DeliveryID of the first sending.
func (c *Client) Deliver(ctx context.Context, r Dispense) (Delivery, error) {
	f := fields{"machine_no": r.MachineNo, "method": "device.delivery.put", "order_id": id(r.OrderID), "record_id": id(r.RecordID)}
	if r.Force {
		f["force"] = "1"
	}
	var out Delivery
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/deliveries", fields: f}, &out)
	return out, err
}

// Delivery asks for the result of a delivery (openapi.md §7.18). One that does not
// exist is [ErrNotFound].
func (c *Client) Delivery(ctx context.Context, machineNo, deliveryID string) (Delivery, error) {
	out, err := query[Delivery](ctx, c, "/deliveries/"+url.PathEscape(deliveryID), machineNo)
	if err == nil {
		out.DeliveryID = deliveryID // not in the answer
	}
	return out, err
}

// TestDelivery has a machine drop one piece of a channel for a test (openapi.md
// §7.19). It is sent once.
func (c *Client) TestDelivery(ctx context.Context, machineNo, channelName, notifyURL string) (Delivery, error) {
	f := fields{"machine_no": machineNo, "method": "device.delivery.put", "channel_name": channelName, "notify_url": notifyURL}
	var out Delivery
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/deliveries/debug", fields: f}, &out)
	return out, err
}

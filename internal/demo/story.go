package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/openapi"
)

// storyPatience is how long the story waits for the machine and the callback.
const storyPatience = 60 * time.Second

// story tells the main job with real requests: a code is made, redeemed and
// dispensed, and the result comes back.
type story struct {
	out      io.Writer
	text     texts
	client   *client
	sink     *sink
	sinkURL  string
	machines <-chan machineStep
	n        int
}

// tell runs the story. It fails with the first step that does not end as the
// contract says.
func (s *story) tell(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storyPatience)
	defer cancel()
	productID := product(storyMachine, 0)
	if err := s.issue(ctx, productID); err != nil {
		return err
	}
	code, err := s.readCode(ctx, productID)
	if err != nil {
		return err
	}
	order, err := s.redeem(ctx, productID, code)
	if err != nil {
		return err
	}
	deliveryID, err := s.dispense(ctx, order)
	if err != nil {
		return err
	}
	if err := s.watchMachine(ctx, deliveryID); err != nil {
		return err
	}
	if err := s.awaitCallback(ctx, deliveryID); err != nil {
		return err
	}
	return s.checkOrder(ctx, order.OrderID)
}

func (s *story) issue(ctx context.Context, productID string) error {
	s.step(s.text.issue)
	x, err := s.client.call(ctx, openapi.Prefix+"/pickup_codes", map[string]any{
		"machine_no": storyMachine, "method": "pickup_code.product.id", "product_id": productID,
		"code_length": "7", "count": "1",
	})
	return s.show(x, err)
}

func (s *story) readCode(ctx context.Context, productID string) (string, error) {
	s.step(s.text.read)
	x, err := s.client.call(ctx, openapi.Prefix+"/products/"+productID+"/pickup_code", map[string]any{
		"machine_no": storyMachine,
	})
	if err := s.show(x, err); err != nil {
		return "", err
	}
	var codes []struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(x.Data, &codes); err != nil || len(codes) == 0 {
		return "", fmt.Errorf("no code came back: %s", x.Answer)
	}
	return codes[len(codes)-1].Code, nil
}

// redeemed is what the story needs of the consumes answer.
type redeemed struct {
	OrderID int64  `json:"order_id"`
	Status  string `json:"status"`
	Records []struct {
		ID int64 `json:"id"`
	} `json:"records"`
}

func (s *story) redeem(ctx context.Context, productID, code string) (redeemed, error) {
	s.step(s.text.redeem)
	var order redeemed
	x, err := s.client.call(ctx, openapi.Prefix+"/consumes", map[string]any{
		"machine_no": storyMachine, "method": "event.consume.pickup_code", "code": code,
		"product_id": productID, "notify_url": s.sinkURL,
		"trade_id": "DEMO" + strconv.FormatInt(time.Now().UnixNano(), 10),
	})
	if err := s.show(x, err); err != nil {
		return order, err
	}
	if err := json.Unmarshal(x.Data, &order); err != nil || order.Status != "PICKUPCODE" || len(order.Records) != 1 {
		return order, fmt.Errorf("consumes answered something else than a PICKUPCODE order: %s", x.Answer)
	}
	return order, nil
}

func (s *story) dispense(ctx context.Context, order redeemed) (string, error) {
	s.step(s.text.dispense)
	x, err := s.client.call(ctx, openapi.Prefix+"/deliveries", map[string]any{
		"machine_no": storyMachine, "method": "device.delivery.put",
		"order_id": strconv.FormatInt(order.OrderID, 10), "record_id": strconv.FormatInt(order.Records[0].ID, 10),
	})
	if err := s.show(x, err); err != nil {
		return "", err
	}
	var delivery struct {
		DeliveryID string `json:"delivery_id"`
	}
	if err := json.Unmarshal(x.Data, &delivery); err != nil || delivery.DeliveryID == "" {
		return "", fmt.Errorf("no delivery_id came back: %s", x.Answer)
	}
	return delivery.DeliveryID, nil
}

// watchMachine waits until the machine has run its motor and its report is
// acknowledged.
func (s *story) watchMachine(ctx context.Context, deliveryID string) error {
	s.step(s.text.machine)
	for {
		select {
		case <-ctx.Done():
			return errors.New("the machine did not report in time")
		case step := <-s.machines:
			if step.deliveryID != deliveryID {
				continue
			}
			s.line(s.text.steps[step.kind] + step.detail)
			if step.kind == stepAcknowledged {
				return nil
			}
		}
	}
}

func (s *story) awaitCallback(ctx context.Context, deliveryID string) error {
	s.step(s.text.callback)
	for {
		select {
		case <-ctx.Done():
			return errors.New("the callback did not arrive in time")
		case got := <-s.sink.arrived:
			var body struct {
				DeliveryID    string `json:"delivery_id"`
				DeliverStatus string `json:"deliver_status"`
			}
			if err := json.Unmarshal(got.Body, &body); err != nil || body.DeliveryID != deliveryID {
				continue
			}
			s.line("POST " + s.sinkURL)
			s.line("webhook-id: " + got.WebhookID)
			s.line(string(got.Body))
			if !got.Verified || body.DeliverStatus != "1" {
				return fmt.Errorf("callback verified: %v, deliver_status %q", got.Verified, body.DeliverStatus)
			}
			s.line(s.text.verified)
			return nil
		}
	}
}

// checkOrder asks for the order until the acknowledged callback shows in it;
// the answer of the sink and the record of it are two moments.
func (s *story) checkOrder(ctx context.Context, orderID int64) error {
	s.step(s.text.query)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		x, err := s.client.call(ctx, openapi.Prefix+"/orders/"+strconv.FormatInt(orderID, 10), map[string]any{
			"machine_no": storyMachine,
		})
		if err != nil {
			return s.show(x, err)
		}
		var order struct {
			Records []struct {
				Status     string `json:"status"`
				NotifySent string `json:"notify_sent"`
			} `json:"records"`
		}
		if err := json.Unmarshal(x.Data, &order); err != nil || len(order.Records) != 1 || order.Records[0].Status != "IS_SUCCESS" {
			return fmt.Errorf("the order is not delivered: %s", x.Answer)
		}
		if order.Records[0].NotifySent == "1" {
			return s.show(x, nil)
		}
		select {
		case <-ctx.Done():
			return errors.New("the callback was not recorded in time")
		case <-ticker.C:
		}
	}
}

func (s *story) step(title string) {
	s.n++
	_, _ = fmt.Fprintf(s.out, "\n%d. %s\n", s.n, title)
}

func (s *story) line(text string) { _, _ = fmt.Fprintf(s.out, "   %s\n", text) }

func (s *story) show(x exchange, err error) error {
	s.line("POST " + x.Path)
	s.line(s.text.payload + x.Payload)
	if len(x.Answer) > 0 {
		s.line(s.text.answer + strings.TrimSpace(string(x.Answer)))
	}
	return err
}

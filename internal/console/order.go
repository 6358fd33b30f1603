package console

import (
	"context"
	"encoding/json"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// orderInfo is everything about one order.
type orderInfo struct {
	Order     orderFacts     `json:"order"`
	Records   []recordInfo   `json:"records"`
	Code      *codeFacts     `json:"code"`
	Callbacks []callbackInfo `json:"callbacks"`
	Timeline  []step         `json:"timeline"`
	// SentenceCode says in one word how it stands and why.
	SentenceCode string `json:"sentence_code"`
}

type orderFacts struct {
	ID              int64  `json:"id"`
	TradeID         string `json:"trade_id"`
	MachineNo       string `json:"machine_no"`
	MachineName     string `json:"machine_name"`
	Timezone        string `json:"timezone"`
	Status          string `json:"status"`
	Amount          int64  `json:"amount"`
	Currency        string `json:"currency"`
	NotifyURL       string `json:"notify_url"`
	NotifySendCount int64  `json:"notify_send_count"`
	CreatedAt       int64  `json:"created_at"`
	ExpiresAt       int64  `json:"expires_at"`
}

type recordInfo struct {
	ID          int64               `json:"id"`
	ProductID   int64               `json:"product_id"`
	ChannelName string              `json:"channel_name"`
	GoodName    string              `json:"good_name"`
	Quantity    int64               `json:"quantity"`
	Delivered   int64               `json:"delivered"`
	Price       int64               `json:"price"`
	State       vending.RecordState `json:"state"`
	Deliveries  []deliveryInfo      `json:"deliveries"`
}

// codeFacts is the pickup code an order was made from.
type codeFacts struct {
	ID         int64             `json:"id"`
	Code       string            `json:"code"`
	State      vending.CodeState `json:"state"`
	CreatedAt  int64             `json:"created_at"`
	FinishedAt int64             `json:"finished_at"`
}

// callbackInfo is a message to a notify_url. Body is null for roles that may not
// see it.
type callbackInfo struct {
	ID         int64           `json:"id"`
	WebhookID  string          `json:"webhook_id"`
	OrderID    int64           `json:"order_id"`
	RecordID   int64           `json:"record_id"`
	URL        string          `json:"url"`
	State      string          `json:"state"`
	CreatedAt  int64           `json:"created_at"`
	DueAt      int64           `json:"due_at"`
	FinishedAt int64           `json:"finished_at"`
	Body       json.RawMessage `json:"body"`
	Attempts   []attemptInfo   `json:"attempts"`
}

// attemptInfo is one post; Status is 0 where no answer came, Duration is in
// milliseconds.
type attemptInfo struct {
	At       int64  `json:"at"`
	Duration int64  `json:"duration"`
	Status   int64  `json:"status"`
	Error    string `json:"error"`
}

// story is what is stored about an order.
type story struct {
	order      db.Order
	machine    db.Machine
	records    []db.RecordsWithGoodsRow
	deliveries map[int64][]db.Delivery // by record
	commands   []db.Command
	code       *db.PickupCode
	callbacks  []db.Callback
	attempts   map[int64][]db.CallbackAttempt // by callback
	comments   []db.CommentsOfOrderRow
}

// read fetches the story of an order.
func (s *Server) read(ctx context.Context, order db.Order, m db.Machine) (story, error) {
	out := story{order: order, machine: m, deliveries: map[int64][]db.Delivery{}, attempts: map[int64][]db.CallbackAttempt{}}
	var err error
	if out.records, err = s.store.RecordsWithGoods(ctx, order.ID); err != nil {
		return out, err
	}
	for _, r := range out.records {
		deliveries, err := s.store.DeliveriesOfRecord(ctx, r.Record.ID)
		if err != nil {
			return out, err
		}
		out.deliveries[r.Record.ID] = deliveries
		for _, d := range deliveries {
			commands, err := s.store.CommandsOfDelivery(ctx, d.ID)
			if err != nil {
				return out, err
			}
			out.commands = append(out.commands, commands...)
		}
	}
	if order.PickupCodeID != 0 {
		code, found, err := store.Find(s.store.CodeOfMachine(ctx, order.PickupCodeID, order.MachineID))
		if err != nil {
			return out, err
		}
		if found {
			out.code = &code
		}
	}
	if out.callbacks, err = s.store.CallbacksOfOrder(ctx, order.ID); err != nil {
		return out, err
	}
	for _, cb := range out.callbacks {
		if out.attempts[cb.ID], err = s.store.AttemptsOfCallback(ctx, cb.ID); err != nil {
			return out, err
		}
	}
	out.comments, err = s.store.CommentsOfOrder(ctx, order.ID)
	return out, err
}

func (s *Server) orderDetail(ctx context.Context, c *call) (any, error) {
	order, m, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	stored, err := s.read(ctx, order, m)
	if err != nil {
		return nil, err
	}
	return c.showOrder(stored), nil
}

func (c *call) showOrder(s story) orderInfo {
	out := orderInfo{
		Order: orderFacts{
			ID: s.order.ID, TradeID: s.order.TradeID, MachineNo: s.machine.MachineNo, Timezone: s.machine.Timezone,
			Status: s.order.Status.String(), Amount: int64(s.order.Amount), Currency: currencyCode(s.machine.CurrencyID),
			NotifyURL: s.order.NotifyUrl, NotifySendCount: s.order.NotifySendCount, CreatedAt: s.order.CreatedAt, ExpiresAt: s.order.ExpiresAt,
		},
		Records: []recordInfo{}, Callbacks: []callbackInfo{}, Timeline: timeline(s), SentenceCode: sentence(s),
	}
	if s.machine.MerchantID == s.order.MerchantID {
		out.Order.MachineName = s.machine.Name
	}
	for _, r := range s.records {
		out.Records = append(out.Records, recordInfo{
			ID: r.Record.ID, ProductID: r.Record.ProductID, ChannelName: r.ChannelName, GoodName: r.GoodName,
			Quantity: r.Record.Quantity, Delivered: r.Record.Delivered, Price: int64(r.Record.Price), State: r.Record.State,
			Deliveries: items(s.deliveries[r.Record.ID], showDelivery).Items,
		})
	}
	if s.code != nil {
		out.Code = &codeFacts{s.code.ID, c.showCode(s.code.Code), s.code.State, s.code.CreatedAt, s.code.FinishedAt}
	}
	for _, cb := range s.callbacks {
		out.Callbacks = append(out.Callbacks, c.showCallback(cb, s.attempts[cb.ID]))
	}
	return out
}

func (c *call) showCallback(cb db.Callback, attempts []db.CallbackAttempt) callbackInfo {
	out := callbackInfo{
		ID: cb.ID, WebhookID: cb.WebhookID, OrderID: cb.OrderID, RecordID: cb.RecordID, URL: cb.Url, State: cb.State,
		CreatedAt: cb.CreatedAt, DueAt: cb.DueAt, FinishedAt: cb.FinishedAt,
		Attempts: items(attempts, func(a db.CallbackAttempt) attemptInfo {
			return attemptInfo{a.StartedAt, a.Duration, a.Status, a.Error}
		}).Items,
	}
	if c.Role.May(account.SeeDeveloperLog) {
		out.Body = c.hideCodes(cb.Body)
	}
	return out
}

// deliveryRef names a delivery in a timeline.
func deliveryRef(id int64) string { return dispense.FormatID(id) }

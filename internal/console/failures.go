package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// failuresSince is how far the failures of channels look back, in milliseconds.
const failuresSince = 30 * 24 * hour

func (s *Server) failureRoutes() []route {
	return []route{{http.MethodGet, "/machines/{machine_no}/failures", member, account.See, s.machineFailures}}
}

// failuresInfo is how the deliveries ended that belong to orders made since a
// time, by channel. Channels without any are not listed.
type failuresInfo struct {
	Since int64             `json:"since"`
	Items []channelFailures `json:"items"`
}

// channelFailures counts the deliveries of a channel that have ended. Unknown are
// those of which the machine has reported nothing.
type channelFailures struct {
	ProductID   int64          `json:"product_id"`
	ChannelName string         `json:"channel_name"`
	Deliveries  int64          `json:"deliveries"`
	Failed      int64          `json:"failed"`
	Unknown     int64          `json:"unknown"`
	Reasons     []failureCount `json:"reasons"`
}

// failureCount is one reason of failures, named as the sentence of an order.
type failureCount struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
}

func (s *Server) machineFailures(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	since := s.clock.Millis() - failuresSince
	rows, err := s.store.DeliveriesByChannel(ctx, m.Machine.ID, since, c.Merchant.ID)
	return failuresInfo{since, failuresOf(rows)}, err
}

// failuresOf sums rows up that come by channel, the most frequent first.
func failuresOf(rows []db.DeliveriesByChannelRow) []channelFailures {
	out := []channelFailures{}
	for _, row := range rows {
		if n := len(out); n == 0 || out[n-1].ProductID != row.ProductID {
			out = append(out, channelFailures{ProductID: row.ProductID, ChannelName: row.ChannelName, Reasons: []failureCount{}})
		}
		channel := &out[len(out)-1]
		channel.Deliveries += row.Deliveries
		switch row.State {
		case vending.DeliveryFailed:
			channel.Failed += row.Deliveries
			channel.because(faultCode(row.FailReason, row.Partly != 0), row.Deliveries)
		case vending.DeliveryTimeout:
			channel.Unknown += row.Deliveries
			channel.because("TIMED_OUT", row.Deliveries)
		}
	}
	return out
}

// because adds to a reason. Several texts of machines can be one code.
func (f *channelFailures) because(code string, count int64) {
	for i := range f.Reasons {
		if f.Reasons[i].Code == code {
			f.Reasons[i].Count += count
			return
		}
	}
	f.Reasons = append(f.Reasons, failureCount{code, count})
}

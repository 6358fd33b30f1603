package fleet

import (
	"context"
	"sync/atomic"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/machineapi"
)

// handler is the platform's handler, watched. Reports come on the machines' own
// topics and everything else on the shared one.
type handler struct {
	*machineapi.Handler
	flights *flights
	// bareReports and bareBeats end reports and heartbeats here, to measure the
	// gateway alone.
	bareReports, bareBeats atomic.Bool
	// taken counts messages on the shared topic.
	taken atomic.Int64
}

// OnMessage implements devicegw.Handler.
func (h *handler) OnMessage(ctx context.Context, m devicegw.Message) error {
	bare, shared := &h.bareReports, m.Topic == sharedTopic
	if shared {
		bare = &h.bareBeats
	}
	if !bare.Load() {
		if err := h.Handler.OnMessage(ctx, m); err != nil {
			return err
		}
	}
	if shared {
		h.taken.Add(1)
	} else {
		h.flights.landed(m.MachineNo)
	}
	return nil
}

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
	// bare ends messages here, to measure the gateway alone.
	bare atomic.Bool
	// taken counts messages on the shared topic.
	taken atomic.Int64
}

// OnMessage implements devicegw.Handler.
func (h *handler) OnMessage(ctx context.Context, m devicegw.Message) error {
	if !h.bare.Load() {
		if err := h.Handler.OnMessage(ctx, m); err != nil {
			return err
		}
	}
	if m.Topic == sharedTopic {
		h.taken.Add(1)
	} else {
		h.flights.landed(m.MachineNo)
	}
	return nil
}

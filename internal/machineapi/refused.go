package machineapi

import (
	"context"
	"time"
)

// refusedEvery is how often connections are looked for that run on a password
// which is not accepted any more. Most passwords are revoked by `vendlane admin`,
// which is a process of its own, so no signal would come here.
const refusedEvery = time.Second

// Refuser ends connections of machines; *devicegw.Gateway is one.
type Refuser interface {
	// Refuse ends the connection of a machine unless it is newer than an epoch,
	// and returns whether there was one.
	Refuse(machineNo string, epoch int64) bool
}

// RefuseOldPasswords ends the connections to this node whose password was revoked,
// or replaced and is not accepted any more (mqtt.md §5.5, ADR 8), until ctx ends.
// Each node does it for its own.
func (h *Handler) RefuseOldPasswords(ctx context.Context, gateway Refuser) error {
	ticker := time.NewTicker(refusedEvery)
	defer ticker.Stop()
	failing := false
	for {
		err := h.fleet.EndRefused(ctx, gateway.Refuse)
		if err != nil && !failing && ctx.Err() == nil {
			h.log.Error("connections on refused passwords not looked for; it is tried again", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

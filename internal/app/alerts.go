package app

import (
	"context"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/alertpost"
	"github.com/vendlane/vendlane/internal/alerts"
)

// wireAlerts makes what tells people of alerts.
func (a *App) wireAlerts(zone *time.Location, opts Options) {
	cfg := a.Config.SMTP
	server := alertpost.SMTP{Server: cfg.Server, TLS: cfg.TLS, Username: cfg.Username, Password: cfg.Password, From: cfg.From}
	a.alertPost = alertpost.New(a.Store, a.nodeID, alertpost.Ways{Mail: server.Send(opts.Clock, opts.Log), Post: a.postAlert}, opts.Clock, zone, opts.Log)
	a.alertWatch = alerts.NewWatch(a.Store, opts.Clock, opts.Log)
}

// postAlert sends a message to a merchant's web address as callbacks are sent.
func (a *App) postAlert(ctx context.Context, merchantID int64, id, url, body string) (failure string, final bool) {
	out := a.callbacks.Post(ctx, merchantID, id, url, body)
	switch {
	case out.Acknowledged():
		return "", false
	case out.Status != 0:
		return fmt.Sprintf("HTTP %d", out.Status), false
	}
	return out.Error, out.Final
}

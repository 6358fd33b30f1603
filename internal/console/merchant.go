package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) ownMerchantRoutes() []route {
	return []route{
		{http.MethodGet, "/merchant", member, account.EditMerchant, s.merchant},
		{http.MethodPut, "/merchant/notify-url", member, account.EditMerchant, s.setNotifyURL},
	}
}

// merchantInfo is a merchant as its own members see it.
type merchantInfo struct {
	merchantRow
	// NotifyURL is where results go that no caller named an address for.
	NotifyURL string `json:"notify_url"`
}

func showMerchant(m db.Merchant) merchantRow {
	return merchantRow{m.ID, m.Slug, m.Title, m.Status, m.AppID, m.Timezone, m.CreatedAt, m.ExpiredAt}
}

func (s *Server) merchant(_ context.Context, c *call) (any, error) {
	return merchantInfo{showMerchant(c.Merchant), c.Merchant.NotifyUrl}, nil
}

func (s *Server) setNotifyURL(ctx context.Context, c *call) (any, error) {
	var in struct {
		NotifyURL string `json:"notify_url"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if reason := s.use.CheckCallbackURL(in.NotifyURL); in.NotifyURL != "" && reason != "" {
		return nil, vending.RefuseField("notify_url", reason)
	}
	return nil, changedMeanwhile(s.use.Account.SetNotifyURL(ctx, c.Scope, in.NotifyURL))
}

package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/provision"
)

func (s *Server) merchantRoutes() []route {
	return []route{
		{http.MethodGet, "/merchants", platform, "", s.merchants},
		{http.MethodPost, "/merchants", platform, "", s.createMerchant},
		{http.MethodPut, "/merchants/{id}/status", platform, "", s.setMerchantStatus},
	}
}

// merchantRow is a merchant as a platform administrator sees it.
type merchantRow struct {
	ID        int64  `json:"id"`
	Slug      string `json:"slug"`
	Title     string `json:"title"`
	Status    string `json:"status"`
	AppID     string `json:"appid"`
	Timezone  string `json:"timezone"`
	CreatedAt int64  `json:"created_at"`
	ExpiredAt int64  `json:"expired_at"`
}

func (s *Server) merchants(ctx context.Context, c *call) (any, error) {
	rows, err := s.use.Account.Merchants(ctx, c.User)
	return items(rows, showMerchant), err
}

// newMerchant is what a merchant gets once: the secrets cannot be read again.
type newMerchant struct {
	ID            int64  `json:"id"`
	AppID         string `json:"appid"`
	AppSecret     string `json:"app_secret"`
	AppKey        string `json:"app_key"`
	WebhookSecret string `json:"webhook_secret"`
}

func (s *Server) createMerchant(ctx context.Context, c *call) (any, error) {
	var in struct {
		Slug        string `json:"slug"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Timezone    string `json:"timezone"`
		Status      string `json:"status"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m := provision.Merchant{Slug: in.Slug, Title: in.Title, Description: in.Description, Timezone: in.Timezone, Status: in.Status, MustBeNew: true}
	if err := m.Check(); err != nil {
		return nil, fault{http.StatusUnprocessableEntity, "merchant_invalid", err.Error()}
	}
	ctx = s.use.Audit.Recording(ctx, audit.Entry{
		By: audit.By{UserID: c.User.ID, IP: c.client.IP}, Action: "merchant.create", Kind: "merchant", ID: in.Slug, After: in,
	})
	result, err := s.use.Provision.Apply(ctx, provision.File{Merchants: []provision.Merchant{m}})
	if errors.Is(err, provision.ErrSlugTaken) {
		return nil, fault{http.StatusConflict, "slug_taken", ""}
	}
	if err != nil {
		return nil, err
	}
	made := result.Merchants[0]
	return created{newMerchant{made.ID, made.AppID, made.AppSecret, made.AppKey, made.WebhookSecret}}, nil
}

func (s *Server) setMerchantStatus(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	var in struct {
		Status string `json:"status"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, s.use.Account.SetMerchantStatus(ctx, c.User, c.client.IP, id, in.Status)
}

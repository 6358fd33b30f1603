package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
)

func (s *Server) setUpRoutes() []route {
	return []route{
		{http.MethodGet, "/setup", anybody, "", s.setUpState},
		{http.MethodPost, "/setup", anybody, "", s.setUp},
	}
}

// setUpInfo is what the first page needs to know before anybody signs in.
type setUpInfo struct {
	// Needed tells that there is no user yet.
	Needed bool `json:"needed"`
	// OIDCName labels the button that signs in elsewhere; "" for none.
	OIDCName string `json:"oidc_name"`
}

func (s *Server) setUpState(ctx context.Context, _ *call) (any, error) {
	needed, err := s.use.Account.NeedsSetUp(ctx)
	return setUpInfo{Needed: needed, OIDCName: s.cfg.OIDC.Name}, err
}

func (s *Server) setUp(ctx context.Context, c *call) (any, error) {
	var in struct {
		Code     string `json:"code"`
		Email    string `json:"email"`
		Name     string `json:"name"`
		Password string `json:"password"`
		Language string `json:"language"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	u := account.NewUser{Email: in.Email, Name: in.Name, Password: in.Password, Language: in.Language}
	signed, err := s.use.Account.SetUp(ctx, in.Code, u, c.client)
	if err != nil {
		return nil, err
	}
	return s.welcome(ctx, c, signed)
}

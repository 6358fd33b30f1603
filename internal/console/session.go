package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) sessionRoutes() []route {
	return []route{
		{http.MethodPost, "/session", anybody, "", s.signIn},
		{http.MethodDelete, "/session", signedIn, "", s.signOut},
		{http.MethodGet, "/session", signedIn, "", s.whoAmI},
		{http.MethodPut, "/session/merchant", signedIn, "", s.switchMerchant},
		{http.MethodPut, "/session/language", signedIn, "", s.setLanguage},
		{http.MethodGet, "/sessions", signedIn, "", s.sessions},
		{http.MethodDelete, "/sessions", signedIn, "", s.endOtherSessions},
		{http.MethodDelete, "/sessions/{id}", signedIn, "", s.endSession},
		{http.MethodPut, "/password", signedIn, "", s.changePassword},
		{http.MethodGet, "/logins", signedIn, "", s.logins},
	}
}

// sessionInfo tells a page who uses it and what they may do.
type sessionInfo struct {
	User     userInfo `json:"user"`
	Language string   `json:"language"`
	// CSRF goes into the header X-CSRF of every request that changes something.
	CSRF string `json:"csrf"`
	// Merchant is null for a user who belongs to none.
	Merchant    *scopeInfo           `json:"merchant"`
	Memberships []account.Membership `json:"memberships"`
}

type userInfo struct {
	ID              int64  `json:"id"`
	Email           string `json:"email"`
	Name            string `json:"name"`
	IsPlatformAdmin bool   `json:"is_platform_admin"`
}

type scopeInfo struct {
	ID          int64                `json:"id"`
	Title       string               `json:"title"`
	Status      string               `json:"status"`
	Timezone    string               `json:"timezone"`
	Role        account.Role         `json:"role"`
	Group       string               `json:"machine_group"`
	Permissions []account.Permission `json:"permissions"`
}

func (s *Server) signIn(ctx context.Context, c *call) (any, error) {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	signed, err := s.use.Account.SignIn(ctx, in.Email, in.Password, c.client)
	if err != nil {
		return nil, err
	}
	return s.welcome(ctx, c, signed)
}

// welcome gives the browser its new session and ends the one it had.
func (s *Server) welcome(ctx context.Context, c *call, signed account.SignedIn) (any, error) {
	if c.session.ID != 0 {
		err := s.use.Account.EndSession(ctx, c.User.ID, c.session.ID)
		if err != nil && !errors.Is(err, account.NotFound) {
			return nil, err
		}
	}
	session, err := s.use.Account.Session(ctx, signed.Token)
	if err != nil {
		return nil, err
	}
	info, err := s.describe(ctx, session)
	if err == nil {
		c.setCookie(signed.Token)
	}
	return info, err
}

func (s *Server) signOut(ctx context.Context, c *call) (any, error) {
	err := s.use.Account.EndSession(ctx, c.User.ID, c.session.ID)
	if err != nil && !errors.Is(err, account.NotFound) {
		return nil, err
	}
	c.setCookie("")
	return nil, nil
}

func (s *Server) whoAmI(ctx context.Context, c *call) (any, error) {
	return s.describe(ctx, c.session)
}

func (s *Server) describe(ctx context.Context, session account.Session) (sessionInfo, error) {
	u := session.User
	info := sessionInfo{
		User:     userInfo{ID: u.ID, Email: u.Email, Name: u.Name, IsPlatformAdmin: u.IsPlatformAdmin},
		Language: u.Language, CSRF: session.CSRF,
	}
	var err error
	if info.Memberships, err = s.use.Account.Memberships(ctx, u); err != nil {
		return info, err
	}
	scope, err := s.use.Account.Scope(ctx, session)
	switch {
	case errors.Is(err, account.NoMerchant):
		return info, nil
	case err != nil:
		return info, err
	}
	info.Merchant = &scopeInfo{
		ID: scope.Merchant.ID, Title: scope.Merchant.Title, Status: scope.Merchant.Status, Timezone: scope.Merchant.Timezone,
		Role: scope.Role, Group: scope.Group, Permissions: scope.Role.Permissions(),
	}
	return info, nil
}

func (s *Server) switchMerchant(ctx context.Context, c *call) (any, error) {
	var in struct {
		MerchantID int64 `json:"merchant_id"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := s.use.Account.ChooseMerchant(ctx, c.session, in.MerchantID); err != nil {
		return nil, err
	}
	c.session.MerchantID = in.MerchantID
	return s.describe(ctx, c.session)
}

func (s *Server) setLanguage(ctx context.Context, c *call) (any, error) {
	var in struct {
		Language string `json:"language"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, s.use.Account.SetLanguage(ctx, c.User.ID, in.Language)
}

// sessionRow is one of the user's sessions.
type sessionRow struct {
	ID         int64  `json:"id"`
	IsCurrent  bool   `json:"is_current"`
	CreatedAt  int64  `json:"created_at"`
	LastSeenAt int64  `json:"last_seen_at"`
	ExpiresAt  int64  `json:"expires_at"`
	IP         string `json:"ip"`
	UserAgent  string `json:"user_agent"`
}

func (s *Server) sessions(ctx context.Context, c *call) (any, error) {
	rows, err := s.use.Account.Sessions(ctx, c.User.ID)
	return items(rows, func(r db.UserSession) sessionRow {
		return sessionRow{r.ID, r.ID == c.session.ID, r.CreatedAt, r.LastSeenAt, r.ExpiresAt, r.Ip, r.UserAgent}
	}), err
}

func (s *Server) endOtherSessions(ctx context.Context, c *call) (any, error) {
	return nil, s.use.Account.EndOtherSessions(ctx, c.User.ID, c.session.ID)
}

func (s *Server) endSession(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.use.Account.EndSession(ctx, c.User.ID, id)
}

func (s *Server) changePassword(ctx context.Context, c *call) (any, error) {
	var in struct {
		Present string `json:"present"`
		Next    string `json:"next"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, s.use.Account.ChangePassword(ctx, c.session, in.Present, in.Next, c.client)
}

// loginRow is one attempt to sign in. Method and Result are codes.
type loginRow struct {
	ID        int64  `json:"id"`
	At        int64  `json:"at"`
	Method    string `json:"method"`
	Result    string `json:"result"`
	IP        string `json:"ip"`
	UserAgent string `json:"user_agent"`
}

func (s *Server) logins(ctx context.Context, c *call) (any, error) {
	rows, err := s.use.Account.Logins(ctx, c.User.ID)
	return items(rows, func(r db.LoginLog) loginRow {
		return loginRow{r.ID, r.At, r.Method, r.Result, r.Ip, r.UserAgent}
	}), err
}

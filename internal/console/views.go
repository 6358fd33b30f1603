package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) viewRoutes() []route {
	return []route{
		{http.MethodGet, "/views", member, account.See, s.views},
		{http.MethodPost, "/views", member, account.See, s.saveView},
		{http.MethodPut, "/views/{id}", member, account.See, s.changeView},
		{http.MethodDelete, "/views/{id}", member, account.See, s.deleteView},
	}
}

// viewInfo is a saved view. Owner is the name of who saved it, Own tells that this is
// the caller.
type viewInfo struct {
	ID     int64  `json:"id"`
	Page   string `json:"page"`
	Name   string `json:"name"`
	Query  string `json:"query"`
	Shared bool   `json:"shared"`
	Own    bool   `json:"own"`
	Owner  string `json:"owner"`
}

func (c *call) showView(v db.SavedView, owner string) viewInfo {
	return viewInfo{v.ID, v.Page, v.Name, v.Query, v.Shared, v.UserID == c.User.ID, owner}
}

// views lists the views of a page that the caller can open.
func (s *Server) views(ctx context.Context, c *call) (any, error) {
	q := c.query()
	page := q.oneOf("page", account.ViewPages()...)
	if err := q.done(); err != nil {
		return nil, err
	}
	rows, err := s.use.Account.Views(ctx, c.Scope, page)
	return items(rows, func(r db.SavedViewsRow) viewInfo { return c.showView(r.SavedView, r.OwnerName) }), err
}

func (s *Server) saveView(ctx context.Context, c *call) (any, error) {
	var in struct {
		Page string `json:"page"`
		account.View
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	row, err := s.use.Account.SaveView(ctx, c.Scope, in.Page, in.View)
	return created{c.showView(row, c.User.Name)}, err
}

func (s *Server) changeView(ctx context.Context, c *call) (any, error) {
	var in account.View
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.use.Account.ChangeView(ctx, c.Scope, id, in)
}

func (s *Server) deleteView(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.use.Account.DeleteView(ctx, c.Scope, id)
}

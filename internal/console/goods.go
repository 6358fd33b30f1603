package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) goodRoutes() []route {
	return []route{
		{http.MethodGet, "/goods", member, account.See, s.goods},
		{http.MethodPost, "/goods", member, account.EditGoods, s.createGood},
		{http.MethodPut, "/goods/{id}", member, account.EditGoods, s.changeGood},
		{http.MethodGet, "/goods/{id}/uses", member, account.See, s.goodUses},
		{http.MethodPost, "/goods/import/preview", member, account.EditGoods, s.previewGoods},
		{http.MethodPost, "/goods/import", member, account.EditGoods, s.importGoods},
	}
}

// goodRow is a good; Machines and Channels count where it is.
type goodRow struct {
	ID            int64  `json:"id"`
	Slug          string `json:"slug"`
	Name          string `json:"name"`
	Description   string `json:"description"`
	Thumb         string `json:"thumb"`
	Price         int64  `json:"price"`
	OriginalPrice int64  `json:"original_price"`
	UpdatedAt     int64  `json:"updated_at"`
	Machines      int64  `json:"machines"`
	Channels      int64  `json:"channels"`
}

func (goodRow) csvHeader() []string {
	return []string{"slug", "name", "description", "thumb", "price", "original_price", "updated_at", "machines", "channels"}
}

func (r goodRow) csvRow() []string {
	return []string{
		r.Slug, r.Name, r.Description, r.Thumb, vending.Money(r.Price).String(), vending.Money(r.OriginalPrice).String(),
		isoTime(r.UpdatedAt), number(r.Machines), number(r.Channels),
	}
}

// showGood leaves Thumb as it is stored, so that it can be sent back.
func showGood(g db.Good) goodRow {
	return goodRow{
		ID: g.ID, Slug: g.Slug, Name: g.Name, Description: g.Description, Thumb: g.Thumb, Price: int64(g.Price),
		OriginalPrice: int64(g.OriginalPrice), UpdatedAt: g.UpdatedAt,
	}
}

// namedPlace is where a page of what is sorted by name ends: goods, say.
type namedPlace struct {
	Name string `json:"n"`
	ID   int64  `json:"i"`
}

func (s *Server) goods(ctx context.Context, c *call) (any, error) {
	q := c.query()
	text := q.text("q", 100)
	limit := q.limit()
	var after namedPlace
	q.cursor(&after)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.GoodPage(ctx, db.GoodPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, Pattern: pattern(text), AfterName: after.Name, AfterID: after.ID, PageSize: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	rows := items(stored, func(g db.GoodPageRow) goodRow {
		row := showGood(g.Good)
		row.Machines, row.Channels = g.Machines, g.Channels
		return row
	}).Items
	return paged(c, rows, limit, "goods", func(last goodRow) any { return namedPlace{last.Name, last.ID} })
}

// goodFields are what a page says of a good; original_price null is price.
type goodFields struct {
	Name          string `json:"name"`
	Description   string `json:"description"`
	Thumb         string `json:"thumb"`
	Price         int64  `json:"price"`
	OriginalPrice *int64 `json:"original_price"`
}

func (g goodFields) fields() catalog.GoodFields {
	out := catalog.GoodFields{
		Name: g.Name, Description: g.Description, Thumb: g.Thumb, Price: vending.Money(g.Price), OriginalPrice: vending.Money(g.Price),
	}
	if g.OriginalPrice != nil {
		out.OriginalPrice = vending.Money(*g.OriginalPrice)
	}
	return out
}

func (s *Server) createGood(ctx context.Context, c *call) (any, error) {
	var in struct {
		Slug string `json:"slug"`
		goodFields
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "good.create", "good", in.Slug, nil, in)
	g, err := s.use.Catalog.CreateGood(ctx, c.Merchant, in.Slug, in.fields())
	return created{showGood(g)}, err
}

func (s *Server) changeGood(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	var in goodFields
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	before, err := s.ownGood(ctx, c, id)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "good.change", "good", before.Slug, showGood(before), in)
	_, g, err := s.use.Catalog.ChangeGood(ctx, c.Merchant, id, in.fields())
	return showGood(g), err
}

func (s *Server) ownGood(ctx context.Context, c *call, id int64) (db.Good, error) {
	g, found, err := store.Find(s.store.GoodByID(ctx, id, c.Merchant.ID))
	if err == nil && !found {
		err = account.NotFound
	}
	return g, err
}

// useRow is a channel that holds a good.
type useRow struct {
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	ChannelName string `json:"channel_name"`
	ProductID   int64  `json:"product_id"`
	Quantity    int64  `json:"quantity"`
	Capacity    int64  `json:"capacity"`
	OnSale      bool   `json:"on_sale"`
}

func (s *Server) goodUses(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	if _, err := s.ownGood(ctx, c, id); err != nil {
		return nil, err
	}
	rows, err := s.store.GoodUses(ctx, id, c.Merchant.ID, c.Group)
	return items(rows, func(r db.GoodUsesRow) useRow {
		return useRow{r.MachineNo, r.MachineName, r.ChannelName, r.ProductID, r.CurrentInventory, r.Inventory, r.OnSale}
	}), err
}

package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// pageJSON is the page object of openapi.md §7.4.
type pageJSON struct {
	Data        []productJSON `json:"data"`
	Total       int64         `json:"total"`
	CurrentPage int64         `json:"current_page"`
	LastPage    int64         `json:"last_page"`
	PerPage     int64         `json:"per_page"`
}

type productJSON struct {
	ID               int64         `json:"id"`
	Category         *categoryJSON `json:"category,omitempty"`
	Good             goodJSON      `json:"good"`
	Channel          channelJSON   `json:"channel"`
	CurrentInventory int64         `json:"current_inventory"`
	Inventory        int64         `json:"inventory"`
}

type goodJSON struct {
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	Thumb         string   `json:"thumb"`
	Price         string   `json:"price"`
	OriginalPrice string   `json:"original_price"`
	Content       string   `json:"content"`
	GoodNo        string   `json:"good_no"`
	Slug          string   `json:"slug"`
	Media         []string `json:"media,omitempty"`
}

type channelJSON struct {
	Name        string `json:"name"`
	CabinetName string `json:"cabinet_name"`
	Code        string `json:"code"`
	X           string `json:"x"`
	Y           string `json:"y"`
	Addr        int64  `json:"addr"`
}

// Limits of paging (openapi.md §7.4).
const (
	defaultPerPage = 10
	maxPerPage     = 100
	maxBoards      = 8
)

// products is openapi.md §7.4.
func (s *Server) products(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	filter := catalog.Filter{MachineNo: f.machineNo()}
	filter.Page = f.optional("page", 1, 1, maxNumber)
	filter.PerPage = f.optional("per_page", defaultPerPage, 1, maxPerPage)
	filter.CategoryID = f.optional("category_id", 0, 0, maxNumber)
	cabinet := f.cabinet()
	all := f.optional("select_all", 0, 0, 1) == 1
	filter.Addr = f.board(cabinet)
	if err := f.err(); err != nil {
		return nil, err
	}
	if all {
		filter.Page, filter.PerPage = 1, 0
	} else if filter.Addr == 0 {
		filter.Addr = mainBoard
	}
	page, err := s.use.Catalog.Products(ctx, c.merchant, filter)
	if err != nil {
		return nil, err
	}
	if page.Total == 0 {
		return []productJSON{}, nil
	}
	out := pageJSON{
		Data: make([]productJSON, len(page.Rows)), Total: page.Total,
		CurrentPage: filter.Page, LastPage: 1, PerPage: page.Total,
	}
	if !all {
		out.PerPage = filter.PerPage
		out.LastPage = (page.Total + filter.PerPage - 1) / filter.PerPage
	}
	for i, row := range page.Rows {
		if out.Data[i], err = s.productRow(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mainBoard is cabinet A, the one that is meant where none is named.
const mainBoard = 1

// board reads the optional addr and returns the board that it, or a
// cabinet_name already read, selects; 0 when neither is there. Sending both is
// an error (openapi.md §4.1).
func (f *form) board(cabinet int64) int64 {
	addr := f.optional("addr", 0, 1, maxBoards)
	if cabinet != 0 && addr != 0 {
		f.failFormat("cabinet_name", "conflict")
	}
	return max(cabinet, addr)
}

// cabinet reads the optional cabinet_name and returns its board. Letters after
// H are legal but no board can have them, so they match no row.
func (f *form) cabinet() int64 {
	const name = "cabinet_name"
	text := f.read(name, false, false)
	if text == "" {
		return 0
	}
	if len(text) != 1 || text[0] < 'A' || text[0] > 'Z' {
		f.failFormat(name, "format")
		return 0
	}
	return int64(text[0]-'A') + 1
}

func (s *Server) productRow(row db.ProductsOnSaleRow) (productJSON, error) {
	good, err := s.goodRow(row.Good)
	if err != nil {
		return productJSON{}, err
	}
	out := productJSON{
		ID: row.ID, Good: good, Channel: channelRow(row.Channel),
		CurrentInventory: row.CurrentInventory, Inventory: row.Inventory,
	}
	if row.CategoryID != 0 {
		out.Category = &categoryJSON{ID: row.CategoryID, Title: row.CategoryTitle}
	}
	return out, nil
}

func (s *Server) goodRow(g db.Good) (goodJSON, error) {
	out := goodJSON{
		Name: g.Name, Description: g.Description, Thumb: s.picture(g.Thumb), Price: g.Price.String(),
		OriginalPrice: g.OriginalPrice.String(), Content: g.Content, GoodNo: g.Slug, Slug: g.Slug,
	}
	if err := json.Unmarshal([]byte(g.Media), &out.Media); err != nil {
		return out, fmt.Errorf("media of good %d: %w", g.ID, err)
	}
	for i, picture := range out.Media {
		out.Media[i] = s.picture(picture)
	}
	return out, nil
}

func channelRow(c db.Channel) channelJSON {
	return channelJSON{
		Name: c.Name, CabinetName: vending.CabinetName(c.Addr), Code: vending.ChannelCode(c.Addr, c.Motor),
		X: strconv.FormatInt(c.X, 10), Y: strconv.FormatInt(c.Y, 10), Addr: c.Addr,
	}
}

// picture shows a stored picture under the platform's public address; other
// URLs are as the operator gave them.
func (s *Server) picture(url string) string {
	return vending.PictureURL(s.cfg.PublicURL, url)
}

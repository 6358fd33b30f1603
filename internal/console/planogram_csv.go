package console

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of a planogram as a file, and of the request that it comes in, in bytes.
const (
	maxPlanogramFile = 256 << 10
	maxPlanogramBody = 2*maxPlanogramFile + 1<<10 // in JSON half of it may be escapes
)

// channelRow is a channel in a file.
type channelRow db.PlanogramRow

func (channelRow) csvHeader() []string {
	return []string{"channel", "cabinet", "motor", "good", "good_name", "price", "quantity", "capacity", "on_sale", "floor_status", "reserved_codes"}
}

func (r channelRow) csvRow() []string {
	price := ""
	if r.GoodID != 0 {
		price = vending.Money(r.GoodPrice).String()
	}
	return []string{
		r.Channel.Name, vending.CabinetName(r.Channel.Addr), number(r.Channel.Motor), r.GoodSlug, r.GoodName, price, number(r.Quantity),
		number(r.Capacity), strconv.FormatBool(r.OnSale), r.FloorStatus, number(r.Reserved),
	}
}

// channelRows leaves out what holds nothing.
func channelRows(stored []db.PlanogramRow) []channelRow {
	rows := []channelRow{}
	for _, row := range stored {
		if row.ProductID != 0 {
			rows = append(rows, channelRow(row))
		}
	}
	return rows
}

// Why a line of a file cannot be read.
const (
	reasonEncoding      = "encoding"       // the file is not UTF-8
	reasonSyntax        = "syntax"         // a quote is not closed, or stands inside a cell
	reasonColumns       = "columns"        // it has more or fewer cells than the header
	reasonColumnUnknown = "column_unknown" // the header names a column that the export does not have
	reasonColumnMissing = "column_missing" // the header lacks the channel
	reasonNumber        = "number"         // a quantity or capacity is no number
	reasonTruth         = "truth"          // on_sale is neither true nor false
	reasonTooMany       = "too_many"       // it has more lines than a machine has channels
)

// parsePlanogram reads a file like the one that a planogram is exported to. The
// columns good, quantity, capacity and on_sale are taken over, those of the rest
// that are there are for people. An empty good empties the channel; any other cell
// that is empty, or whose column is missing, leaves a thing as it is.
func parsePlanogram(text string) (lines []catalog.PlanogramLine, problems []catalog.Problem) {
	refuse := func(line int, channel, reason string) {
		problems = append(problems, catalog.Problem{Line: line, Channel: channel, Reason: reason})
	}
	if strings.ContainsRune(text, utf8.RuneError) { // what a page makes of bytes that are not UTF-8
		refuse(1, "", reasonEncoding)
		return nil, problems
	}
	in, header, err := openCSV(text)
	if err != nil {
		refuse(1, "", reasonColumnMissing)
		return nil, problems
	}
	columns, reason := planogramColumns(header)
	if reason != "" {
		refuse(1, "", reason)
		return nil, problems
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return lines, problems
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			refuse(broken.StartLine, "", reasonSyntax) // where the next line begins is not known
			return lines, problems
		}
		at, _ := in.FieldPos(0)
		if len(lines)+len(problems) >= maxEdits {
			refuse(at, "", reasonTooMany)
			return nil, problems[len(problems)-1:]
		}
		if len(cells) != len(header) {
			refuse(at, "", reasonColumns)
			continue
		}
		l, reason := planogramLine(columns, cells)
		l.Line = at
		if reason != "" {
			refuse(at, l.Channel, reason)
			continue
		}
		lines = append(lines, l)
	}
}

// planogramColumns finds the columns by name.
func planogramColumns(header []string) (columns map[string]int, reason string) {
	columns = map[string]int{}
	for i, name := range header {
		if _, twice := columns[name]; twice || !slices.Contains(channelRow{}.csvHeader(), name) {
			return nil, reasonColumnUnknown
		}
		columns[name] = i
	}
	if _, there := columns["channel"]; !there {
		return nil, reasonColumnMissing
	}
	return columns, ""
}

func planogramLine(columns map[string]int, cells []string) (l catalog.PlanogramLine, reason string) {
	cell := func(name string) (string, bool) {
		i, there := columns[name]
		if !there {
			return "", false
		}
		return strings.TrimSpace(plain(cells[i])), true
	}
	l.Channel, _ = cell("channel")
	if good, there := cell("good"); there {
		l.Good = &good
	}
	for name, to := range map[string]**int64{"quantity": &l.Quantity, "capacity": &l.Capacity} {
		text, _ := cell(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return l, reasonNumber
		}
		*to = &n
	}
	if text, _ := cell("on_sale"); text != "" {
		on, known := map[string]bool{"true": true, "1": true, "false": false, "0": false}[strings.ToLower(text)]
		if !known {
			return l, reasonTruth
		}
		l.OnSale = &on
	}
	return l, ""
}

// stagedPlanogram is what a file or another machine comes to at a machine.
type stagedPlanogram struct {
	Changes  []planogramEdit `json:"changes"`
	Goods    []goodInfo      `json:"goods"`
	Problems []problemRow    `json:"problems"`
}

// problemRow is why something cannot be done to a channel. Line is 0 where there
// is no file.
type problemRow struct {
	Line    int    `json:"line"`
	Channel string `json:"channel"`
	Reason  string `json:"reason"`
}

func showProblem(p catalog.Problem) problemRow { return problemRow(p) }

// stagePlanogram tells what a file, or the planogram of another machine, would
// change, and changes nothing.
func (s *Server) stagePlanogram(ctx context.Context, c *call) (any, error) {
	var in struct {
		CSV  *string `json:"csv"`
		From string  `json:"from"`
	}
	if err := c.decodeUpTo(maxPlanogramBody, &in); err != nil {
		return nil, err
	}
	if (in.CSV == nil) == (in.From == "") {
		return nil, badRequest("send either csv or from")
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	var lines []catalog.PlanogramLine
	var problems []catalog.Problem
	if in.CSV == nil {
		lines, err = s.planogramLines(ctx, c, in.From)
	} else if len(*in.CSV) > maxPlanogramFile {
		err = errBodyTooLarge
	} else {
		lines, problems = parsePlanogram(*in.CSV)
	}
	if err != nil {
		return nil, err
	}
	staged, err := s.use.Catalog.StagePlanogram(ctx, c.Merchant, m.Machine.MachineNo, lines)
	problems = append(problems, staged.Problems...)
	slices.SortStableFunc(problems, func(a, b catalog.Problem) int { return a.Line - b.Line })
	return stagedPlanogram{
		Changes: items(staged.Edits, func(e catalog.PlanogramEdit) planogramEdit {
			return planogramEdit{e.ProductID, e.GoodID, e.OnSale, e.Quantity, e.Capacity}
		}).Items,
		Goods: items(staged.Goods, func(g db.Good) goodInfo {
			return goodInfo{g.ID, g.Name, vending.PictureURL(s.cfg.PublicURL, g.Thumb), int64(g.Price)}
		}).Items,
		Problems: items(problems, showProblem).Items,
	}, err
}

// planogramLines is what a machine in the scope holds.
func (s *Server) planogramLines(ctx context.Context, c *call, machineNo string) ([]catalog.PlanogramLine, error) {
	m, err := s.ownMachine(ctx, c, machineNo)
	if err != nil {
		return nil, err
	}
	return s.use.Catalog.PlanogramOf(ctx, c.Merchant, m.Machine.MachineNo)
}

package console

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of a file of goods.
const (
	// maxGoodsFile is in bytes.
	maxGoodsFile    = 4 << 20
	maxGoodsLines   = 10_000
	maxGoodsColumns = 100
)

// goodsFile is a file of goods as it was read.
type goodsFile struct {
	lines   []catalog.GoodLine
	refused []catalog.RefusedLine
	// ignored are columns that say nothing of a good, or nothing that can be set.
	ignored []string
}

// goodColumns are those of the export that can be set.
func goodColumns() []string {
	return []string{"slug", "name", "description", "thumb", "price", "original_price"}
}

// readGoods reads CSV in UTF-8, with or without a byte-order mark, as the list of
// goods is exported: the first line names the columns, in any order; slug must be
// among them. It refuses a file as a whole with 10001 and the field `file`: range
// for too many bytes or lines, encoding, head, or csv with the number of the line
// that cannot be read.
func readGoods(file []byte) (goodsFile, error) {
	if len(file) > maxGoodsFile {
		return goodsFile{}, vending.RefuseField("file", "range")
	}
	if !utf8.Valid(file) {
		return goodsFile{}, vending.RefuseField("file", "encoding")
	}
	in, head, err := openCSV(string(file))
	if err != nil {
		return goodsFile{}, vending.RefuseField("file", "head")
	}
	var out goodsFile
	if out.ignored, err = readHead(head); err != nil {
		return goodsFile{}, err
	}
	for n := 0; ; n++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return goodsFile{}, unreadable(err)
		}
		if n == maxGoodsLines {
			return goodsFile{}, vending.RefuseField("file", "range")
		}
		number, _ := in.FieldPos(0)
		line, refused := readLine(number, head, cells)
		if refused != nil {
			refused.Number, refused.Slug = number, line.Slug
			out.refused = append(out.refused, *refused)
			continue
		}
		out.lines = append(out.lines, line)
	}
}

// readHead returns the names of columns that do not count.
func readHead(head []string) (ignored []string, err error) {
	if len(head) > maxGoodsColumns {
		return nil, vending.RefuseField("file", "head")
	}
	ignored = []string{}
	for i, name := range head {
		if slices.Contains(head[:i], name) {
			return nil, vending.RefuseField("file", "head")
		}
		if !slices.Contains(goodColumns(), name) {
			ignored = append(ignored, name)
		}
	}
	if !slices.Contains(head, "slug") {
		return nil, vending.RefuseField("file", "head")
	}
	return ignored, nil
}

func unreadable(err error) error {
	data := vending.Data{"field": "file", "reason": "csv"}
	var at *csv.ParseError
	if errors.As(err, &at) {
		data["line"] = at.Line
	}
	return vending.RefuseWith(vending.CodeForm, data)
}

func readLine(number int, head, cells []string) (catalog.GoodLine, *catalog.RefusedLine) {
	line := catalog.GoodLine{Number: number}
	if at := slices.Index(head, "slug"); at < len(cells) {
		line.Slug = plain(cells[at])
	}
	if len(cells) != len(head) {
		return line, &catalog.RefusedLine{Field: "columns", Reason: "range"}
	}
	if strings.Contains(line.Slug, "E+") && isNumber(line.Slug) { // a spreadsheet has lost the digits of an EAN
		return line, &catalog.RefusedLine{Field: "slug", Reason: "format"}
	}
	for i, column := range head {
		cell := plain(cells[i])
		switch column {
		case "name":
			line.Name = &cell
		case "description":
			line.Description = &cell
		case "thumb":
			line.Thumb = &cell
		case "price", "original_price":
			price, refused := readPrice(column, cell)
			if refused != nil {
				return line, refused
			}
			if column == "price" {
				line.Price = price
			} else {
				line.OriginalPrice = price
			}
		}
	}
	if line.OriginalPrice == nil && slices.Contains(head, "original_price") {
		line.OriginalPrice = line.Price // an empty cell is "none"
	}
	return line, nil
}

// readPrice returns nil for an empty cell that may be empty.
func readPrice(column, cell string) (*vending.Money, *catalog.RefusedLine) {
	cell = strings.TrimSpace(cell)
	if cell == "" && column == "original_price" {
		return nil, nil //nolint:nilnil // no price and no fault
	}
	price, err := vending.ParseMoney(cell)
	if err != nil {
		return nil, &catalog.RefusedLine{Field: column, Reason: "format"}
	}
	return &price, nil
}

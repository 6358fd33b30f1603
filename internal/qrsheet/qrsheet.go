// Package qrsheet prints QR codes as a PDF to cut up: labels for machines, and
// pickup codes to hand out.
//
// The text on it is digits and Latin letters, in the fonts that every PDF reader
// has. Chinese would need a font of several megabytes in the program; a label needs
// none, because its QR code leads to a page in the reader's own language.
package qrsheet

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr"
)

// Label is one QR code with what stands beneath it. Text in other letters than
// printable ASCII is left out.
type Label struct {
	URL string
	// Title is set large, Lines below it small.
	Title string
	Lines []string
}

// A page is A4 with labels in a grid. Sizes are millimetres.
const (
	columns, rows = 4, 6
	pageWidth     = 210.0
	pageHeight    = 297.0
	margin        = 8.0
	cellWidth     = (pageWidth - 2*margin) / columns
	cellHeight    = (pageHeight - 2*margin) / rows
	qrSize        = 30.0
	perPage       = columns * rows
)

// Write prints labels. at is when, for the properties of the file.
func Write(w io.Writer, labels []Label, at time.Time) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	for i, label := range labels {
		if i%perPage == 0 {
			pdf.AddPage()
		}
		place := i % perPage
		x, y := margin+float64(place%columns)*cellWidth, margin+float64(place/columns)*cellHeight
		if err := draw(pdf, label, strconv.Itoa(i), x, y); err != nil {
			return err
		}
	}
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("write PDF: %w", err)
	}
	return nil
}

// draw puts a label and the line to cut along at a place.
func draw(pdf *fpdf.Fpdf, label Label, name string, x, y float64) error {
	code, err := qr.Encode(label.URL, qr.M)
	if err != nil {
		return fmt.Errorf("encode %d bytes as QR code: %w", len(label.URL), err)
	}
	code.Scale = 4 // enough pixels to stay sharp where a reader smooths them
	options := fpdf.ImageOptions{ImageType: "PNG"}
	pdf.RegisterImageOptionsReader(name, options, bytes.NewReader(code.PNG()))
	pdf.SetDrawColor(190, 190, 190)
	pdf.SetLineWidth(0.1)
	pdf.Rect(x, y, cellWidth, cellHeight, "D")
	pdf.ImageOptions(name, x+(cellWidth-qrSize)/2, y+1, qrSize, qrSize, false, options, 0, "")
	pdf.SetXY(x, y+qrSize+1.5)
	pdf.SetFont("Courier", "B", 14)
	pdf.CellFormat(cellWidth, 5, printable(label.Title), "", 2, "C", false, 0, "")
	pdf.SetFont("Helvetica", "", 7)
	for _, line := range label.Lines {
		if text := printable(line); text != "" {
			pdf.CellFormat(cellWidth, 3, text, "", 2, "C", false, 0, "")
		}
	}
	if err := pdf.Error(); err != nil {
		return fmt.Errorf("draw label: %w", err)
	}
	return nil
}

// printable returns text that the built-in fonts have, and that fits into a
// label; anything else is "".
func printable(text string) string {
	const most = 30
	if len(text) > most {
		return ""
	}
	for _, r := range text {
		if r < ' ' || r > '~' {
			return ""
		}
	}
	return text
}

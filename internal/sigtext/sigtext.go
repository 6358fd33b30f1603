// Package sigtext shows on a terminal, in English or Chinese, what package sigdebug
// says about a signature: each step of the way, every form, and the verdict.
package sigtext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vendlane/vendlane/internal/sigdebug"
	"github.com/vendlane/vendlane/internal/terminal"
)

// page is a text under way.
type page struct {
	texts
	out strings.Builder
}

// Signed shows how a payload is signed and the body that is to be sent.
func Signed(r sigdebug.Report, forms []sigdebug.Written, body string, chinese bool) string {
	p := newPage(chinese)
	p.way(r, forms)
	p.head(p.body)
	p.line(body)
	return p.out.String()
}

// Verified shows how a message is verified, and what is wrong with it.
func Verified(r sigdebug.Report, forms []sigdebug.Written, chinese bool) string {
	p := newPage(chinese)
	if len(forms) > 0 {
		p.way(r, forms)
		p.head(p.received)
		p.line(r.Received)
	}
	if r.SenderCanonical != "" {
		p.head(p.sender)
		p.line(r.SenderCanonical)
		if r.FirstDifference >= 0 {
			p.line(fmt.Sprintf(p.differs, r.FirstDifference+1))
		}
	}
	p.head(p.checks)
	for _, step := range r.Steps {
		p.line(p.verdicts[step.OK] + "  " + p.steps[step.Name])
	}
	p.head(p.result)
	p.line(p.diagnoses[r.Diagnosis])
	if r.Detail != "" {
		p.line("(" + r.Detail + ")")
	}
	return p.out.String()
}

func newPage(chinese bool) *page {
	p := &page{texts: inEnglish()}
	if chinese {
		p.texts = inChinese()
	}
	return p
}

// way shows the steps of signing.md §3.
func (p *page) way(r sigdebug.Report, forms []sigdebug.Written) {
	p.head(p.payload)
	p.line(compact(r.Payload))
	p.head(p.dropped)
	for _, d := range r.Dropped {
		p.line(d.Name + "  (" + p.reasons[d.Reason] + ")")
	}
	if len(r.Dropped) == 0 {
		p.line(p.none)
	}
	p.head(p.pairs)
	for _, pair := range r.Pairs {
		p.line(pair.Name + "=" + pair.Text)
	}
	p.head(p.joined)
	for _, f := range forms {
		p.line(p.forms[f.Form] + f.Canonical)
	}
	p.head(p.hashed)
	for _, f := range forms {
		p.line(p.forms[f.Form] + f.Sign)
	}
}

func (p *page) head(title string) { p.out.WriteString(title + "\n") }

// line shows a text, which may be that of somebody else.
func (p *page) line(text string) { p.out.WriteString("   " + terminal.Text(text) + "\n") }

// compact takes the white space out of a JSON text and changes nothing else.
func compact(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}

package docsite

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/webpage"
	"github.com/yuin/goldmark"
)

//go:embed page.html
var pageTemplate string

// frame puts pages into their frame.
type frame struct {
	template *template.Template
	markdown goldmark.Markdown
}

// view is what the template shows.
type view struct {
	Lang, Title, Site, Skip, Contents, API string
	Other                                  link
	OtherLang                              string
	Sections                               []section
	Body                                   template.HTML
}

// section is a part of the navigation. Folded ones are opened by the reader.
type section struct {
	Title  string
	Folded bool
	Links  []link
}

type link struct {
	Title, Address string
	Here           bool
}

func parseTemplate() (frame, error) {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return frame{}, fmt.Errorf("parse page template: %w", err)
	}
	return frame{t, newMarkdown()}, nil
}

// page renders s; all are the pages to navigate to.
func (f frame) page(s source, all []source) (page, error) {
	lang := languageOf(s.name)
	relink(s)
	label(s)
	var body bytes.Buffer
	if err := f.markdown.Renderer().Render(&body, s.text, s.tree); err != nil {
		return page{}, err
	}
	// The pages are our own: raw HTML in them is left out by the renderer.
	v := view{
		Lang: lang.tag, Title: s.title, Site: lang.site, Skip: lang.skip, Contents: lang.contents, API: lang.api,
		OtherLang: lang.other().tag, Sections: navigation(s, all),
		Body: template.HTML(scrollable(body.String(), lang)), //nolint:gosec // as said
	}
	v.Other = link{Title: lang.other().name, Address: address("index" + lang.other().suffix)}
	if twin := lang.other().twin(s.name); has(all, twin) {
		v.Other.Address = address(twin)
	}
	var out bytes.Buffer
	if err := f.template.Execute(&out, v); err != nil {
		return page{}, err
	}
	return page{lang: lang.tag, html: out.Bytes(), policy: webpage.StylePolicy(out.Bytes())}, nil
}

// scrollable lets tables and code scroll by themselves, for the keyboard too. An
// empty cell is the header of nothing.
// Text cannot hold these tags: it is escaped.
func scrollable(body string, l language) string {
	pieces := strings.Split(body, "<table>")
	for i := 1; i < len(pieces); i++ {
		pieces[i] = `<div class="scroll" role="group" aria-label="` + l.table + " " + strconv.Itoa(i) + `" tabindex="0"><table>` + pieces[i]
	}
	return strings.NewReplacer(
		"</table>", "</table></div>", "<th></th>", "<td></td>",
		"<pre>", `<pre role="group" aria-label="`+l.code+`" tabindex="0">`,
	).Replace(strings.Join(pieces, ""))
}

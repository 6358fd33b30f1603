package docsite

import (
	"net/url"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// served are the files outside docs that the platform serves.
func served() map[string]string {
	return map[string]string{"api/openapi.yaml": "/openapi.yaml"}
}

// target is where a link of a page leads on the site. ok is false if the site
// has nothing there: the link is for readers of the source tree.
func target(from, link string) (to string, ok bool) {
	u, err := url.Parse(link)
	if err != nil {
		return "", false
	}
	if u.Scheme != "" || u.Path == "" {
		return link, true
	}
	// Seen from the root of the repository.
	file := path.Join("docs", path.Dir(from), u.Path)
	if other, found := served()[file]; found {
		return other, true
	}
	name, isPage := strings.CutSuffix(file, ".md")
	name, inside := strings.CutPrefix(name, "docs/")
	if !isPage || !inside {
		return "", false
	}
	u.Path = address(name)
	return u.String(), true
}

// relink turns the links of a page into those of the site. One that leads
// nowhere here becomes its text.
func relink(s source) {
	var links []*ast.Link
	_ = ast.Walk(s.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if link, isLink := n.(*ast.Link); isLink && entering {
			links = append(links, link)
		}
		return ast.WalkContinue, nil
	}) // the function never fails
	for _, link := range links {
		to, ok := target(s.name, string(link.Destination))
		if ok {
			link.Destination = []byte(to)
			continue
		}
		parent := link.Parent()
		for child := link.FirstChild(); child != nil; child = link.FirstChild() {
			parent.InsertBefore(parent, link, child)
		}
		parent.RemoveChild(parent, link)
	}
}

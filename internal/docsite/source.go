package docsite

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// source is a page in Markdown.
type source struct {
	name  string // path without .md
	title string // of the first heading
	text  []byte
	tree  ast.Node
}

func newMarkdown() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
}

// read parses every page, in the order of their names.
func read(files fs.FS) ([]source, error) {
	var out []source
	md := newMarkdown()
	err := fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".md" {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		s := source{name: strings.TrimSuffix(name, ".md"), text: content}
		s.tree = md.Parser().Parse(text.NewReader(content), parser.WithContext(parser.NewContext(parser.WithIDs(slugs{}))))
		first, isHeading := s.tree.FirstChild().(*ast.Heading)
		if !isHeading || first.Level != 1 {
			return fmt.Errorf("%s does not begin with a heading", name)
		}
		s.title = textOf(first, content)
		out = append(out, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read documentation: %w", err)
	}
	return out, nil
}

// textOf is what a reader sees of a node.
func textOf(n ast.Node, source []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, isText := n.(*ast.Text); isText && entering {
			out.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	}) // the function never fails
	return out.String()
}

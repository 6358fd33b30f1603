package docsite

import (
	"github.com/yuin/goldmark/ast"
	table "github.com/yuin/goldmark/extension/ast"
)

// label gives every cell of a page's tables the text of its column, which the
// style sheet shows where a screen is too narrow for columns.
func label(s source) {
	_ = ast.Walk(s.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		t, isTable := n.(*table.Table)
		if !isTable || !entering {
			return ast.WalkContinue, nil
		}
		for row := t.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
			column := t.FirstChild().FirstChild()
			for cell := row.FirstChild(); cell != nil && column != nil; cell = cell.NextSibling() {
				if text := textOf(column, s.text); text != "" {
					cell.SetAttributeString("data-label", []byte(text))
				}
				column = column.NextSibling()
			}
		}
		return ast.WalkSkipChildren, nil
	}) // the function never fails
}

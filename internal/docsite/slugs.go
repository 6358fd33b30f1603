package docsite

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

// slugs gives the headings of one page the ids that forges give them, so that a
// link to a heading works here and there.
type slugs map[string]int

// Generate implements parser.IDs: lower case, spaces as hyphens, no punctuation,
// numbers behind what is there already.
func (s slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	var out strings.Builder
	for _, r := range strings.ToLower(string(value)) {
		switch {
		case r == ' ':
			out.WriteByte('-')
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			out.WriteRune(r)
		}
	}
	slug := out.String()
	n := s[slug]
	s[slug]++
	if n > 0 {
		slug = fmt.Sprintf("%s-%d", slug, n)
	}
	return []byte(slug)
}

// Put implements parser.IDs.
func (s slugs) Put(value []byte) { s[string(value)]++ }

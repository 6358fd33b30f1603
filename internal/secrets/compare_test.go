package secrets_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// secretNames are the ends of names that hold a secret or what is made of one.
	secretNames = regexp.MustCompile(`(?i)(secret|password|passwd|hash|mac|digest|appkey)$`)
	// otherNames end so and hold none: names of messages.
	otherNames = regexp.MustCompile(`\.Method[A-Za-z]+$`)
	// tools run on a developer's desk with secrets of their own.
	tools = regexp.MustCompile(`internal/(bench|certify|demo|fleetsim|simulator)/`)
)

// Secrets are compared in constant time (crypto/subtle, crypto/hmac, bcrypt), so
// nowhere in the program by an operator or a plain function. Whether there is one
// at all may be asked: `hash == ""`.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	files, found := 0, 0
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || tools.MatchString(filepath.ToSlash(path)) {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && comparesSecret(n.X, n.Y) {
					t.Errorf("%s: a secret is compared with %s", set.Position(n.Pos()), n.Op)
				}
			case *ast.CallExpr:
				switch name := dotted(n.Fun); name {
				case "bytes.Equal", "bytes.Compare", "strings.EqualFold", "strings.Compare", "reflect.DeepEqual", "slices.Equal":
					if len(n.Args) == 2 && comparesSecret(n.Args[0], n.Args[1]) {
						t.Errorf("%s: a secret is compared with %s", set.Position(n.Pos()), name)
					}
				case "subtle.ConstantTimeCompare", "hmac.Equal", "bcrypt.CompareHashAndPassword":
					found++
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 || found < 3 {
		t.Errorf("%d files with %d comparisons in constant time were found: the search is broken", files, found)
	}
}

func comparesSecret(x, y ast.Expr) bool {
	for _, e := range []ast.Expr{x, y} {
		if _, constant := e.(*ast.BasicLit); constant || dotted(e) == "nil" || otherNames.MatchString(dotted(e)) {
			return false
		}
	}
	return secretNames.MatchString(dotted(x)) || secretNames.MatchString(dotted(y))
}

// dotted is a name as it is written, "" for any other expression.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	case *ast.SliceExpr:
		return dotted(e.X)
	}
	return ""
}

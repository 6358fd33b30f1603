package deploytest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metricPattern is what a metric of the platform looks like.
const metricPattern = `(?:openapi|mqtt|callback|nodes|process|go)_[a-z_]+`

var metricName = regexp.MustCompile(`\b` + metricPattern + `\b`)

// metrics are all names the program can expose: texts in its source, and what
// the collectors of Go and the process give.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if value, err := strconv.Unquote(text.Value); err == nil && metricName.FindString(value) == value {
					names[value] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		names[family.GetName()] = true
	}
	return names
}

// rules is a file of Prometheus rules.
type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

func TestRulesNameRealMetrics(t *testing.T) {
	known := metrics(t)
	seen := map[string]bool{}
	for _, group := range documents[rules](t, deployed("prometheus", "rules.yaml"))[0].Groups {
		for _, rule := range group.Rules {
			if seen[rule.Alert] || rule.Alert == "" || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("%q has no name of its own, severity or summary", rule.Alert)
			}
			seen[rule.Alert] = true
			used := metricName.FindAllString(rule.Expr, -1)
			if len(used) == 0 && !strings.HasPrefix(rule.Expr, "up{") {
				t.Errorf("%s looks at no metric: %s", rule.Alert, rule.Expr)
			}
			for _, name := range used {
				if !known[strings.TrimSuffix(name, "_bucket")] {
					t.Errorf("%s: nothing exposes %s", rule.Alert, name)
				}
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d alerts", len(seen))
	}
}

package docstest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/program"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

var binary string // built once by TestMain

func TestMain(m *testing.M) { os.Exit(program.Main(m, "../../cmd/vendlane", &binary)) }

// What the pages tell their readers to run does what they say, with the real
// binary on ports of its own. The pages in Chinese have the same commands.
func TestSnippets(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "openssl"} {
		require.Binary(t, tool)
	}
	sessions := map[string][]fence{}
	var ran, skipped []string
	for _, page := range pages(t, false) {
		for _, f := range fences(t, page) {
			first, _, _ := strings.Cut(f.text, "\n")
			switch {
			case f.run != "":
				for name := range strings.SplitSeq(f.run, ",") {
					sessions[name] = append(sessions[name], f)
				}
				ran = append(ran, fmt.Sprintf("%s:%d  %s  %s", page, f.line, f.run, first))
			case f.skip != "":
				skipped = append(skipped, fmt.Sprintf("%s:%d  %s  %s", page, f.line, f.skip, first))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sessions)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needs(t, name)
			s := newSession(t)
			for _, f := range sessions[name] {
				s.do(f)
			}
		})
	}
	t.Logf("%d snippets run:\n%s", len(ran), strings.Join(ran, "\n"))
	t.Logf("%d cannot run here:\n%s", len(skipped), strings.Join(skipped, "\n"))
}

// needs skips a session whose language is not there.
func needs(t *testing.T, session string) {
	t.Helper()
	switch session {
	case "sdk-php":
		require.Guzzle(t)
	case "sdk-ts":
		require.Binary(t, "npm")
		if _, err := os.Stat("../../sdk/ts/dist/index.js"); err != nil {
			require.Missing(t, "the built TypeScript SDK: make sdk-ts")
		}
	}
}

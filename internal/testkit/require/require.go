// Package require finds what a test needs from the machine it runs on.
package require

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Env is the environment variable that lists what must not be missing. With
// "all" in it (alone or in a comma-separated list) a missing requirement fails
// the test instead of skipping it, so that a complete run cannot pass by
// skipping.
const Env = "VENDLANE_TEST_REQUIRE"

// Binary returns the path of the executable called name. Without it the test is
// skipped with a reason, or fails if Env demands everything.
func Binary(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	Missing(t, fmt.Sprintf("%s, which is not installed: %v", name, err))
	return ""
}

// Missing skips a test that lacks what it needs from the machine, or fails it if
// Env demands everything.
func Missing(t testing.TB, what string) {
	t.Helper()
	if Everything() {
		t.Fatalf("the test needs (%s) %s", Env, what)
	}
	t.Skipf("the test needs %s", what)
}

// Everything tells whether Env demands that nothing is skipped or shortened.
func Everything() bool {
	return slices.Contains(strings.FieldsFunc(os.Getenv(Env), separator), "all")
}

func separator(r rune) bool { return r == ',' || r == ' ' }

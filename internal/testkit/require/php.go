package require

import (
	"os/exec"
	"testing"
)

// Guzzle returns the path of a PHP that finds Guzzle on its include path. Without
// one the test is skipped, as by Binary.
func Guzzle(t testing.TB) string {
	t.Helper()
	php := Binary(t, "php")
	if exec.CommandContext(t.Context(), php, "-r", "exit((int) !@include 'GuzzleHttp/autoload.php');").Run() != nil {
		Missing(t, "Guzzle in PHP's include path, such as Debian's php-guzzlehttp-guzzle")
	}
	return php
}

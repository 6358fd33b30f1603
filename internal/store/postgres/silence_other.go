//go:build !linux

package postgres

import "syscall"

// boundSilence does nothing: without the option of Linux the system's own limit
// holds for bytes that nobody acknowledges, and keep-alive for idle connections.
func boundSilence(string, string, syscall.RawConn) error { return nil }

//go:build !linux

package app

import "github.com/vendlane/vendlane/internal/console"

// diskOf is nil: other systems count in other ways.
func diskOf(string) *console.Disk { return nil }

package app

import (
	"syscall"

	"github.com/vendlane/vendlane/internal/console"
)

// diskOf is the room on the disk of a folder, nil if the system does not tell.
func diskOf(dir string) *console.Disk {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return nil
	}
	return &console.Disk{Free: int64(s.Bavail) * s.Bsize, Total: int64(s.Blocks) * s.Bsize} //nolint:gosec // no disk has 2^63 bytes
}

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
	return &console.Disk{Free: inBytes(s.Bavail, s.Bsize), Total: inBytes(s.Blocks, s.Bsize)}
}

// inBytes takes the size of a block as the processor has it.
func inBytes[T int32 | uint32 | int64](blocks uint64, size T) int64 {
	return int64(blocks) * int64(size)
}

package testkit

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// Disk is a small ext4 file system, in a file, that a test may fill and break.
type Disk struct {
	// Dir is where it is mounted.
	Dir string

	t     testing.TB
	image string
}

// NewDisk makes and mounts a file system of a size in bytes. It ends with the
// test, which is skipped without the right or the tools to mount one.
func NewDisk(t testing.TB, size int64) *Disk {
	t.Helper()
	mkfs := require.Binary(t, "mkfs.ext4")
	base := t.TempDir()
	d := &Disk{t: t, Dir: filepath.Join(base, "disk"), image: filepath.Join(base, "image")}
	if err := errors.Join(os.Mkdir(d.Dir, 0o700), os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, size)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, "-q", "-b", "4096", "-m", "0", d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	if out, err := d.mount("loop"); err != nil {
		require.Missing(t, "the right to mount: "+string(out))
	}
	t.Cleanup(d.unmount)
	return d
}

func (d *Disk) mount(options string) ([]byte, error) {
	return exec.Command("mount", "-o", options, d.image, d.Dir).CombinedOutput()
}

// unmount waits for processes that are ending: their files are still open.
func (d *Disk) unmount() {
	d.t.Helper()
	limit := time.After(10 * time.Second)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		out, err := exec.Command("umount", d.Dir).CombinedOutput()
		if err == nil {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			d.t.Errorf("umount: %v: %s", err, out)
			_ = syscall.Unmount(d.Dir, syscall.MNT_DETACH)
			return
		}
	}
}

// Fill takes the space that is left, but for a number of bytes.
func (d *Disk) Fill(leave int64) {
	d.t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.Dir, &s); err != nil {
		d.t.Fatal(err)
	}
	f, err := os.OpenFile(d.filler(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, s.Bsize)
	for left := int64(s.Bavail)*s.Bsize - leave; left > 0; left -= s.Bsize {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return // somebody else took it
		} else if err != nil {
			d.t.Fatal(err)
		}
	}
}

// Free gives back what Fill took.
func (d *Disk) Free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Disk) filler() string { return filepath.Join(d.Dir, "filler-"+strconv.Itoa(os.Getpid())) }

// Abort makes the disk read-only as the kernel does after an error of the
// device: also for files that are open. Only Repair makes it writable again.
//
// Nothing may sync at that moment: Linux 6.18 tells a sync that runs beside it
// now and then that it succeeded, and the bytes are gone after Repair.
func (d *Disk) Abort() {
	d.t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,abort", d.Dir).CombinedOutput(); err != nil {
		d.t.Fatalf("abort the file system: %v: %s", err, out)
	}
}

// Repair mounts an aborted disk anew. No file of it may stay open.
func (d *Disk) Repair() {
	d.t.Helper()
	d.unmount()
	if out, err := d.mount("loop"); err != nil {
		d.t.Fatalf("mount: %v: %s", err, out)
	}
}

// NewPostgresServerOn starts a PostgreSQL server whose files are on a disk, and
// which keeps what it has committed, as NewPostgresServer's does not. Its user
// gets into the folders above the disk.
func NewPostgresServerOn(t testing.TB, disk *Disk) *PostgresServer {
	t.Helper()
	base := filepath.Dir(disk.Dir)
	if err := errors.Join(os.Chmod(base, 0o755), os.Chmod(filepath.Dir(base), 0o755)); err != nil {
		t.Fatal(err)
	}
	return newPostgresServer(t, func() (*pgserver.Server, error) { return pgserver.Durable(t.Context(), disk.Dir) })
}

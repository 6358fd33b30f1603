package e2e

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// crashDisk is the size of the disks, in bytes.
const crashDisk = 32 << 20

// The disk gets full under load, again and again: the platform says so, keeps
// what it has acknowledged, did nothing of what it refused, and goes on by
// itself when there is space.
func TestDiskGetsFull(t *testing.T) {
	t.Parallel()
	disk := testkit.NewDisk(t, crashDisk)
	p := newSQLitePlace(t, filepath.Join(disk.Dir, "data"))
	server, url := p.serve()
	k := newTill(t, p)
	for round := range 3 {
		k.stock(url)
		k.workUntil(url, 100)
		k.workWhile(url, func() {
			disk.Fill(int64(round) * 40960)
			awaitReadyz(t, url, false)
		})
		k.workUntilRefused(url)
		if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
			t.Errorf("healthz: %d", status) // a restart would not help
		}
		k.look()
		disk.Free()
		awaitReadyz(t, url, true)
	}
	k.workUntil(url, 100)
	k.finish(url)
	if code := server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
}

// The platform is killed while its disk is full, and starts on it again when
// there is space.
func TestKilledOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := testkit.NewDisk(t, crashDisk)
	p := newSQLitePlace(t, filepath.Join(disk.Dir, "data"))
	server, url := p.serve()
	k := newTill(t, p)
	k.stock(url)
	k.workUntil(url, 100)
	k.workWhile(url, func() {
		disk.Fill(0)
		awaitReadyz(t, url, false)
	})
	server.kill()
	disk.Free()
	_, url = p.serve()
	k.finish(url)
}

// The device fails and the kernel makes its disk read-only. What was acknowledged is there when it is mounted again.
func TestDiskTurnsReadOnly(t *testing.T) {
	t.Parallel()
	disk := testkit.NewDisk(t, crashDisk)
	p := newSQLitePlace(t, filepath.Join(disk.Dir, "data"))
	server, url := p.serve()
	k := newTill(t, p)
	k.stock(url)
	k.workUntil(url, 100)
	disk.Abort() // not under load: see Abort
	k.workUntilRefused(url)
	awaitReadyz(t, url, false)
	a, err := crashClient(url).call(t.Context(), http.MethodPost, "/products", map[string]any{"machine_no": crashMachine})
	if err != nil || a.Code != 0 {
		t.Errorf("a read on a read-only disk: %+v, %v", a, err)
	}
	server.stop() // it cannot end in good order, but it ends
	p.pool.SetMaxIdleConns(0)
	disk.Repair()
	_, url = p.serve()
	k.finish(url)
}

package app

import (
	"runtime"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

func TestSystem(t *testing.T) {
	a, _ := newApp(t, config.Default(), Options{})
	got, err := a.system(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := SchemaStatus(t.Context(), a.Config)
	if err != nil || got.SchemaVersion != status.Newest || got.Engine != "sqlite" || !got.DatabaseWrites {
		t.Errorf("database %+v, want schema version %d (%v)", got, status.Newest, err)
	}
	if len(got.Nodes) != 1 || got.Nodes[0].ID != got.Node || got.Nodes[0].StartedAt != a.startedAt || got.Nodes[0].SeenAt < a.startedAt {
		t.Errorf("nodes %+v", got.Nodes)
	}
	if known := got.Disk != nil; known != (runtime.GOOS == "linux") || known && (got.Disk.Free <= 0 || got.Disk.Total < got.Disk.Free) {
		t.Errorf("disk %+v", got.Disk)
	}
}

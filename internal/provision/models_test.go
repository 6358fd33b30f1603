package provision_test

import (
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// A version of a layout template never changes, not by a file either; but a
// machine of the file may have it.
func TestFileAndModelVersion(t *testing.T) {
	f := newFixture(t)
	_, err := f.Catalog.CreateModel(t.Context(), f.Merchant, "Kiosk", catalog.Layout{
		Boards: []catalog.LayoutBoard{{Addr: 1, FloorType: 1}}, Channels: []catalog.LayoutChannel{{Addr: 1, Name: "A1"}},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := storetest.File()
	file.Merchants[0].Machines[2].Model = "Kiosk v1"
	if _, err := f.applier.Apply(t.Context(), file); err != nil {
		t.Errorf("a machine with a version: %v", err)
	}
	file.Merchants[0].Models = append(file.Merchants[0].Models, provision.Model{Name: "Kiosk v1"})
	if _, err := f.applier.Apply(t.Context(), file); err == nil || !strings.Contains(err.Error(), "never changes") {
		t.Errorf("a version in a file: %v", err)
	}
}

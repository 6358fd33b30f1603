package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// The QR code of a machine is a picture of the address of its pickup page.
func TestMachineQR(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"http://localhost:8080/p/16327129": func(*Config) {},
		"https://vm.example/p/16327129":    func(c *Config) { c.PublicURL = "https://vm.example" },
	} {
		f := newFixture(t, change)
		w := f.as(account.Viewer, "").send("GET", "/machines/"+storetest.MachineNo+"/qr", nil)
		picture, err := qrOf(want)
		f.must(err)
		if w.Code != http.StatusOK || w.Body.String() != string(picture) || !strings.HasPrefix(w.Body.String(), "<svg ") {
			t.Errorf("HTTP %d %s", w.Code, w.Body)
		}
	}
}

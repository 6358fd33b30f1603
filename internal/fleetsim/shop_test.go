package fleetsim_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/fleetsim"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// The platform takes the shop as it is, also twice, and knows the machines'
// passwords and channels.
func TestShopIsAccepted(t *testing.T) {
	first := fleetsim.Identity{MachineNo: "16400001", Password: `p"ass: \ #1`, AppKey: "k#:'1"}
	machines, err := fleetsim.Count(first, 3)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := fleetsim.WriteShop(&text, machines); err != nil {
		t.Fatal(err)
	}
	file, err := provision.Parse(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	f := storetest.NewFixture(t, testkit.NewDatabase(t).Open)
	applier := provision.New(f.ProvisionDeps())
	for range 2 {
		if _, err := applier.Apply(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	if file.Merchants[0].AppKey != first.AppKey {
		t.Error("another AppKey")
	}
	for _, m := range machines {
		row, err := f.Store.MachineByNo(t.Context(), m.MachineNo)
		if err != nil {
			t.Fatal(err)
		}
		if !fleet.PasswordMatches(m.Password, row.Machine.PasswordHash) {
			t.Error("another password")
		}
	}
	for i, channel := range file.Merchants[0].Machines[0].Planogram {
		if fmt.Sprint(channel.Motor) != fmt.Sprint(i) || channel.Stock == 0 || channel.Good == "" {
			t.Errorf("channel %d: %+v", i, channel)
		}
	}
}

func TestShopIsRefused(t *testing.T) {
	ok := fleetsim.Identity{MachineNo: "1", Password: "p", AppKey: "k"}
	for name, machines := range map[string][]fleetsim.Identity{
		"none":         nil,
		"no password":  {{MachineNo: "1", AppKey: "k"}},
		"two AppKeys":  {ok, {MachineNo: "2", Password: "p", AppKey: "l"}},
		"listed twice": {ok, ok},
	} {
		var out bytes.Buffer
		if err := fleetsim.WriteShop(&out, machines); err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, wrote %d bytes", name, err, out.Len())
		}
	}
}

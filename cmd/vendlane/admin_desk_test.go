package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	_ "time/tzdata" // the zones of the tests must not depend on the host

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// deskShop is a shop of two machines; the first, in Tokyo, has two channels.
const deskShop = `
merchants:
  - slug: shop
    title: Shop
    models: [{name: spring, boards: [{addr: 1, floor_type: 1, drop_detection: true}]}]
    goods: [{slug: cola, name: cola, price: 1.00}]
    machines:
      - machine_no: 16327129
        name: Lobby
        model: spring
        password: first
        timezone: Asia/Tokyo
        planogram:
          - {product_id: 131, motor: 0, good: cola, capacity: 10, stock: 10}
          - {product_id: 132, motor: 1, good: cola, capacity: 10, stock: 10}
      - machine_no: 16327130
        name: Hall
        model: spring
        planogram: [{product_id: 160, motor: 0, good: cola, capacity: 10}]
`

// desk is an operator's place: a data folder with a shop, and the command.
type desk struct {
	t       *testing.T
	environ []string
	// said is everything the commands wrote to standard error.
	said bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, environ: []string{"VENDLANE_DATA=" + filepath.Join(t.TempDir(), "data")}}
	shop := filepath.Join(t.TempDir(), "shop.yaml")
	d.must(os.WriteFile(shop, []byte(deskShop), 0o600))
	d.must(run(t.Context(), env{io.Discard, &d.said, d.environ}, []string{"admin", "apply", "-f", shop}))
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// do runs an action with the first machine and returns what it printed.
func (d *desk) do(action string, flags ...string) (string, error) {
	d.t.Helper()
	return d.run(append([]string{action, "-machine-no", "16327129"}, flags...)...)
}

func (d *desk) run(args ...string) (string, error) {
	d.t.Helper()
	var out bytes.Buffer
	err := run(d.t.Context(), env{&out, &d.said, d.environ}, append([]string{"admin", "machine"}, args...))
	return out.String(), err
}

// open lets a test look at the data folder and change it.
func (d *desk) open(fn func(a *app.App, m store.Machine) error) {
	d.t.Helper()
	cfg, err := config.Load("", d.environ)
	d.must(err)
	a, err := app.New(d.t.Context(), cfg, app.Options{Log: newLog(cfg, io.Discard)})
	d.must(err)
	m, _, err := store.Find(a.Store.MachineByNo(d.t.Context(), "16327129"))
	if err == nil {
		err = fn(a, m)
	}
	d.must(errors.Join(err, a.Close()))
}

// write changes the data folder in one transaction.
func (d *desk) write(fn func(tx *store.Tx, machineID int64) error) {
	d.t.Helper()
	d.open(func(a *app.App, m store.Machine) error {
		return a.Store.InTx(d.t.Context(), func(tx *store.Tx) error { return fn(tx, m.Machine.ID) })
	})
}

// online lets the first machine be connected.
func (d *desk) online() {
	d.t.Helper()
	d.write(func(tx *store.Tx, id int64) error {
		_, err := tx.HeartbeatBack(d.t.Context(), db.HeartbeatBackParams{MachineID: id, LastHeartbeatAt: 1714353655000})
		return err
	})
}

// jam lets a channel be faulty.
func (d *desk) jam(productID int64) {
	d.t.Helper()
	d.write(func(tx *store.Tx, _ int64) error {
		_, err := tx.SetFloorStatus(d.t.Context(), productID, "2")
		return err
	})
}

// queued are the messages that wait for the first machine: method and fields.
func (d *desk) queued() []string {
	d.t.Helper()
	out := []string{}
	d.open(func(a *app.App, m store.Machine) error {
		rows, err := a.Store.CommandsOfMachine(d.t.Context(), m.Machine.ID)
		for _, row := range rows {
			if row.State == store.CommandQueued {
				out = append(out, row.Method+" "+row.Fields)
			}
		}
		return err
	})
	return out
}

package console

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// names asks for machines and returns their names.
func (b *browser) names(query string) string {
	b.f.t.Helper()
	out := []string{}
	for _, m := range b.want(http.StatusOK, "GET", "/machines?"+query, nil)["items"].([]any) {
		out = append(out, m.(map[string]any)["name"].(string))
	}
	return strings.Join(out, ", ")
}

func TestMachines(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Viewer, "")
	first := b.want(http.StatusOK, "GET", "/machines?limit=1", nil)
	m := first["items"].([]any)[0].(map[string]any)
	if m["machine_no"] != "16327129" || m["is_online"] != true || m["stock"] != 120.0 || m["capacity"] != 120.0 || m["channels"] != 12.0 {
		t.Errorf("machine %v", m)
	}
	second := b.want(http.StatusOK, "GET", "/machines?limit=2&cursor="+first["next"].(string), nil)
	if len(second["items"].([]any)) != 2 || second["next"] != "" {
		t.Errorf("second page %v", second)
	}
	for query, want := range map[string]string{
		"": "Lobby 1, Lobby 2, Lobby 3", "q=LOBBY+2": "Lobby 2", "q=327131": "Lobby 3", "q=%25": "", "q=_": "", "q=!": "",
		"state=offline": "Lobby 2, Lobby 3", "state=low_stock": "", "state=faulty": "", "state=attention": "Lobby 2, Lobby 3",
	} {
		if got := b.names(query); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	f.Write(t, func(tx *store.Tx) error {
		_, err := tx.SetFloorStatus(t.Context(), 131, "2")
		return err
	})
	if got := b.names("state=faulty&q=1"); got != "Lobby 1" {
		t.Errorf("faulty: %s", got)
	}
	f.Write(t, func(tx *store.Tx) error {
		_, err := tx.OpenAlert(t.Context(), db.OpenAlertParams{MachineID: f.Machine.ID, Kind: vending.AlertChannel, Subject: "131"})
		return err
	})
	if got := b.names("state=attention"); got != "Lobby 1, Lobby 2, Lobby 3" {
		t.Errorf("attention: %s", got)
	}
}

// A member that is bound to a group sees its machines only.
func TestMachinesOfAGroup(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "north")
	if got := b.names(""); got != "" {
		t.Errorf("machines of no group: %s", got)
	}
	file := storetest.File()
	file.Merchants[0].Machines[0].Group = "north"
	_, err := provision.New(f.ProvisionDeps()).Apply(t.Context(), file)
	f.must(err)
	if got := b.names(""); got != "Lobby 1" {
		t.Errorf("machines of the group: %s", got)
	}
	if m := b.want(http.StatusOK, "GET", "/machines/"+f.Machine.MachineNo, nil); m["machine_group"] != "north" {
		t.Errorf("machine %v", m)
	}
	b.wantError(http.StatusNotFound, "30003", "GET", "/machines/16327130", nil)
}

// A file has the whole list of the filter, and no formulas.
func TestMachinesAsCSV(t *testing.T) {
	f := newFixture(t)
	f.Write(t, func(tx *store.Tx) error {
		m := f.Machine
		return tx.UpdateMachine(t.Context(), db.UpdateMachineParams{
			ID: m.ID, ModelID: m.ModelID, Name: `=HYPERLINK("x")`, Status: m.Status, MachineType: m.MachineType,
		})
	})
	b := f.as(account.Viewer, "")
	b.headers["Accept"] = "text/csv"
	w := b.send("GET", "/machines?limit=1&q="+url.QueryEscape("16327"), nil)
	text, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	f.must(err)
	if !marked || len(rows) != 4 || rows[0][0] != "machine_no" || rows[1][1] != `'=HYPERLINK("x")` || rows[2][1] != "Lobby 2" {
		t.Errorf("file %q", rows)
	}
	if h := w.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Content-Disposition") != "attachment; filename=machines.csv" {
		t.Errorf("headers %v", h)
	}
}

// A planogram is shown as the machine looks: x counts rows, y columns.
func TestPlanogramRowsAndColumns(t *testing.T) {
	f := newFixture(t)
	_, err := provision.New(f.ProvisionDeps()).Apply(t.Context(), provision.File{Merchants: []provision.Merchant{{
		Slug: "grid", Title: "Grid",
		Models: []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}, {Addr: 2, FloorType: 1}}}},
		Machines: []provision.Machine{{MachineNo: "36327129", Name: "Grid", Model: "spring", Planogram: []provision.Channel{
			{Motor: 0, X: 1, Y: 2}, {Motor: 1, X: 0, Y: 1}, {Motor: 2, X: 1, Y: 0}, {Motor: 3, X: 0, Y: 0}, {Addr: 2, Motor: 0, X: 1, Y: 0},
		}}},
	}}})
	f.must(err)
	merchant, err := f.Store.MerchantBySlug(t.Context(), "grid")
	f.must(err)
	f.user("grid@grid.example", merchant.ID, account.Owner, "")
	var shown planogramInfo
	w := f.signIn("grid@grid.example").send("GET", "/machines/36327129/planogram", nil)
	f.must(json.Unmarshal(w.Body.Bytes(), &shown))
	got := ""
	for _, cabinet := range shown.Cabinets {
		got += cabinet.Name
		for _, row := range cabinet.Rows {
			got += fmt.Sprintf(" %d:", row.X)
			for _, c := range row.Channels {
				got += " " + c.Name
			}
		}
		got += "; "
	}
	if want := "A 0: A4 A2 1: A3 A1; B 1: B1; "; got != want {
		t.Errorf("planogram %q, want %q", got, want)
	}
}

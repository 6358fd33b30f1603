package storetest

import (
	"reflect"
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
)

// Lines of the machine log come out as they went in, in their order.
func testMachineLines(t *testing.T, f *Fixture) {
	lines := []db.InsertMachineLogParams{
		{MachineID: f.Machine.ID, IsUp: true, Method: "first", Payload: `{"a":"中"}`, CreatedAt: 1},
		{MachineID: f.Machine.ID, Method: "second", CreatedAt: 1<<40 + 7},
		{MachineID: f.Machine.ID, Method: "third", Payload: "\t\\N", CreatedAt: 3},
	}
	for done := 0; done < len(lines); {
		n, err := f.Store.AddMachineLines(t.Context(), lines[done:])
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		done += n
	}
	rows, err := f.Store.MachineLogPage(t.Context(), f.Machine.ID, 0, 10)
	if err != nil || len(rows) != len(lines) {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	for i, row := range rows { // the newest first
		got := db.InsertMachineLogParams{
			MachineID: row.MachineID, IsUp: row.IsUp, Method: row.Method, Payload: row.Payload, CreatedAt: row.CreatedAt,
		}
		if want := lines[len(lines)-1-i]; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// A line of the request log has each value in its place.
func testRequestLines(t *testing.T, f *Fixture) {
	lines := []db.InsertRequestLogParams{
		{
			MerchantID: f.Merchant.ID, MachineNo: "1", Kind: "2", RequestID: "3", At: 4, Duration: 5, Client: "6", Verb: "7",
			Target: "8", Method: "9", Headers: "10", Raw: "11", Payload: "12", Status: 13, Code: 14, Reason: "15",
			Diagnosis: "16", Answer: "17", OldCredentials: "18",
		},
		{MerchantID: f.Merchant.ID},
	}
	if err := f.Store.AddRequestLines(t.Context(), lines); err != nil {
		t.Fatal(err)
	}
	rows, err := f.Store.RequestPage(t.Context(), db.RequestPageParams{MerchantID: f.Merchant.ID, BeforeID: 1 << 40, PageSize: 10})
	if err != nil || len(rows) != len(lines) {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	got, want := reflect.ValueOf(rows[1]), reflect.ValueOf(lines[0])
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		if g, w := got.FieldByName(name).Interface(), want.Field(i).Interface(); g != w {
			t.Errorf("%s is %v, want %v", name, g, w)
		}
	}
}

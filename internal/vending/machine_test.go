package vending_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// openapi.md §3.2: 30006, then 30004, then 30002.
func TestGate(t *testing.T) {
	all := vending.Gate{NoTransfer: true, Operational: true, Online: true}
	excused := vending.Gate{NoTransfer: true, Operational: true, Online: true, DebugExcusesOffline: true}
	for _, test := range []struct {
		gate          vending.Gate
		status        vending.MachineStatus
		online, debug bool
		want          vending.Code
	}{
		{all, vending.MachineTransfer, false, false, 30006},
		{all, vending.MachineMaintenance, false, false, 30004},
		{all, vending.MachineOperational, false, false, 30002},
		{all, vending.MachineOperational, false, true, 30002},
		{all, vending.MachineOperational, true, false, 0},
		{excused, vending.MachineOperational, false, false, 30002},
		{excused, vending.MachineOperational, false, true, 0},
		{excused, vending.MachineMaintenance, false, true, 30004},
		{excused, vending.MachineTransfer, true, true, 30006},
		{vending.Gate{}, vending.MachineTransfer, false, false, 0},
		{vending.Gate{NoTransfer: true}, vending.MachineMaintenance, false, false, 0},
	} {
		if got := vending.CodeOf(test.gate.Check(test.status, test.online, test.debug)); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// openapi.md §4.1.
func TestChannelNames(t *testing.T) {
	for _, test := range []struct {
		addr, motor   int64
		cabinet, code string
	}{
		{1, 0, "A", "000"}, {1, 20, "A", "020"}, {1, 99, "A", "099"}, {2, 0, "B", "200"}, {2, 99, "B", "299"}, {8, 7, "H", "807"},
	} {
		if c, n := vending.CabinetName(test.addr), vending.ChannelCode(test.addr, test.motor); c != test.cabinet || n != test.code {
			t.Errorf("board %d motor %d: %s %s", test.addr, test.motor, c, n)
		}
	}
}

func TestCurrencies(t *testing.T) {
	for id, want := range map[int64]string{1: "CNY", 2: "USD", 3: "EUR", 4: "JPY", 5: "GBP", 6: "HKD"} {
		if c, ok := vending.CurrencyByID(id); !ok || c.Code != want || c.ID != id || c.Name == "" || c.Symbol == "" {
			t.Errorf("%d: %+v", id, c)
		}
	}
	for _, id := range []int64{0, -1, 7} {
		if c, ok := vending.CurrencyByID(id); ok {
			t.Errorf("%d: %+v", id, c)
		}
	}
}

func TestCodeOf(t *testing.T) {
	refusal := vending.Refuse(vending.CodeStock)
	cause := errors.New("cause")
	for _, test := range []struct {
		err  error
		want vending.Code
	}{
		{nil, 0}, {refusal, 60003}, {fmt.Errorf("wrapped: %w", refusal), 60003}, {cause, 500},
		{&vending.Error{Code: vending.CodeBadRequest, Cause: cause}, 400},
	} {
		if got := vending.CodeOf(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
	}
	if err := (&vending.Error{Code: vending.CodeBadRequest, Cause: cause}); !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}

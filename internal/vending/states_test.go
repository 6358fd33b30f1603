package vending_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// fields splits a line of a table at its bars.
func fields(line string) []string {
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// The table of openapi.md §6.2 as it stands there; the last column is the
// 20-minute timer. Of an expired order the caller says 40005 before it asks.
func TestOrderTransitions(t *testing.T) {
	const table = `
NOTPAY     | SUCCESS | REFUND, R | CLOSED, R | REVOKED, R | USERPAYING | PAYERROR, R | 9
USERPAYING | SUCCESS | REFUND, R | CLOSED, R | REVOKED, R | no-op      | PAYERROR, R | 9
SUCCESS    | no-op   | REFUND, R | CLOSED, R | REVOKED, R | 40006      | 40006       | –
PICKUPCODE | 40006   | REFUND, R | CLOSED, R | REVOKED, R | 40006      | 40006       | –
REFUND     | 40006   | no-op     | 40006     | 40006      | 40006      | 40006       | –
CLOSED     | 40006   | 40006     | no-op     | 40006      | 40006      | 40006       | –
REVOKED    | 40006   | 40006     | 40006     | no-op      | 40006      | 40006       | –
PAYERROR   | 40006   | 40006     | 40006     | 40006      | 40006      | no-op       | –
TESTPAY    | 40006   | 40006     | 40006     | 40006      | 40006      | 40006       | –`
	states := map[string]vending.OrderStatus{}
	for s := vending.OrderNotPay; s < vending.OrderExpired; s++ {
		states[s.String()] = s
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if len(rows) != len(states) {
		t.Fatalf("the table has %d rows for %d states", len(rows), len(states))
	}
	for _, line := range rows {
		cells := fields(line)
		from := states[cells[0]]
		for to := vending.OrderSuccess; to <= vending.OrderPayError; to++ {
			if got := describePut(t, from, to); got != cells[to] {
				t.Errorf("%s, PUT %d: %s, want %s", from, to, got, cells[to])
			}
		}
		expires := "–"
		if from.Unpaid() {
			expires = "9"
		}
		if expires != cells[7] {
			t.Errorf("%s after 20 minutes: %s, want %s", from, expires, cells[7])
		}
	}
}

func describePut(t *testing.T, from, to vending.OrderStatus) string {
	t.Helper()
	change, err := from.Set(to)
	if err != nil {
		var refusal *vending.Error
		if !errors.As(err, &refusal) || refusal.Data["status"] != from.String() {
			t.Errorf("%s, PUT %d: refused with %v, want the current status", from, to, err)
		}
		return fmt.Sprint(vending.CodeOf(err))
	}
	switch {
	case change.NoOp:
		return "no-op"
	case change.Returns:
		return to.String() + ", R"
	}
	return to.String()
}

// An expired order takes no status, whatever it is.
func TestExpiredOrderTakesNoStatus(t *testing.T) {
	for to := vending.OrderSuccess; to <= vending.OrderPayError; to++ {
		if change, err := vending.OrderExpired.Set(to); err == nil {
			t.Errorf("PUT %d on an expired order: %+v", to, change)
		}
	}
	if vending.OrderExpired.String() != "CLOSED" || vending.OrderExpired.Unpaid() {
		t.Error("an expired order must read CLOSED and not expire again")
	}
}

// What the order's status says about dispensing (openapi.md §7.17, rows 4 and
// 5), and whether a result that comes later returns its stock (§6.3).
func TestOrderAndDispensing(t *testing.T) {
	const table = `
NOTPAY     | 40007 | no
SUCCESS    | 0     | no
REFUND     | 40009 | yes
CLOSED     | 40009 | yes
REVOKED    | 40009 | yes
USERPAYING | 40007 | no
PAYERROR   | 40007 | no
PICKUPCODE | 0     | no
TESTPAY    | 40009 | no`
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		cells, status := fields(line), vending.OrderStatus(i)
		code := fmt.Sprint(vending.CodeOf(status.CheckDispensable()))
		if status.String() != cells[0] || code != cells[1] || status.Ended() != (cells[2] == "yes") {
			t.Errorf("%d: %s, dispensing %s, ended %v; want %v", i, status, code, status.Ended(), cells)
		}
	}
}

// openapi.md §6.3: the label of `consumes`, whether deliveries without and with
// force are accepted, and whether the end of the order returns the stock.
func TestRecordStates(t *testing.T) {
	const table = `
WAITING_PICKED_UP | 未取货   | yes | yes | yes
IS_DELIVERING     | 未取货   | no  | no  | no
IS_SUCCESS        | 已取货   | no  | no  | no
IS_PICKED_UP      | 已取货   | no  | no  | no
IS_FAILED         | 未取货   | yes | yes | yes
IS_TIMEOUT        | 未取货   | no  | yes | yes
IS_REFUND         | 订单取消 | no  | no  | no`
	yes := map[bool]string{true: "yes", false: "no"}
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := fields(line)
		s := vending.RecordState(cells[0])
		got := []string{cells[0], s.Label(), yes[s.Dispensable(false)], yes[s.Dispensable(true)], yes[s.Returnable()]}
		if strings.Join(got, "|") != strings.Join(cells, "|") {
			t.Errorf("is   %v\nwant %v", got, cells)
		}
	}
}

// openapi.md §6.4: the status text, whether the result is still awaited, and
// whether a report is taken.
func TestDeliveryStates(t *testing.T) {
	const table = `
PENDING   | 未取货或正在出货 | yes | yes
SENT      | 未取货或正在出货 | yes | yes
SUCCESS   | 出货完成         | no  | no
FAILED    | 出货失败         | no  | no
TIMEOUT   | 出货超时         | no  | yes
PICKED_UP | 已取货           | no  | no
CANCELLED | 订单取消，退回   | no  | no`
	yes := map[bool]string{true: "yes", false: "no"}
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := fields(line)
		s := vending.DeliveryState(cells[0])
		got := []string{cells[0], s.Text(), yes[s.Open()], yes[s.TakesReport()]}
		if strings.Join(got, "|") != strings.Join(cells, "|") {
			t.Errorf("is   %v\nwant %v", got, cells)
		}
	}
}

// openapi.md §6.4, last paragraphs: the record by its newest delivery, and with
// the success of another one.
func TestSettledRecord(t *testing.T) {
	const table = `
PENDING   | IS_DELIVERING | IS_DELIVERING
SENT      | IS_DELIVERING | IS_DELIVERING
SUCCESS   | –             | IS_SUCCESS
FAILED    | IS_FAILED     | IS_SUCCESS
TIMEOUT   | IS_TIMEOUT    | IS_SUCCESS
PICKED_UP | –             | IS_PICKED_UP`
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := fields(line)
		newest := vending.DeliveryState(cells[0])
		if got := vending.SettledRecord(newest, false); cells[1] != "–" && string(got) != cells[1] {
			t.Errorf("newest %s alone: %s, want %s", newest, got, cells[1])
		}
		if got := vending.SettledRecord(newest, true); string(got) != cells[2] {
			t.Errorf("newest %s and a success: %s, want %s", newest, got, cells[2])
		}
	}
}

// A code is valid while now < expired_at; only an unused one expires
// (openapi.md §6.1).
func TestCodeStateAt(t *testing.T) {
	const expiredAt = 1000
	for state, at := range map[vending.CodeState][3]vending.CodeState{
		vending.CodeUnused:    {vending.CodeUnused, vending.CodeExpired, vending.CodeExpired},
		vending.CodeUsed:      {vending.CodeUsed, vending.CodeUsed, vending.CodeUsed},
		vending.CodeExpired:   {vending.CodeExpired, vending.CodeExpired, vending.CodeExpired},
		vending.CodeCancelled: {vending.CodeCancelled, vending.CodeCancelled, vending.CodeCancelled},
	} {
		for i, now := range []int64{expiredAt - 1, expiredAt, expiredAt + 1} {
			if got := vending.CodeStateAt(state, expiredAt, now); got != at[i] {
				t.Errorf("%s at %d: %s, want %s", state, now, got, at[i])
			}
		}
		if got := vending.CodeStateAt(state, 0, 1<<60); got != state {
			t.Errorf("%s without expiry becomes %s", state, got)
		}
	}
}

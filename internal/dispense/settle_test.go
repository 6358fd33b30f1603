package dispense_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// How a sale of two pieces ends by the order in which three things arrive: the
// machine's first report, the time-out and the end of the order. A report of 1
// drops both pieces, a report of 0 one of them. Columns: report, order of
// arrival, delivery, record, pieces the stock has lost, messages.
const arrivals = `
1 | report time-out end | SUCCESS | IS_SUCCESS | −2 | 1
1 | report end time-out | SUCCESS | IS_SUCCESS | −2 | 1
1 | time-out report end | SUCCESS | IS_SUCCESS | −2 | time-out, 1
1 | time-out end report | SUCCESS | IS_REFUND  | −2 | time-out, 1
1 | end report time-out | SUCCESS | IS_SUCCESS | −2 | 1
1 | end time-out report | SUCCESS | IS_REFUND  | −2 | time-out, 1
0 | report time-out end | FAILED  | IS_REFUND  | −1 | 0
0 | report end time-out | FAILED  | IS_REFUND  | −1 | 0
0 | time-out report end | FAILED  | IS_REFUND  | −1 | time-out, 0
0 | time-out end report | FAILED  | IS_REFUND  | −1 | time-out, 0
0 | end report time-out | FAILED  | IS_REFUND  | −1 | 0
0 | end time-out report | FAILED  | IS_REFUND  | −1 | time-out, 0`

// The same for a command that has not been handed over when the order ends:
// the delivery is cancelled, and only what drops all the same counts.
const cancelledArrivals = `
1 | report time-out end | SUCCESS   | IS_SUCCESS | −2 | 1
1 | report end time-out | SUCCESS   | IS_SUCCESS | −2 | 1
1 | time-out report end | SUCCESS   | IS_SUCCESS | −2 | time-out, 1
1 | time-out end report | SUCCESS   | IS_REFUND  | −2 | time-out, 1
1 | end report time-out | CANCELLED | IS_REFUND  | −2 | –
1 | end time-out report | CANCELLED | IS_REFUND  | −2 | –
0 | report time-out end | FAILED    | IS_REFUND  | −1 | 0
0 | report end time-out | FAILED    | IS_REFUND  | −1 | 0
0 | time-out report end | FAILED    | IS_REFUND  | −1 | time-out, 0
0 | time-out end report | FAILED    | IS_REFUND  | −1 | time-out, 0
0 | end report time-out | CANCELLED | IS_REFUND  | −1 | –
0 | end time-out report | CANCELLED | IS_REFUND  | −1 | –`

// All 120 orders in which report, the opposite report, time-out, refund and
// close can arrive, for both reports and for commands that have left and that
// have not. The second of the two reports and the second of refund and close
// change nothing, so each order comes down to one line of the tables.
func TestSettlingInEveryOrderOfArrival(t *testing.T) {
	s := newShop(t)
	for state, table := range map[string]string{"SENT": arrivals, "PENDING": cancelledArrivals} {
		want := map[string]string{}
		for _, line := range lines(table) {
			c := cells(line)
			want[c[0]+" "+c[1]] = strings.Join(c[2:], " | ")
		}
		for _, events := range permutations([]string{"report 1", "report 0", "time-out", "refund", "close"}) {
			t.Run(state+"/"+strings.Join(events, ","), func(t *testing.T) {
				s.t = t
				o := s.newSale()
				o.bring(state)
				o.arriveAll(events)
				if got, want := o.end(), want[essence(events)]; got != want {
					t.Errorf("\nis   %s\nwant %s", got, want)
				}
			})
		}
	}
}

func (o *sale) arriveAll(events []string) {
	o.t.Helper()
	ended := false
	for _, event := range events {
		switch event {
		case "report 1":
			o.report(0, true, pieces)
		case "report 0":
			o.report(0, false, 1)
		case "time-out":
			o.timeOut()
		default:
			to := map[string]vending.OrderStatus{"refund": vending.OrderRefund, "close": vending.OrderClosed}[event]
			err := o.put(to)
			if want := map[bool]vending.Code{true: vending.CodeOrderStatus}[ended]; vending.CodeOf(err) != want {
				o.t.Errorf("%s: %v, want code %d", event, err, want)
			}
			ended = true
		}
	}
}

// essence reduces an order of arrival to the key of its line.
func essence(events []string) string {
	var kinds []string
	report := ""
	for _, event := range events {
		kind, which, _ := strings.Cut(event, " ")
		if kind == "refund" || kind == "close" {
			kind = "end"
		}
		if kind == "report" && report == "" {
			report = which
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return report + " " + strings.Join(kinds, " ")
}

func permutations(all []string) [][]string {
	if len(all) == 0 {
		return [][]string{nil}
	}
	var out [][]string
	for i, first := range all {
		for _, rest := range permutations(slices.Delete(slices.Clone(all), i, i+1)) {
			out = append(out, append([]string{first}, rest...))
		}
	}
	return out
}

// A late report about the first attempt while there is a second one
// (openapi.md §6.4, last paragraphs). The first has timed out, the second was
// forced. Columns: the second at that time, the late report, then deliveries,
// record, stock and messages after it, and after the second has ended.
func TestLateReportOfAnEarlierAttempt(t *testing.T) {
	const table = `
SENT      | 1 | –         | SUCCESS, SENT      | IS_DELIVERING | −2 | time-out, 1
SENT      | 1 | report 1  | SUCCESS, SUCCESS   | IS_SUCCESS    | −4 | time-out, 1, 1
SENT      | 1 | report 0  | SUCCESS, FAILED    | IS_SUCCESS    | −2 | time-out, 1, 0
SENT      | 1 | 120 s     | SUCCESS, TIMEOUT   | IS_SUCCESS    | −2 | time-out, 1, time-out
SENT      | 0 | –         | FAILED, SENT       | IS_DELIVERING | −2 | time-out, 0
SENT      | 0 | report 1  | FAILED, SUCCESS    | IS_SUCCESS    | −2 | time-out, 0, 1
SENT      | 0 | report 0  | FAILED, FAILED     | IS_FAILED     | −2 | time-out, 0, 0
SENT      | 0 | 120 s     | FAILED, TIMEOUT    | IS_TIMEOUT    | −2 | time-out, 0, time-out
FAILED    | 1 | –         | SUCCESS, FAILED    | IS_SUCCESS    | −2 | time-out, 0, 1
FAILED    | 0 | –         | FAILED, FAILED     | IS_FAILED     | −2 | time-out, 0, 0
TIMEOUT   | 1 | –         | SUCCESS, TIMEOUT   | IS_SUCCESS    | −2 | time-out, time-out, 1
TIMEOUT   | 1 | report 1  | SUCCESS, SUCCESS   | IS_SUCCESS    | −4 | time-out, time-out, 1, 1
TIMEOUT   | 1 | report 0  | SUCCESS, FAILED    | IS_SUCCESS    | −2 | time-out, time-out, 1, 0
TIMEOUT   | 0 | –         | FAILED, TIMEOUT    | IS_TIMEOUT    | −2 | time-out, time-out, 0
SUCCESS   | 1 | –         | SUCCESS, SUCCESS   | IS_SUCCESS    | −4 | time-out, 1, 1
SUCCESS   | 0 | –         | FAILED, SUCCESS    | IS_SUCCESS    | −2 | time-out, 1, 0
CANCELLED | 1 | –         | SUCCESS, CANCELLED | IS_REFUND     | −2 | time-out, 1
CANCELLED | 1 | report 1  | SUCCESS, CANCELLED | IS_REFUND     | −4 | time-out, 1
CANCELLED | 0 | –         | FAILED, CANCELLED  | IS_REFUND     | −0 | time-out, 0`
	s := newShop(t)
	for _, line := range lines(table) {
		c := cells(line)
		t.Run(strings.Join(c[:3], "/"), func(t *testing.T) {
			s.t = t
			o := s.newSale()
			o.bring("TIMEOUT")
			o.secondAttempt(c[0])
			o.report(0, c[1] == "1", map[string]int64{"1": pieces}[c[1]])
			o.endSecond(c[2])
			if got, want := o.end(), strings.Join(c[3:], " | "); got != want {
				t.Errorf("\nis   %s\nwant %s", got, want)
			}
		})
	}
}

func (o *sale) secondAttempt(state string) {
	o.t.Helper()
	o.must(o.start(true))
	switch state {
	case "CANCELLED":
		o.must(o.put(vending.OrderRefund))
	case "SENT":
		o.written(true)
	default:
		o.endSecond(map[string]string{"FAILED": "report 0", "SUCCESS": "report 1", "TIMEOUT": "120 s"}[state])
	}
}

func (o *sale) endSecond(event string) {
	o.t.Helper()
	switch event {
	case "report 1":
		o.report(1, true, pieces)
	case "report 0":
		o.report(1, false, 0)
	case "120 s":
		o.timeOut()
	}
}

// Attempts of one millisecond, or of a clock that was set back, are still first
// and second: the record follows the one that was accepted last.
func TestNewestAttemptWhateverItsID(t *testing.T) {
	s := newShop(t)
	for round := range 20 {
		o := s.newSale()
		for range 3 {
			o.must(o.start(false))
			o.report(len(o.attempts)-1, false, 0)
		}
		s.Advance(-5 * time.Second)
		o.must(o.start(false))
		s.Advance(5 * time.Second)
		o.timeOut()
		if got, want := o.end(), "FAILED, FAILED, FAILED, TIMEOUT | IS_TIMEOUT | −2 | 0, 0, 0, time-out"; got != want {
			t.Fatalf("round %d:\nis   %s\nwant %s", round, got, want)
		}
	}
}

// A test dispense that fails gives its piece back at once; one that times out
// keeps it until the late result (openapi.md §5, §7.19).
func TestSettlingOfTestDispense(t *testing.T) {
	const table = `
report 1          | SUCCESS | IS_SUCCESS | −1 | 1
report 0          | FAILED  | IS_FAILED  | −0 | 0
dropped, 0        | FAILED  | IS_FAILED  | −1 | 0
120 s             | TIMEOUT | IS_TIMEOUT | −1 | time-out
120 s, report 1   | SUCCESS | IS_SUCCESS | −1 | time-out, 1
120 s, report 0   | FAILED  | IS_FAILED  | −0 | time-out, 0
120 s, dropped, 0 | FAILED  | IS_FAILED  | −1 | time-out, 0
not handed over   | FAILED  | IS_FAILED  | −0 | not sent`
	s := newShop(t)
	for _, line := range lines(table) {
		c := cells(line)
		t.Run(c[0], func(t *testing.T) {
			s.t = t
			o := s.newTest()
			for _, event := range strings.Split(strings.ReplaceAll(c[0], "dropped, 0", "dropped"), ", ") {
				switch event {
				case "report 1":
					o.report(0, true, 1)
				case "report 0":
					o.report(0, false, 0)
				case "dropped":
					o.report(0, false, 1)
				case "not handed over":
					o.notHandedOver(0)
				default:
					o.timeOut()
				}
			}
			if got, want := o.end(), strings.Join(c[1:], " | "); got != want {
				t.Errorf("\nis   %s\nwant %s", got, want)
			}
			for to := vending.OrderSuccess; to <= vending.OrderPayError; to++ {
				if err := o.put(to); vending.CodeOf(err) != vending.CodeOrderStatus {
					t.Errorf("PUT %d on a test order: %v", to, err)
				}
			}
			if err := o.start(true); vending.CodeOf(err) != vending.CodeOrderClosed {
				t.Errorf("dispensing a test order: %v", err)
			}
		})
	}
}

// newTest starts a test dispense; the stock before it is shelf.
func (s *shop) newTest() *sale {
	s.t.Helper()
	s.fill()
	d, _, err := s.Dispense.StartTest(s.t.Context(), s.Merchant, dispense.TestRequest{
		MachineNo: storetest.MachineNo, ChannelName: "A1", NotifyURL: "https://merchant.example/notify",
	})
	s.must(err)
	return &sale{shop: s, orderID: d.OrderID, recordID: d.RecordID, attempts: []db.Delivery{d}}
}

package linear

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
	"github.com/vendlane/vendlane/internal/vending"
)

// A shelf is what is checked as one thing: a few products with the codes for
// them and the trade_ids that redeem these. Code i is for product i modulo
// shelfProducts.
const (
	shelfProducts = 2
	shelfCodes    = 4
	shelfTrades   = 4

	none = -1
	// lost is the order_id in an answer that nobody has heard.
	lost = -1
)

// shelf is the state of the model. It is a value, so == compares it.
type shelf struct {
	codes  [shelfCodes]code
	trades [shelfTrades]order
	stock  [shelfProducts]int64
}

// code is a pickup code. trade is what redeemed it; none if it is not USED, or
// was used at the machine.
type code struct {
	state     vending.CodeState
	trade     int
	expiredAt int64
}

// order is what a trade_id became; its code is none as long as there is none.
// Its id is 0 if the answer to the call that made it was lost.
type order struct {
	code int
	id   int64
}

type kind string

const (
	consume   kind = "consume"
	cancel    kind = "cancel"
	atMachine kind = "atMachine"
	sweep     kind = "sweep"
	list      kind = "list"
	query     kind = "query"
	count     kind = "count"
)

// call is what a client asks; now is the clock before it.
type call struct {
	kind    kind
	shelf   int
	code    int
	trade   int
	product int
	now     int64
}

// verdict is how a call ended: 0 or the code of its refusal, else one of these.
type verdict int

const (
	done verdict = 0
	// nothing: it failed, and the store promises that it changed nothing.
	nothing verdict = -1
	// unknown: it failed, or the caller did not wait for the answer. It may
	// have happened, also later.
	unknown verdict = -2
)

// answer is what a client heard; now is the clock after it.
type answer struct {
	verdict verdict
	// order is the order_id in the answer, 0 if there was none.
	order int64
	// code is that of a queried order.
	code int
	// live are the listed codes.
	live [shelfCodes]bool
	// stock is the number of pieces counted.
	stock int64
	now   int64
}

// model is the contract of redemption for one caller at a time. Two answers of
// the clock stand for the moment a call looked at it: the ones before and after
// the call. Where they lie on two sides of an expiry, both outcomes are legal.
func model(starts []shelf) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: byShelf,
		// A shelf is set up by the first operation of its history.
		Init: func() []any { return []any{none} },
		Step: func(state, input, output any) []any {
			in, out := input.(call), output.(answer)
			if state == none {
				state = starts[in.shelf]
			}
			return step(state.(shelf), in, out)
		},
		DescribeOperation: func(input, output any) string { return describe(input.(call), output.(answer)) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	return m.ToModel()
}

func byShelf(history []porcupine.Operation) [][]porcupine.Operation {
	parts := map[int][]porcupine.Operation{}
	for _, op := range history {
		shelf := op.Input.(call).shelf
		parts[shelf] = append(parts[shelf], op)
	}
	var out [][]porcupine.Operation
	for _, part := range parts {
		out = append(out, part)
	}
	return out
}

// step returns the states the call may leave behind if it is answered so; there
// are none if the answer is wrong.
func step(s shelf, in call, out answer) []any {
	switch {
	case out.verdict == nothing:
		return []any{s}
	case out.verdict == unknown:
		all := []any{s}
		for _, next := range writes(s, in, answer{order: lost, now: out.now}) {
			if next != any(s) {
				all = append(all, next)
			}
		}
		return all
	case in.kind == list:
		return only(s, listed(s, in, out))
	case in.kind == count:
		return only(s, out.stock == s.stock[in.product])
	case in.kind == query:
		if s.trades[in.trade].code == none {
			return only(s, out.verdict == verdict(vending.CodeRecordUnknown))
		}
		return s.answers(in.trade, out, out.verdict == done && out.code == s.trades[in.trade].code)
	}
	return writes(s, in, out)
}

func only(s shelf, legal bool) []any {
	if !legal {
		return nil
	}
	return []any{s}
}

// writes are the steps of the calls that change something.
func writes(s shelf, in call, out answer) []any {
	switch in.kind {
	case consume:
		return consumed(s, in, out)
	case cancel:
		return cancelled(s, in, out)
	case atMachine:
		if out.verdict != done {
			return nil
		}
		all := []any{}
		if s.usable(in.code, in.now) {
			next := s
			next.codes[in.code].state = vending.CodeUsed
			all = append(all, next)
		}
		if !s.usable(in.code, out.now) {
			all = append(all, s)
		}
		return all
	case sweep:
		return swept(s, in, out)
	}
	return nil
}

// consumed is consume.md §3 and §4, with what cannot happen here left out.
func consumed(s shelf, in call, out answer) []any {
	used, c := verdict(vending.CodePickupCodeUsed), s.codes[in.code]
	switch {
	case s.trades[in.trade].code == in.code: // step 16
		return s.answers(in.trade, out, out.verdict == used)
	case s.trades[in.trade].code != none: // step 17
		return s.answers(in.trade, out, out.verdict == verdict(vending.CodeTradeIDExists))
	case c.state == vending.CodeUsed && c.trade == none: // step 18
		return only(s, out.verdict == used && out.order == 0)
	case c.state == vending.CodeUsed:
		return s.answers(c.trade, out, out.verdict == used)
	case c.state == vending.CodeCancelled: // step 25
		return only(s, out.verdict == verdict(vending.CodePickupCodeCancelled))
	case out.verdict == verdict(vending.CodePickupCodeExpired):
		return only(s, !s.usable(in.code, out.now))
	case !s.usable(in.code, in.now):
		return nil
	case s.stock[in.code%shelfProducts] == 0: // step 29
		return only(s, out.verdict == verdict(vending.CodeStock))
	case out.verdict != done:
		return nil
	}
	s.codes[in.code].state, s.codes[in.code].trade = vending.CodeUsed, in.trade
	s.stock[in.code%shelfProducts]--
	s.trades[in.trade].code = in.code
	return s.answers(in.trade, out, true)
}

// cancelled is openapi.md §7.10.
func cancelled(s shelf, in call, out answer) []any {
	c := s.codes[in.code]
	switch {
	case c.state == vending.CodeUsed && c.trade == none:
		return only(s, out.verdict == verdict(vending.CodePickupCodeUsed) && out.order == 0)
	case c.state == vending.CodeUsed:
		return s.answers(c.trade, out, out.verdict == verdict(vending.CodePickupCodeUsed))
	case out.verdict != done:
		return nil
	}
	all := []any{}
	if s.usable(in.code, in.now) {
		next := s
		next.codes[in.code].state = vending.CodeCancelled
		all = append(all, next)
	}
	if !s.usable(in.code, out.now) {
		all = append(all, s)
	}
	return all
}

// swept expires the codes whose time has come.
func swept(s shelf, in call, out answer) []any {
	expired := func(now int64) shelf {
		next := s
		for i, c := range s.codes {
			next.codes[i].state = vending.CodeStateAt(c.state, c.expiredAt, now)
		}
		return next
	}
	before, after := expired(in.now), expired(out.now)
	if before == after {
		return only(after, out.verdict == done)
	}
	return []any{before, after}
}

// listed tells whether exactly the usable codes of a product were listed.
func listed(s shelf, in call, out answer) bool {
	for i, live := range out.live {
		mine := i%shelfProducts == in.product
		may, must := mine && s.usable(i, in.now), mine && s.usable(i, out.now)
		if live && !may || !live && must {
			return false
		}
	}
	return true
}

// usable tells whether a code can be redeemed at a time.
func (s shelf) usable(i int, now int64) bool {
	return vending.CodeStateAt(s.codes[i].state, s.codes[i].expiredAt, now) == vending.CodeUnused
}

// answers is the state after an answer with the order_id of a trade: legal if
// the rest is and the id is the order's. An id that nobody has heard of yet
// becomes known, and must be of this order alone.
func (s shelf) answers(trade int, out answer, legal bool) []any {
	if !legal || out.order == lost {
		return only(s, legal)
	}
	known := &s.trades[trade].id
	if *known == 0 && !slices.ContainsFunc(s.trades[:], func(o order) bool { return o.id == out.order }) {
		*known = out.order
	}
	return only(s, out.order != 0 && *known == out.order)
}

func describe(in call, out answer) string {
	var what string
	switch in.kind {
	case consume:
		what = fmt.Sprintf("(code %d, trade %d)", in.code, in.trade)
	case cancel, atMachine:
		what = fmt.Sprintf("(code %d)", in.code)
	case query:
		what = fmt.Sprintf("(trade %d)", in.trade)
	case list, count:
		what = fmt.Sprintf("(product %d)", in.product)
	}
	var heard []string
	switch {
	case out.verdict == unknown:
		heard = append(heard, "unknown")
	case out.verdict == nothing:
		heard = append(heard, "failed")
	case out.verdict != done:
		heard = append(heard, fmt.Sprint(int(out.verdict)))
	case in.kind == list:
		heard = append(heard, fmt.Sprint(out.live))
	case in.kind == count:
		heard = append(heard, fmt.Sprint(out.stock))
	default:
		heard = append(heard, "ok")
	}
	if out.order != 0 {
		heard = append(heard, fmt.Sprintf("order %d", out.order))
	}
	return string(in.kind) + what + " → " + strings.Join(heard, ", ")
}

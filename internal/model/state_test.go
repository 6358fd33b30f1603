// Package model tests the order's life against a second, much simpler
// implementation of the same contract: plain structures in memory, written
// from openapi.md §5–§7, consume.md and mqtt.md §6. Random sequences of calls,
// machine reports, clock steps and restarts run against both, and after every
// step the answer, the whole state and all messages must agree.
package model

import (
	"fmt"
	"time"
)

// world is what should be the case, by the contract.
type world struct {
	now       int64
	merchants []*merchant
	machines  []*machine
	orders    []*order
	// said and sent are the messages the contract promises for the step under
	// way: to merchants and to machines.
	said []callback
	sent []command
	ids  newIDs
	// seen counts rare situations, so that a run shows what it has covered.
	seen map[string]int
}

// newIDs finds the ids of rows that an answer has only partly named.
type newIDs interface {
	recordsOfOrder(orderID int64) []int64
	orderOfDelivery(deliveryID int64) int64
}

// adopt gives a new order and its records the ids they got.
func (w *world) adopt(o *order, id int64) {
	o.id = id
	for i, recordID := range w.ids.recordsOfOrder(id) {
		if i < len(o.records) {
			o.records[i].id = recordID
		}
	}
}

type merchant struct {
	id                 int64
	appID, secret, key string
	debug              bool
}

type machine struct {
	id           int64
	no           string
	owner        *merchant
	zone         *time.Location
	status       string
	codesEnabled bool
	online       bool
	lastBeat     int64
	epoch        int64
	products     []*product
	codes        []*code
	categories   map[string]int64

	lockedBy  *delivery
	lockUntil int64

	wrong          []int64
	wrongLockUntil int64
}

type product struct {
	id              int64
	machine         *machine
	category        int64
	price           int64
	hasGood, onSale bool
	capacity, stock int64
	floor           string

	name           string
	addr, motor    int64
	floorType      int64
	lift, dropSeen bool

	// The ledger: the level at the start and by how much it was set since,
	// pieces that did not fit when they were returned, and pieces that were not
	// there any more when the count was corrected.
	start, restocked, cut, short int64
}

// code is a pickup code; state is that of openapi.md §6.1.
type code struct {
	id       int64
	value    string
	machine  *machine
	product  *product
	quantity int64
	state    string
	created  int64
	expires  int64 // 0 is never
	finished int64 // when it was used, cancelled or expired
	order    *order
}

type order struct {
	id           int64
	owner        *merchant
	machine      *machine
	trade, key   string
	status       int64
	date         string
	amount       int64
	url          string
	code         *code
	expires      int64 // while it is unpaid
	records      []*record
	acknowledged int64
}

type record struct {
	id         int64
	order      *order
	product    *product
	quantity   int64
	price      int64
	state      string
	delivered  int64
	deliveries []*delivery
	// message is its newest message to the merchant.
	message  *message
	notified bool

	// The ledger: pieces taken from the stock for this record, and returned.
	taken, returned int64
}

// newest is the delivery the record's state follows, nil before the first.
func (r *record) newest() *delivery {
	if len(r.deliveries) == 0 {
		return nil
	}
	return r.deliveries[len(r.deliveries)-1]
}

type delivery struct {
	id        int64
	record    *record
	quantity  int64
	delivered int64
	state     string
	at        int64
	finished  int64
	reason    string

	// The command: whether it may still be sent, whether it was ever written to
	// the machine, and whether that was acknowledged.
	commandOpen, written, acked, expired bool

	window int64 // the start window, seconds
}

func (d *delivery) open() bool { return d.state == "PENDING" || d.state == "SENT" }

func (d *delivery) wireID() string { return fmt.Sprintf("%016d", d.id) }

// message is one that has gone to a merchant.
type message struct {
	id           int64
	record       *record
	acknowledged bool
}

// callback is what a message to a merchant must say (consume.md §9).
type callback struct {
	record    *record
	success   bool
	errorMsg  string
	floor     string
	delivery  *delivery
	expected  string // what it is about, for failures of the test
	timestamp int64
}

// command is a down message that must have been queued.
type command struct {
	machine *machine
	method  string
	fields  map[string]string
}

func (w *world) note(situation string) { w.seen[situation]++ }

func (w *world) tell(c callback) {
	c.timestamp = w.now / 1000
	c.record.notified = false // until the newest message is acknowledged
	w.said = append(w.said, c)
}

func (w *world) send(m *machine, method string, fields map[string]string) {
	w.sent = append(w.sent, command{machine: m, method: method, fields: fields})
}

// take removes pieces from the stock that are known to be there.
func (r *record) take(pieces int64) {
	r.product.stock -= pieces
	r.taken += pieces
}

// correct removes pieces that left the machine although they counted as there,
// never below 0 (openapi.md §5).
func (r *record) correct(pieces int64) {
	there := min(pieces, r.product.stock)
	r.product.stock -= there
	r.product.short += pieces - there
	r.taken += pieces
}

// giveBack returns pieces to the stock, never above the capacity
// (openapi.md §5).
func (r *record) giveBack(pieces int64) {
	pieces = max(0, pieces)
	fits := min(pieces, r.product.capacity-r.product.stock)
	r.product.stock += fits
	r.product.cut += pieces - fits
	r.returned += pieces
}

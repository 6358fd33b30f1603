package e2e

import (
	"database/sql"
	"fmt"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look at what the server wrote
	"github.com/vendlane/vendlane/internal/fleetsim"
	_ "modernc.org/sqlite" // the same
)

// rows reads the platform's database; it may be running.
func (w *world) rows(query string, scan func(*sql.Rows) error) {
	w.t.Helper()
	conn, err := sql.Open(w.driver, w.dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(w.t.Context(), query)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(query string) (n int64) {
	w.t.Helper()
	w.rows(query, func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

// awaitQuiet waits until nothing is under way any more: every delivery has an
// end, late reports included, and every callback was taken.
func (w *world) awaitQuiet() {
	w.t.Helper()
	w.await(2*time.Minute, func() string {
		open := w.count("SELECT COUNT(*) FROM deliveries WHERE state IN ('PENDING', 'SENT')")
		waiting := w.count("SELECT COUNT(*) FROM callbacks WHERE state = 'PENDING'")
		if open == 0 && waiting == 0 {
			return ""
		}
		return fmt.Sprintf("%d deliveries open, %d callbacks waiting", open, waiting)
	})
}

// check holds what the database, the fleet, the sink and the drivers know
// against each other.
func (w *world) check(fleet fleetsim.Summary) {
	states := w.checkDeliveries()
	w.checkRedemptions()
	w.checkStock()
	deliveries := w.count("SELECT COUNT(*) FROM deliveries")
	delivered := w.count("SELECT SUM(delivered) FROM deliveries")
	if fleet.DoubleStarts != 0 {
		w.t.Errorf("%d deliveries started a motor twice", fleet.DoubleStarts)
	}
	if fleet.Failed != 0 {
		w.t.Errorf("%d machines failed: %s", fleet.Failed, fleet.Trouble)
	}
	if got, want := w.count("SELECT COUNT(DISTINCT record_id) FROM deliveries"), w.accepted.Load(); got != want {
		w.t.Errorf("%d records have a delivery, %d were acknowledged", got, want)
	}
	// A repeat may come after the failure of a delivery whose acknowledgement
	// was lost; then it begins another one, as the contract has it.
	if n := w.count(`SELECT COUNT(*) FROM deliveries JOIN records ON records.id = deliveries.record_id
		WHERE deliveries.id <> records.delivery_id AND (deliveries.state <> 'FAILED' OR deliveries.delivered <> 0)`); n != 0 {
		w.t.Errorf("%d records have a second delivery beside one that did not fail", n)
	}
	if fleet.Starts > deliveries {
		w.t.Errorf("%d motor starts for %d deliveries", fleet.Starts, deliveries)
	}
	if delivered > fleet.Drops {
		w.t.Errorf("the platform believes in %d pieces, %d dropped", delivered, fleet.Drops)
	}
	w.t.Logf("%d dispenses on %d machines: %v", deliveries, w.size.machines, states)
	w.t.Logf("fleet: commands %d, starts %d, drops %d, reports %d, duplicates ignored %d, double starts %d, reconnects %d, restarts %d",
		fleet.Commands, fleet.Starts, fleet.Drops, fleet.Reports, fleet.Duplicates, fleet.DoubleStarts, fleet.Reconnects, fleet.Restarts)
	w.t.Logf("callbacks: %d deliveries reached the sink", len(w.sink.results))
}

// checkRedemptions: every order that was acknowledged is there, there are no
// others, and no code became two of them.
func (w *world) checkRedemptions() {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := map[string]int64{}
	w.rows("SELECT trade_id, id FROM orders", func(r *sql.Rows) error {
		var trade string
		var id int64
		err := r.Scan(&trade, &id)
		found[trade] = id
		return err
	})
	for trade, id := range w.redeemed {
		if found[trade] != id {
			w.t.Errorf("acknowledged order %d of %s is %d in the database", id, trade, found[trade])
		}
	}
	if len(found) != len(w.redeemed) {
		w.t.Errorf("%d orders, %d were acknowledged", len(found), len(w.redeemed))
	}
	if n := w.count("SELECT COUNT(*) - COUNT(DISTINCT pickup_code_id) FROM orders"); n != 0 {
		w.t.Errorf("%d orders more than redeemed codes", n)
	}
	if n := w.count(`SELECT COUNT(*) FROM pickup_codes LEFT JOIN orders ON orders.pickup_code_id = pickup_codes.id
		WHERE (pickup_codes.state = 'USED') <> (orders.id IS NOT NULL)`); n != 0 {
		w.t.Errorf("%d codes are used without an order, or the other way round", n)
	}
}

// checkDeliveries: every delivery has an end, and the merchant was told it.
func (w *world) checkDeliveries() map[string]int {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	for _, body := range w.sink.bad {
		w.t.Errorf("the sink cannot read %q", body)
	}
	states := map[string]int{}
	w.rows("SELECT id, state FROM deliveries", func(r *sql.Rows) error {
		var id int64
		var state string
		if err := r.Scan(&id, &state); err != nil {
			return err
		}
		states[state]++
		told := w.sink.results[fmt.Sprintf("%016d", id)]
		switch state {
		case "SUCCESS":
			if told[true] == 0 {
				w.t.Errorf("delivery %d succeeded and the sink was told %v", id, told)
			}
		case "FAILED", "TIMEOUT":
			if told[false] == 0 || told[true] != 0 {
				w.t.Errorf("delivery %d is %s and the sink was told %v", id, state, told)
			}
		default:
			w.t.Errorf("delivery %d is %s", id, state)
		}
		return nil
	})
	return states
}

// checkStock: what a channel held, without what its records took, is what it
// holds; and a record is a success exactly if its delivery is.
func (w *world) checkStock() {
	w.rows(`SELECT products.id, products.current_inventory, COALESCE(SUM(records.quantity), 0)
		FROM products LEFT JOIN records ON records.product_id = products.id GROUP BY products.id`, func(r *sql.Rows) error {
		var id, level, taken int64
		if err := r.Scan(&id, &level, &taken); err != nil {
			return err
		}
		if worldStock-taken != level {
			w.t.Errorf("product %d: stock %d, %d of %d taken", id, level, taken, worldStock)
		}
		return nil
	})
	if n := w.count(`SELECT COUNT(*) FROM records JOIN deliveries ON deliveries.id = records.delivery_id
		WHERE (records.state = 'IS_SUCCESS') <> (deliveries.state = 'SUCCESS') OR records.delivered <> deliveries.delivered`); n != 0 {
		w.t.Errorf("%d records disagree with their delivery", n)
	}
	if n := w.count("SELECT COUNT(*) FROM replenishments"); n != 0 {
		w.t.Errorf("%d lines in the restock ledger, and nobody restocked", n)
	}
}

package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
	_ "modernc.org/sqlite" // to look at what the server wrote
)

// rows reads the server's database; it may be running.
func (c *chaos) rows(query string, scan func(*sql.Rows) error) {
	c.t.Helper()
	conn, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "vendlane.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chaos) count(query string) (n int64) {
	c.t.Helper()
	c.rows(query, func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

// awaitQuiet waits until nothing is under way any more: every delivery has an
// end, late reports included, and every callback was taken.
func (c *chaos) awaitQuiet() {
	c.t.Helper()
	limit := time.After(2 * time.Minute)
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for {
		open := c.count("SELECT COUNT(*) FROM deliveries WHERE state IN ('PENDING', 'SENT')")
		waiting := c.count("SELECT COUNT(*) FROM callbacks WHERE state = 'PENDING'")
		if open == 0 && waiting == 0 {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			c.t.Fatalf("%d deliveries open, %d callbacks waiting; fleet %+v", open, waiting, c.fleet.Summary())
		}
	}
}

// check holds what the database, the fleet and the sink know against each other.
func (c *chaos) check(fleet fleetsim.Summary) {
	states := c.checkDeliveries()
	c.checkStock()
	deliveries := c.count("SELECT COUNT(*) FROM deliveries")
	delivered := c.count("SELECT SUM(delivered) FROM deliveries")
	if fleet.DoubleStarts != 0 {
		c.t.Errorf("%d deliveries started a motor twice", fleet.DoubleStarts)
	}
	if fleet.Failed != 0 {
		c.t.Errorf("%d machines failed: %s", fleet.Failed, fleet.Trouble)
	}
	if deliveries != chaosMachines*chaosCodes {
		c.t.Errorf("%d deliveries, want %d: a repeat made another one, or one was lost", deliveries, chaosMachines*chaosCodes)
	}
	if fleet.Starts > deliveries {
		c.t.Errorf("%d motor starts for %d deliveries", fleet.Starts, deliveries)
	}
	if delivered > fleet.Drops {
		c.t.Errorf("the platform believes in %d pieces, %d dropped", delivered, fleet.Drops)
	}
	c.t.Logf("server killed %d times; %d dispenses on %d machines: %v", chaosKills, deliveries, chaosMachines, states)
	c.t.Logf("fleet: commands %d, starts %d, drops %d, reports %d, duplicates ignored %d, double starts %d, reconnects %d, restarts %d",
		fleet.Commands, fleet.Starts, fleet.Drops, fleet.Reports, fleet.Duplicates, fleet.DoubleStarts, fleet.Reconnects, fleet.Restarts)
	c.t.Logf("callbacks: %d deliveries reached the sink", len(c.sink.results))
}

// checkDeliveries: every delivery has an end, and the merchant was told it.
func (c *chaos) checkDeliveries() map[string]int {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	for _, body := range c.sink.bad {
		c.t.Errorf("the sink cannot read %q", body)
	}
	states := map[string]int{}
	c.rows("SELECT id, state FROM deliveries", func(r *sql.Rows) error {
		var id int64
		var state string
		if err := r.Scan(&id, &state); err != nil {
			return err
		}
		states[state]++
		told := c.sink.results[fmt.Sprintf("%016d", id)]
		switch state {
		case "SUCCESS":
			if told[true] == 0 {
				c.t.Errorf("delivery %d succeeded and the sink was told %v", id, told)
			}
		case "FAILED", "TIMEOUT":
			if told[false] == 0 || told[true] != 0 {
				c.t.Errorf("delivery %d is %s and the sink was told %v", id, state, told)
			}
		default:
			c.t.Errorf("delivery %d is %s", id, state)
		}
		return nil
	})
	return states
}

// checkStock: what a channel held, without what its records took, is what it
// holds; and a record is a success exactly if its delivery is.
func (c *chaos) checkStock() {
	c.rows(`SELECT products.id, products.current_inventory, COALESCE(SUM(records.quantity), 0)
		FROM products LEFT JOIN records ON records.product_id = products.id GROUP BY products.id`, func(r *sql.Rows) error {
		var id, level, taken int64
		if err := r.Scan(&id, &level, &taken); err != nil {
			return err
		}
		if chaosStock-taken != level {
			c.t.Errorf("product %d: stock %d, %d of %d taken", id, level, taken, chaosStock)
		}
		return nil
	})
	if n := c.count(`SELECT COUNT(*) FROM records JOIN deliveries ON deliveries.record_id = records.id
		WHERE (records.state = 'IS_SUCCESS') <> (deliveries.state = 'SUCCESS') OR records.delivered <> deliveries.delivered`); n != 0 {
		c.t.Errorf("%d records disagree with their delivery", n)
	}
	if n := c.count("SELECT COUNT(*) FROM replenishments"); n != 0 {
		c.t.Errorf("%d lines in the restock ledger, and nobody restocked", n)
	}
}

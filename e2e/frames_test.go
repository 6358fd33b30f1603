package e2e

import (
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var framesMachines = flag.Int("frames.machines", 0, "how many machines the list has whose frames are measured; 0 leaves it out")

// TestFramesInTheBrowser measures how smoothly the list of a large fleet scrolls, and
// a planogram of 90 channels that changes 50 times a second. It judges nothing: it
// prints the times between frames.
func TestFramesInTheBrowser(t *testing.T) {
	if *framesMachines == 0 {
		t.Skip("a measurement: -frames.machines 10000")
	}
	browser := needBrowser(t)
	data := filepath.Join(t.TempDir(), "demo")
	p, _ := startDemo(t, data, "--no-story", "--no-simulator")
	p.stop()
	fillFleet(t, filepath.Join(data, "vendlane.db"), *framesMachines)
	_, r := startDemo(t, data, "--no-story", "--no-simulator")
	t.Logf("\n%s", browser.script(t, "frames", r.Console.URL, r.Console.Email, r.Console.Password, fmt.Sprint(*framesMachines), bigMachine))
}

// bigMachine has 90 channels.
const bigMachine = "29999999"

// fillFleet copies the first machine of a shop, with all it holds, until there are as
// many, and adds one with 90 channels.
func fillFleet(t *testing.T, file string, machines int) {
	t.Helper()
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	copied := func(table, from string, set map[string]string) {
		t.Helper()
		rows, err := raw.QueryContext(t.Context(), "SELECT name FROM pragma_table_info($1) WHERE name <> 'id'", table)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var columns, values []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			value, own := set[name]
			if !own {
				value = "old." + name
			}
			columns, values = append(columns, name), append(values, value)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		query := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", table, strings.Join(columns, ", "), strings.Join(values, ", "), from)
		if _, err := raw.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	const first = "(SELECT MIN(id) FROM machines)"
	numbers := func(n int) string {
		return fmt.Sprintf("(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) n", n)
	}
	copied("machines", "machines old, "+numbers(machines)+" WHERE old.id = "+first, map[string]string{
		"machine_no": "CAST(20000000 + n.i AS TEXT)", "name": "printf('Machine %05d', n.i)", "machine_group": "'group ' || (n.i % 20)",
	})
	copied("machines", "machines old WHERE old.id = "+first, map[string]string{"machine_no": "'" + bigMachine + "'", "name": "'Big'"})
	copied("presence", "presence old, machines m WHERE old.machine_id = "+first+" AND m.machine_no LIKE '2%'", map[string]string{
		"machine_id": "m.id", "is_online": "m.id % 10 > 0", "last_heartbeat_at": "unixepoch() * 1000",
	})
	copied("channels", "channels old, machines m WHERE old.machine_id = "+first+" AND m.machine_no LIKE '2%' AND m.machine_no <> '"+bigMachine+"'",
		map[string]string{"machine_id": "m.id"})
	copied("channels", "(SELECT * FROM channels WHERE machine_id = "+first+" LIMIT 1) old, machines m, "+numbers(90)+" WHERE m.machine_no = '"+bigMachine+"'",
		map[string]string{
			"machine_id": "m.id", "motor": "n.i - 1", "name": "printf('A%02d', n.i)", "x": "(n.i - 1) / 10", "y": "(n.i - 1) % 10",
		})
	copied("products", "(SELECT * FROM products WHERE machine_id = "+first+" LIMIT 1) old, channels c, machines m WHERE c.machine_id = m.id AND m.machine_no LIKE '2%'",
		map[string]string{"machine_id": "m.id", "channel_id": "c.id", "current_inventory": "c.id % 11", "floor_status": "CASE WHEN c.id % 97 = 0 THEN '2' ELSE '1' END"})
}

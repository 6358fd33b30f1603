package testkit

import (
	"fmt"
	"testing"
)

// BrokenWrite is in the error of a write that Fail makes fail.
const BrokenWrite = "broken on purpose"

// Fail makes the writes fail that event names (`BEFORE INSERT ON orders`) and
// whose row meets the condition when, as in `NEW.id = 7`; "" is every row. It
// returns what repairs the database.
func (d *Database) Fail(t testing.TB, event, when string) (repair func()) {
	t.Helper()
	if d.driver == "sqlite" {
		return d.Trigger(t, event, when, fmt.Sprintf("SELECT RAISE(ABORT, '%s')", BrokenWrite))
	}
	return d.Trigger(t, event, when, fmt.Sprintf("RAISE EXCEPTION '%s'", BrokenWrite))
}

// Trigger is Fail with a statement of one's own, which runs in the transaction
// of the write.
func (d *Database) Trigger(t testing.TB, event, when, statement string) (drop func()) {
	t.Helper()
	if when == "" {
		when = "TRUE"
	}
	create := fmt.Sprintf("CREATE TRIGGER sabotage %s FOR EACH ROW WHEN (%s) BEGIN %s; END", event, when, statement)
	remove := "DROP TRIGGER sabotage"
	if d.driver != "sqlite" {
		create = fmt.Sprintf(`CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s; RETURN NEW; END $$;
			CREATE TRIGGER sabotage %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION sabotage()`, statement, event, when)
		remove = "DROP FUNCTION sabotage CASCADE"
	}
	raw := d.SQL(t)
	if _, err := raw.Exec(create); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := raw.Exec(remove); err != nil {
			t.Fatal(err)
		}
	}
}

// Tables lists the tables of an open database, in the order of their names.
func (d *Database) Tables(t testing.TB) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
	if d.driver != "sqlite" {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
	}
	rows, err := d.SQL(t).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

package main

// edit replaces a text that a file has exactly once.
type edit struct{ file, old, new string }

// suite is the tests of a package that are meant to notice.
type suite struct{ pkg, run string }

func (s suite) String() string { return s.pkg + " " + s.run }

// mutant is a defect.
type mutant struct {
	name  string
	suite suite
	edits []edit
}

// one makes a mutant of one edit.
func one(name, pkg, run, file, old, instead string) mutant {
	return mutant{name, suite{pkg, run}, []edit{{file, old, instead}}}
}

func mutants() []mutant {
	var all []mutant
	for _, group := range [][]mutant{storeMutants(), queryMutants(), machineMutants(), edgeMutants()} {
		all = append(all, group...)
	}
	return all
}

const (
	sqlitePkg   = "internal/store/sqlite"
	postgresPkg = "internal/store/postgres"
	sqliteTable = "internal/store/sqlite/migrations/00001_init.sql"
)

// storeMutants break what the engine promises.
func storeMutants() []mutant {
	const writer, engine = "internal/store/sqlite/writer.go", "internal/store/sqlite/sqlite.go"
	return []mutant{
		{"two orders may have one trade_id", suite{sqlitePkg, "^TestStore$/^Consume$/^OneTradeIDTwoCodes$"}, []edit{
			{sqliteTable, "    expires_at        BIGINT NOT NULL,\n    UNIQUE (merchant_id, trade_key)\n", "    expires_at        BIGINT NOT NULL\n"},
			{"internal/store/db/orders.sql.go", "ON CONFLICT (merchant_id, trade_key) DO NOTHING", ""},
		}},
		one("a machine may have one code twice", sqlitePkg, "^TestStore$/^Codes$",
			sqliteTable, "CREATE UNIQUE INDEX pickup_codes_live", "CREATE INDEX pickup_codes_live"),
		{"a commit does not wait for the disk", suite{sqlitePkg, "^TestCommitsAreDurable$"}, []edit{
			{engine, `"synchronous(FULL)"`, `"synchronous(OFF)"`},
			{engine, "if synchronous != 2 {", "if synchronous > 2 {"},
		}},
		{"a write is acknowledged before its commit", suite{sqlitePkg, "^TestAcknowledgedWriteIsSeen$"}, []edit{
			{writer, "\tif err := w.exec(\"COMMIT\"); err != nil {", "\tfor _, j := range *group {\n\t\tclose(j.answer)\n\t}\n\tif err := w.exec(\"COMMIT\"); err != nil {"},
			{writer, "\t\tfor _, j := range group {\n\t\t\tclose(j.answer)\n\t\t}\n", ""},
		}},
		one("a failed call leaves its writes in the shared commit", sqlitePkg, "^TestStore$/^Transaction$",
			writer, `w.exec("ROLLBACK TO job")`, `error(nil)`),
		one("a deadlock is not run again", postgresPkg, "^TestDeadlockIsRunAgain$",
			"internal/store/postgres/tx.go", `|| failure.Code == "40P01")`, `)`),
	}
}

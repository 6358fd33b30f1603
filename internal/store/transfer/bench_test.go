package transfer_test

import (
	"os"
	"testing"

	"github.com/vendlane/vendlane/internal/store/transfer"
	"github.com/vendlane/vendlane/internal/testkit"
)

// Rows per second from end to end, reading and checking included. The rows are those that grow: redeemed codes, orders, records,
// and the machine log with a payload of half a kilobyte.
func BenchmarkCopy(b *testing.B) {
	const each = 50_000
	file := newSource(b)
	fill(b, file, 3)
	for _, query := range []string{
		"INSERT INTO pickup_codes SELECT value, 1, 1, value, 1, 'USED', value, 0, value, value, value FROM numbers",
		"INSERT INTO orders SELECT value, 1, 1, value, 'trade ' || value, 1, '2024-04-29', 100, 'https://merchant.example/notify', 1, value, value, 0 FROM numbers",
		"INSERT INTO records SELECT value, value, 1, 1, 100, 'SUCCESS', 1, value, value, TRUE FROM numbers",
		"INSERT INTO machine_logs SELECT value, 1, TRUE, 'client.heartbeat', hex(randomblob(256)), value FROM numbers",
	} {
		query = "WITH RECURSIVE numbers(value) AS (SELECT 4 UNION ALL SELECT value + 1 FROM numbers WHERE value < $1) " + query
		exec(b, file, query, each+3)
	}
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	var copied int64
	for b.Loop() {
		b.StopTimer()
		target := testkit.NewPostgres(b)
		b.StartTimer()
		result, err := transfer.Run(b.Context(), transfer.Options{From: file, To: target.DSN()})
		if err != nil {
			b.Fatal(err)
		}
		copied += result.Copied
	}
	b.ReportMetric(float64(copied)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(info.Size())/(1<<20), "MB-file")
}

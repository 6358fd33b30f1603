package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
)

// sendersSQL is SenderByNo for many at once; $1 is a JSON array of numbers. CROSS
// JOIN is SQLite's way to say which table comes first.
const sendersSQL = `SELECT machines.id, machines.merchant_id, machines.machine_no, machines.timezone,
    merchants.app_id, merchants.app_key_sealed, merchants.app_key_previous_sealed, merchants.app_key_previous_until
FROM json_each($1) AS asked
CROSS JOIN machines ON machines.machine_no = asked.value
CROSS JOIN merchants ON merchants.id = machines.merchant_id`

// Senders implements store.Engine. A number that is asked for twice is answered
// twice.
func (e *Engine) Senders(ctx context.Context, numbers []string) ([]store.Sender, error) {
	asked, err := json.Marshal(numbers)
	if err != nil {
		return nil, fmt.Errorf("list machine numbers: %w", err)
	}
	rows, err := e.reader.QueryContext(ctx, sendersSQL, string(asked))
	if err != nil {
		return nil, fmt.Errorf("read senders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	senders := make([]store.Sender, 0, len(numbers))
	for rows.Next() {
		var s store.Sender
		err := rows.Scan(&s.ID, &s.MerchantID, &s.MachineNo, &s.Timezone, &s.AppID, &s.AppKeySealed, &s.AppKeyPreviousSealed, &s.AppKeyPreviousUntil)
		if err != nil {
			return nil, fmt.Errorf("read sender: %w", err)
		}
		senders = append(senders, s)
	}
	return senders, rows.Err()
}

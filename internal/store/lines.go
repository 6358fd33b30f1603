package store

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
)

// AddMachineLines adds lines to the machine log and returns for how many, at least
// one if there are any: those of one transaction, which lets others go first where
// they stand in line (InTurn). After an error it is none.
func (s *Store) AddMachineLines(ctx context.Context, lines []db.InsertMachineLogParams) (done int, err error) {
	sets := s.engine.Sets()
	if sets == nil {
		return s.InTurn(ctx, len(lines), func(tx *Tx, i int) error { return tx.InsertMachineLog(ctx, lines[i]) })
	}
	columns := []string{"machine_id", "is_up", "method", "payload", "created_at"}
	err = sets.Insert(ctx, "machine_logs", columns, rows(lines, func(l db.InsertMachineLogParams) []any {
		return []any{l.MachineID, l.IsUp, l.Method, l.Payload, l.CreatedAt}
	}))
	if err != nil {
		return 0, err
	}
	return len(lines), nil
}

// AddRequestLines adds lines to the request log, all of them or none.
func (s *Store) AddRequestLines(ctx context.Context, lines []db.InsertRequestLogParams) error {
	sets := s.engine.Sets()
	if sets == nil {
		return s.InTx(ctx, func(tx *Tx) error {
			for _, line := range lines {
				if err := tx.InsertRequestLog(ctx, line); err != nil {
					return err
				}
			}
			return nil
		})
	}
	columns := []string{
		"merchant_id", "machine_no", "kind", "request_id", "at", "duration", "client", "verb", "target", "method",
		"headers", "raw", "payload", "status", "code", "reason", "diagnosis", "answer", "old_credentials",
	}
	return sets.Insert(ctx, "request_log", columns, rows(lines, func(l db.InsertRequestLogParams) []any {
		return []any{
			l.MerchantID, l.MachineNo, l.Kind, l.RequestID, l.At, l.Duration, l.Client, l.Verb, l.Target, l.Method,
			l.Headers, l.Raw, l.Payload, l.Status, l.Code, l.Reason, l.Diagnosis, l.Answer, l.OldCredentials,
		}
	}))
}

// rows are the values of each element.
func rows[T any](elements []T, values func(T) []any) [][]any {
	out := make([][]any, len(elements))
	for i, element := range elements {
		out[i] = values(element)
	}
	return out
}

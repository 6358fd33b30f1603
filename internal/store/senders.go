package store

import "context"

// SenderByNo returns the machine of a number as of a moment after the call, so
// that a key that was changed before it is never seen. It returns sql.ErrNoRows
// if there is none. Messages that arrive at the same time share one visit to the
// database, because they come by the thousand and the visit costs many times what
// a row does.
func (s *Store) SenderByNo(ctx context.Context, machineNo string) (Sender, error) {
	return lookUp(ctx, s.senders, machineNo, s.Queries.SenderByNo)
}

// SendersByNo is SenderByNo for many at once. It answers each number in its place; one
// without a machine has ID 0.
func (s *Store) SendersByNo(ctx context.Context, numbers []string) ([]Sender, error) {
	rows, err := s.engine.Senders(ctx, numbers)
	if err != nil {
		return nil, err
	}
	byNo := make(map[string]Sender, len(rows))
	for _, row := range rows {
		byNo[row.MachineNo] = row
	}
	senders := make([]Sender, len(numbers))
	for i, number := range numbers {
		senders[i] = byNo[number]
	}
	return senders, nil
}

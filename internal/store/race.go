package store

import (
	"errors"
	"fmt"
)

// ErrLostRace means that somebody else changed a row between a use case's
// checks and its write. The use case looks again; see Retry.
var ErrLostRace = errors.New("lost a race for a row")

// maxTries is the first try and three more (consume.md §4).
const maxTries = 4

// Retry runs a use case's checks and write until it does not lose a race, a few
// times at the most. Any other result of fn is returned as it is; what names
// the attempt in the error after the last lost race.
func Retry(what string, fn func() error) error {
	for range maxTries {
		if err := fn(); !errors.Is(err, ErrLostRace) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", what, ErrLostRace)
}

// Changed judges a compare-and-set by the rows it changed: ErrLostRace if there
// were none, or err, if any, with what failed.
func Changed(what string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if rows == 0 {
		return ErrLostRace
	}
	return nil
}

//go:build !unix

package bench

import "errors"

// RaiseFileLimit works on Unix only.
func RaiseFileLimit() (int, error) {
	return 0, errors.New("this benchmark needs a Unix system")
}

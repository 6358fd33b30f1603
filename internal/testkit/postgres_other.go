//go:build !unix

package testkit

import (
	"errors"
	"io"
)

func startPostgres() (string, io.Closer, error) {
	return "", nil, errors.New("set " + postgresEnv + ": a private server needs a Unix system")
}

func postgresFolder() string { return "" }

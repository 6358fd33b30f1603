//go:build !unix

package testkit

import "errors"

// cluster is a private server, which needs a Unix system.
type cluster struct{ dsn, dir string }

func startCluster() (*cluster, error) {
	return nil, errors.New("set " + postgresEnv + ": a private server needs a Unix system")
}

func (*cluster) do(string) error { return errors.ErrUnsupported }

func (*cluster) close() error { return nil }

func postgresFolder() string { return "" }

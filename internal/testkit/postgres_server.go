package testkit

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// PostgresServer is a PostgreSQL server of one test alone, with one empty
// database, which the test may stop and start.
type PostgresServer struct {
	t       testing.TB
	private *pgserver.Server
}

// NewPostgresServer starts a server. It ends with the test, which is skipped
// if PostgreSQL is missing on this machine.
func NewPostgresServer(t testing.TB) *PostgresServer {
	t.Helper()
	return newPostgresServer(t, func() (*pgserver.Server, error) { return pgserver.Fast(t.Context()) })
}

func newPostgresServer(t testing.TB, start func() (*pgserver.Server, error)) *PostgresServer {
	t.Helper()
	require.Binary(t, filepath.Join(pgserver.Folder(), "postgres"))
	private, err := start()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := private.Close(); err != nil {
			t.Errorf("end PostgreSQL: %v", err)
		}
	})
	s := server{dsn: private.DSN}
	if err := s.exec("CREATE DATABASE vendlane"); err != nil {
		t.Fatal(err)
	}
	return &PostgresServer{t: t, private: private}
}

// DSN names the database of the server. It is reached by a Unix socket.
func (s *PostgresServer) DSN() string { return server{dsn: s.private.DSN}.database("vendlane") }

// Dial connects to the server.
func (s *PostgresServer) Dial() (net.Conn, error) {
	return net.Dial("unix", filepath.Join(s.private.Dir, ".s.PGSQL.5432"))
}

// StopFast ends the server in good order: it breaks off what is under way and
// tells its clients.
func (s *PostgresServer) StopFast() { s.order("fast") }

// StopImmediately ends it without a checkpoint; the next start recovers.
func (s *PostgresServer) StopImmediately() { s.order("immediate") }

// Kill ends the postmaster with kill -9; the next start recovers.
func (s *PostgresServer) Kill() { s.order("kill") }

// Start starts a server that was ended, and returns when it takes connections.
func (s *PostgresServer) Start() { s.order("start") }

func (s *PostgresServer) order(order string) {
	s.t.Helper()
	if err := s.private.Do(order); err != nil {
		s.t.Fatal(err)
	}
}

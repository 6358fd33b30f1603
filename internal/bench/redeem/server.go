package redeem

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/pgserver"
)

// server is where the databases of the benchmark are.
type server struct {
	dsn string
	// stop ends a private server; it does nothing to one that was there before.
	stop func() error
}

// startServer starts a private server below a folder.
func startServer(ctx context.Context, folder string) (*server, error) {
	if pgserver.Folder() == "" {
		return nil, NoPostgresError("PostgreSQL's server is not installed: name one with --dsn")
	}
	private, err := pgserver.Durable(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return &server{dsn: private.DSN, stop: private.Close}, nil
}

// useServer takes a server that is there, whose user may create databases.
func useServer(dsn string) *server { return &server{dsn: dsn, stop: func() error { return nil }} }

// database is the DSN of a database on the server.
func (s *server) database(name string) string {
	if u, err := url.Parse(s.dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return s.dsn + " dbname=" + name
}

// copied makes a database out of another one and writes everything to the disk,
// so that each measurement starts from the same state.
func (s *server) copied(ctx context.Context, name, template string) error {
	if err := s.exec(ctx, "DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return err
	}
	_ = s.exec(ctx, "CHECKPOINT") // refused to users without the right; then it comes when it comes
	return nil
}

func (s *server) drop(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func (s *server) exec(ctx context.Context, queries ...string) error {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, query := range queries {
		if _, err := conn.Exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

// describe is the server's version and the settings that decide about
// durability, for the report.
func (s *server) describe(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return "", fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	text := []string{"PostgreSQL"}
	for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"} {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
		if name != "server_version" {
			value = name + "=" + value
		}
		text = append(text, value)
	}
	return strings.Join(text, " "), nil
}

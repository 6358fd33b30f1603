package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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

// runServer makes a cluster with the server's own settings, which are durable,
// says "ready" and waits for the end of its input, which the end of this process
// brings, however it ends.
const runServer = `
bin=$1 dir=$2
"$bin"/initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C >"$dir/log" 2>&1 || exit
"$bin"/pg_ctl -D "$dir/data" -l "$dir/log" -w start >/dev/null \
	-o "-k '$dir' -p 5432 -c listen_addresses='' -c max_connections=200" || exit
echo ready
read -r _
"$bin"/pg_ctl -D "$dir/data" -m immediate stop >/dev/null
rm -rf "$dir" 2>/dev/null || rm -rf "$dir/data" "$dir/log" # its own folder may stand where it may not remove it
`

// startServer starts a private server below a folder.
func startServer(ctx context.Context, folder string) (*server, error) {
	if pgserver.Folder() == "" {
		return nil, errors.New("PostgreSQL's server is not installed: name one with --dsn")
	}
	dir, err := os.MkdirTemp(folder, "vendlane-bench-")
	if err != nil {
		return nil, fmt.Errorf("folder of the server: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", runServer, "sh", pgserver.Folder(), dir) //nolint:gosec // our own script
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = dir
	if err := pgserver.RunAs(cmd, dir); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	stop := func() error { return errors.Join(input.Close(), cmd.Wait(), os.RemoveAll(dir)) }
	if answer, _ := bufio.NewReader(output).ReadString('\n'); answer != "ready\n" {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("PostgreSQL did not start: %s", text), stop())
	}
	return &server{dsn: "host=" + dir + " port=5432 user=postgres dbname=postgres", stop: stop}, nil
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

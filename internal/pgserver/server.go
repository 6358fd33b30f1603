package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// script makes a cluster in a folder and carries out orders: one word a line,
// answered by "done" or "failed". It ends the server at the end of its input,
// which the end of this process brings, however it ends.
//
// A postmaster that was killed leaves children that hold the shared memory
// until they notice, so a start is tried again.
const script = `
bin=$1 dir=$2 init=$3 settings=$4
start() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$bin"/pg_ctl -D "$dir/data" -l "$dir/log" -w start -o "-k '$dir' -p 5432 -c listen_addresses='' $settings" && return
		sleep 0.3
	done
	return 1
}
"$bin"/initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C $init >"$dir/log" 2>&1 || exit
start >/dev/null || exit
echo done
while read -r order; do
	case $order in
	start) start ;;
	kill)
		pid=$(head -n 1 "$dir/data/postmaster.pid")
		kill -9 "$pid" || ! kill -0 "$pid" # it may have ended by itself
		;;
	*) "$bin"/pg_ctl -D "$dir/data" -m "$order" stop ;;
	esac >/dev/null && echo done || echo failed
done
"$bin"/pg_ctl -D "$dir/data" -m immediate stop >/dev/null
rm -rf "$dir" 2>/dev/null || rm -rf "$dir/data" "$dir/log" # its own folder may stand where it may not remove it
`

// Server is a private server, run by a shell.
type Server struct {
	// DSN is for its superuser; it is reached by a Unix socket in Dir.
	DSN, Dir string
	// orders keeps the server: it ends with the last holder of this file, which
	// is this process, and the garbage collector closes one that nobody holds.
	orders  *os.File
	answers *bufio.Reader
	ended   func() error
}

// Durable starts a server that keeps what it has committed, as PostgreSQL does by
// itself, below a folder; "" is the one for temporary files. It runs until it is
// closed, at the latest until the end of this process.
func Durable(ctx context.Context, folder string) (*Server, error) {
	return run(ctx, folder, "", "-c max_connections=200")
}

// Fast starts a server like Durable that does not survive a power cut.
func Fast(ctx context.Context) (*Server, error) {
	return run(ctx, "", "--no-sync", "-c fsync=off -c full_page_writes=off -c max_connections=300")
}

func run(ctx context.Context, folder, initdb, settings string) (*Server, error) {
	dir, err := os.MkdirTemp(folder, "vendlane-pg-")
	if err != nil {
		return nil, fmt.Errorf("folder of the server: %w", err)
	}
	s, err := start(ctx, dir, initdb, settings)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.await("start"); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start starts the shell; the server may still fail to start.
func start(ctx context.Context, dir, initdb, settings string) (*Server, error) {
	input, orders, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = input.Close() }()
	answers, theirs, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, orders.Close())
	}
	defer func() { _ = theirs.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", script, "sh", Folder(), dir, initdb, settings) //nolint:gosec // our own script
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = "/" // not the server's folder, whose disk would then be in use
	cmd.Stdin, cmd.Stdout = input, theirs
	if err := runAs(cmd, dir); err != nil {
		return nil, errors.Join(err, orders.Close(), answers.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, orders.Close(), answers.Close())
	}
	return &Server{
		DSN: "host=" + dir + " port=5432 user=postgres dbname=postgres", Dir: dir,
		orders: orders, answers: bufio.NewReader(answers), ended: cmd.Wait,
	}, nil
}

// Do has an order carried out: start, kill, or the mode of a stop (fast,
// immediate).
func (s *Server) Do(order string) error {
	if _, err := fmt.Fprintln(s.orders, order); err != nil {
		return err
	}
	return s.await(order)
}

func (s *Server) await(order string) error {
	answer, _ := s.answers.ReadString('\n') // none if it has ended
	if answer == "done\n" {
		return nil
	}
	text, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	return fmt.Errorf("%s PostgreSQL: answer %q\n%s", order, answer, text)
}

// Close ends the server and removes its files.
func (s *Server) Close() error {
	return errors.Join(s.orders.Close(), s.ended(), os.RemoveAll(s.Dir))
}

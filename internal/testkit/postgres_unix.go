//go:build unix

package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/vendlane/vendlane/internal/pgserver"
)

// runPostgres makes a cluster in a folder and carries out orders: one word a
// line, answered by "done" or "failed". It ends the server at the end of its
// input, which the end of the tests brings, however they end. Durability
// against a power cut is not what the tests on it are about.
//
// A postmaster that was killed leaves children that hold the shared memory
// until they notice, so a start is tried again.
const runPostgres = `
bin=$1 dir=$2
start() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$bin"/pg_ctl -D "$dir/data" -l "$dir/log" -w start \
			-o "-k '$dir' -p 5432 -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=300" && return
		sleep 0.3
	done
	return 1
}
"$bin"/initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || exit
start >/dev/null || exit
echo done
while read -r order; do
	case $order in
	start) start ;;
	kill) kill -9 "$(head -n 1 "$dir/data/postmaster.pid")" ;;
	*) "$bin"/pg_ctl -D "$dir/data" -m "$order" stop ;;
	esac >/dev/null && echo done || echo failed
done
"$bin"/pg_ctl -D "$dir/data" -m immediate stop >/dev/null
rm -rf "$dir"
`

// cluster is a private server, run by a shell.
type cluster struct {
	dsn string // for its superuser
	dir string
	// orders keeps the server: it ends with the last holder of this file, which
	// is this process, and the garbage collector closes one that nobody holds.
	orders  *os.File
	answers *bufio.Reader
	ended   func() error
}

// startCluster starts a private server. It runs until it is closed, at the
// latest until the end of this process.
func startCluster() (*cluster, error) {
	dir, err := os.MkdirTemp("", "vendlane-pg-")
	if err != nil {
		return nil, err
	}
	input, orders, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	answers, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("sh", "-c", runPostgres, "sh", postgresFolder(), dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = dir
	cmd.Stdin, cmd.Stdout = input, theirs
	if err := pgserver.RunAs(cmd, dir); err != nil {
		return nil, err
	}
	err = cmd.Start()
	if err := errors.Join(err, theirs.Close()); err != nil {
		return nil, err
	}
	c := &cluster{
		dsn: "host=" + dir + " port=5432 user=postgres dbname=postgres", dir: dir,
		orders: orders, answers: bufio.NewReader(answers), ended: cmd.Wait,
	}
	return c, c.await("start")
}

// do has an order carried out: start, kill, or the mode of a stop.
func (c *cluster) do(order string) error {
	if _, err := fmt.Fprintln(c.orders, order); err != nil {
		return err
	}
	return c.await(order)
}

func (c *cluster) await(order string) error {
	answer, _ := c.answers.ReadString('\n') // none if it has ended
	if answer == "done\n" {
		return nil
	}
	text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return fmt.Errorf("%s: answer %q\n%s", order, answer, text)
}

// close ends the server and removes its files.
func (c *cluster) close() error { return errors.Join(c.orders.Close(), c.ended()) }

// postgresFolder is where the binaries of the newest server are, "" if there
// are none.
func postgresFolder() string { return pgserver.Folder() }

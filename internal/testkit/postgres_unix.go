//go:build unix

package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// runPostgres makes a cluster in a folder, says "ready" and waits for the end
// of its input, which the end of the tests brings, however they end. Durability
// is not what the tests on it are about.
const runPostgres = `
bin=$1 dir=$2
"$bin"/initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || exit
"$bin"/pg_ctl -D "$dir/data" -l "$dir/log" -w start >/dev/null \
	-o "-k '$dir' -p 5432 -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=300" || exit
echo ready
read -r _
"$bin"/pg_ctl -D "$dir/data" -m immediate stop >/dev/null
rm -rf "$dir"
`

// startPostgres starts a private server and returns a DSN for its superuser. It
// runs until alive is closed, at the latest by the end of this process.
func startPostgres() (dsn string, alive io.Closer, err error) {
	dir, err := os.MkdirTemp("", "vendlane-pg-")
	if err != nil {
		return "", nil, err
	}
	input, alive, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer input.Close()
	output, theirs, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer output.Close()
	cmd := exec.Command("sh", "-c", runPostgres, "sh", postgresFolder(), dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = dir
	cmd.Stdin, cmd.Stdout = input, theirs
	// An interrupt from the terminal must not end the script before its work.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if cmd.SysProcAttr.Credential, err = unprivileged(dir); err != nil {
			return "", nil, err
		}
	}
	err = cmd.Start()
	if err := errors.Join(err, theirs.Close()); err != nil {
		return "", nil, err
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return "", nil, fmt.Errorf("the server did not start: %w\n%s", err, text)
	}
	return "host=" + dir + " port=5432 user=postgres dbname=postgres", alive, nil
}

// unprivileged gives a folder to the user `postgres`, else `nobody`, and
// returns that user.
func unprivileged(dir string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

// postgresFolder is where the binaries of the newest server are, "" if there
// are none.
func postgresFolder() string {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	// Debian keeps them out of the PATH.
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
}

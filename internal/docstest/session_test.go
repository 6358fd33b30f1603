package docstest

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit/program"
)

// patience bounds every wait; nothing here takes anywhere near as long.
const patience = 60 * time.Second

// The ports that the pages name, which are those of the defaults.
const (
	documentedHTTP    = "127.0.0.1:8080"
	documentedMQTT    = "127.0.0.1:1883"
	documentedControl = "127.0.0.1:8090"
	documentedNotify  = "127.0.0.1:9000"
)

// session is a reader: a folder with what the repository has, and a shell.
type session struct {
	t                           *testing.T
	dir, state                  string
	http, mqtt, control, notify string // the ports there are instead
	environ                     []string
}

// shim stands for the program and for go: it gives the free ports to the
// commands that take them from flags, and no demo a history, which takes a while.
// Programs of readers are for the real go.
const shim = `#!/bin/sh
case "$(basename "$0") $1 $2" in
"go run ./cmd/vendlane") shift 2 ;;
"go build -o") cp "$0" "$3"; exit ;;
"go "*) exec "$DOCS_GO" "$@" ;;
esac
command=$1
shift
case $command in
demo) exec "$DOCS_BINARY" demo --no-history --listen "$VENDLANE_HTTP_LISTEN" --mqtt-listen "$VENDLANE_MQTT_LISTEN" "$@" ;;
simulate) exec "$DOCS_BINARY" simulate --server "tcp://$VENDLANE_MQTT_LISTEN" "$@" ;;
esac
exec "$DOCS_BINARY" "$command" "$@"
`

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{t: t, dir: t.TempDir(), state: filepath.Join(t.TempDir(), "state"), http: freePort(t), mqtt: freePort(t), control: freePort(t), notify: freePort(t)}
	bin := t.TempDir()
	for _, name := range []string{"go", "vendlane"} {
		s.write(filepath.Join(bin, name), shim, 0o700)
	}
	for _, part := range []string{"examples", "go.mod", "go.sum", "client", "signature", "sdk/php", "sdk/ts/package.json", "sdk/ts/dist"} {
		s.copyOf(part)
	}
	realGo, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	s.environ = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DOCS_BINARY="+binary, "DOCS_GO="+realGo, "LC_ALL=C.UTF-8", "npm_config_offline=true",
		"BASE_URL=http://"+s.http, "VENDLANE_HTTP_LISTEN="+s.http, "VENDLANE_MQTT_LISTEN="+s.mqtt)
	return s
}

// copyOf gives the session a part of the repository, if it is there.
func (s *session) copyOf(part string) {
	s.t.Helper()
	from, to := filepath.Join("../..", part), filepath.Join(s.dir, part)
	info, err := os.Stat(from)
	switch {
	case os.IsNotExist(err):
		return // what is built is not there before
	case err == nil && info.IsDir():
		err = os.CopyFS(to, os.DirFS(from))
	case err == nil:
		var text []byte
		if text, err = os.ReadFile(from); err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600))
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// freePort is one that was free a moment ago: commands on pages cannot tell
// which one they took. It is below those that the system gives away by itself,
// so that nobody gets it meanwhile.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000)))
		if l, err := net.Listen("tcp", addr); err == nil {
			defer l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (s *session) write(path, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// do does what the page says at f.
func (s *session) do(f fence) {
	s.t.Helper()
	switch {
	case f.file != "":
		file := filepath.Join(s.dir, f.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			s.t.Fatal(err)
		}
		s.write(file, s.here(f.text), 0o600)
	case f.background:
		s.start(f)
	case f.repeat:
		s.repeat(f)
	default:
		out, err := s.shell(f).CombinedOutput()
		if err != nil {
			s.t.Fatalf("%s:%d: %v\n%s", f.page, f.line, err, out)
		}
		if f.shown && !pattern(f.output, true).MatchString(s.documented(string(out))) {
			s.t.Fatalf("%s:%d printed\n%s\nwhere the page has\n%s", f.page, f.line, s.documented(string(out)), f.output)
		}
	}
}

// shell continues the session's shell: with its variables and in its folder.
func (s *session) shell(f fence) *exec.Cmd {
	script := "[ ! -e '" + s.state + "' ] || . '" + s.state + "'\nset -ea\ntrap 'export -p >'\"'" + s.state + "'\" EXIT\n" + s.here(f.text)
	if f.background {
		script = "[ ! -e '" + s.state + "' ] || . '" + s.state + "'\n" + s.here(f.text)
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env = s.dir, s.environ
	return cmd
}

// start starts f and waits until it has printed what the page shows.
func (s *session) start(f fence) {
	s.t.Helper()
	cmd := s.shell(f)
	out := program.NewOutput()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = nil
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			s.t.Errorf("%s:%d did not end", f.page, f.line)
		}
	})
	want, deadline := pattern(f.output, false), time.After(patience)
	for !want.MatchString(s.documented(out.String())) {
		select {
		case <-out.More():
		case err := <-ended:
			ended <- err
			s.t.Fatalf("%s:%d ended (%v) with\n%s\nwhere the page has\n%s", f.page, f.line, err, s.documented(out.String()), f.output)
		case <-deadline:
			s.t.Fatalf("%s:%d printed\n%s\nwhere the page has\n%s", f.page, f.line, s.documented(out.String()), f.output)
		}
	}
}

// repeat runs f until it prints what the page shows. The pause is the reader's,
// between two looks at something that takes a moment.
func (s *session) repeat(f fence) {
	s.t.Helper()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	deadline, want := time.After(patience), pattern(f.output, true)
	for {
		out, err := s.shell(f).CombinedOutput()
		if err == nil && want.MatchString(s.documented(string(out))) {
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			s.t.Fatalf("%s:%d printed\n%s (%v)\nwhere the page has\n%s", f.page, f.line, s.documented(string(out)), err, f.output)
		}
	}
}

// here puts the ports of the session in place of the documented ones.
func (s *session) here(text string) string {
	return strings.NewReplacer(documentedHTTP, s.http, documentedMQTT, s.mqtt, documentedControl, s.control, documentedNotify, s.notify).Replace(text)
}

// documented is the reverse.
func (s *session) documented(text string) string {
	return strings.NewReplacer(s.http, documentedHTTP, s.mqtt, documentedMQTT, s.control, documentedControl, s.notify, documentedNotify).Replace(text)
}

// pattern matches an output as a page shows it, whole or at its beginning.
func pattern(shown string, whole bool) *regexp.Regexp {
	expr := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(shown)), "…", ".*?")
	return regexp.MustCompile(`(?s)^\s*` + expr + map[bool]string{true: `\s*$`}[whole])
}

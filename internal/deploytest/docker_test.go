package deploytest

import (
	"debug/elf"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

// The command that builds the image's program works as it is written, and the
// program needs nothing of the image it runs in.
func TestDockerfileBuildsAStaticProgram(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the image is for Linux")
	}
	dockerfile := read(t, deployed("docker", "Dockerfile"))
	build := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*)$`).FindStringSubmatch(dockerfile)
	if build == nil {
		t.Fatal("the Dockerfile builds nothing")
	}
	program := filepath.Join(t.TempDir(), "vendlane")
	cmd := exec.Command("sh", "-c", replace(t, build[1], "/out/vendlane", program))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is linked dynamically: %s", p.Type)
		}
	}
	if out, err := exec.Command(program, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "vendlane ") {
		t.Errorf("version: %v\n%s", err, out)
	}
}

// The image's settings, ports and health check fit the program.
func TestDockerfileSettings(t *testing.T) {
	dockerfile := read(t, deployed("docker", "Dockerfile"))
	var environ []string
	for _, set := range regexp.MustCompile(`(?m)^ENV (\S+)$`).FindAllStringSubmatch(dockerfile, -1) {
		environ = append(environ, set[1])
	}
	cfg := load(t, "", environ)
	if cfg.Data == config.Default().Data || !strings.Contains(dockerfile, "WORKDIR "+cfg.Data+"\n") {
		t.Errorf("data is in %s", cfg.Data)
	}
	port := func(addr string) string {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	for _, line := range []string{
		"EXPOSE " + port(cfg.HTTP.Listen) + " " + port(cfg.MQTT.Listen) + "\n",
		`"http://127.0.0.1:` + port(cfg.HTTP.Listen) + `/healthz"]`,
		"\nUSER 65532:65532\n",
	} {
		if !strings.Contains(dockerfile, line) {
			t.Errorf("the Dockerfile has no %q", line)
		}
	}
}

// Nothing that the program is made of is left out of the build's context.
func TestDockerignoreKeepsTheSource(t *testing.T) {
	ignored := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(read(t, filepath.Join(root, ".dockerignore")), ""))
	for _, pattern := range ignored {
		if strings.Contains(pattern, "!") {
			t.Errorf("%q: exceptions are not understood here", pattern)
		}
	}
	list := exec.Command("go", "list", "-deps", "-f",
		`{{$dir := .Dir}}{{if not .Standard}}{{with .Module}}{{if .Main}}{{$dir}}{{end}}{{end}}{{end}}`, "./cmd/vendlane")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	folders := strings.Fields(string(out))
	if len(folders) < 20 {
		t.Fatalf("the program is made of %v", folders)
	}
	for _, dir := range folders {
		path, err := filepath.Rel(base, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range ignored {
			names := strings.Split(path, "/")
			above := strings.Join(names[:min(len(names), 1+strings.Count(pattern, "/"))], "/")
			if match, err := filepath.Match(pattern, above); err != nil || match {
				t.Errorf("%s is left out by %q, %v", path, pattern, err)
			}
		}
	}
}

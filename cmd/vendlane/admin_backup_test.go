package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// A backup that is made while the shop sells is a data folder: the platform
// starts on it, with the same secrets and pictures, while the original goes on.
func TestBackupIsADataFolder(t *testing.T) {
	data := t.TempDir()
	// The fixture's master key, and a picture.
	writeFile(t, filepath.Join(data, "master.key"), strings.Repeat("00", 32)+"\n")
	writeFile(t, filepath.Join(data, "storage", "shop", strings.Repeat("a", 32)+".png"), "picture")
	writeFile(t, filepath.Join(data, "storage", "shop", strings.Repeat("b", 32)+".png.part"), "half a pict")
	f := storetest.NewFixture(t, func(t testing.TB) store.Engine {
		engine, err := sqlite.Open(t.Context(), filepath.Join(data, "vendlane.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	})
	ctx, stop := context.WithCancel(t.Context())
	var selling sync.WaitGroup
	defer selling.Wait()
	defer stop()
	busy := make(chan struct{})
	selling.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			f.AddCode(t, fmt.Sprintf("%08d", i), 131, 0)
			if i == 100 {
				close(busy)
			}
		}
	})
	<-busy

	to := filepath.Join(t.TempDir(), "backup")
	said, err := adminRun(t, data, "backup", "--to", to, "--with-data")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"schema version", "tables", "rows, checked", "pictures", "1 files", "master key"} {
		if !strings.Contains(said, want) {
			t.Errorf("the report lacks %q:\n%s", want, said)
		}
	}
	for _, name := range []string{"master.key", "storage/shop/" + strings.Repeat("a", 32) + ".png"} {
		from, _ := os.ReadFile(filepath.Join(data, name))
		copied, err := os.ReadFile(filepath.Join(to, name))
		if err != nil || !bytes.Equal(from, copied) {
			t.Errorf("%s: %q, want %q (%v)", name, copied, from, err)
		}
	}
	serveOn(t, to)
	if _, err := os.Stat(filepath.Join(to, "storage/shop/"+strings.Repeat("b", 32)+".png.part")); err == nil {
		t.Error("half a picture is in the backup")
	}

	if _, err := adminRun(t, data, "backup", "--to", to); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second backup over the first: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Without its key a backup says so, and serve does not start on it.
func TestBackupWithoutData(t *testing.T) {
	d := newDesk(t)
	data := strings.TrimPrefix(d.environ[0], "VENDLANE_DATA=")
	to := filepath.Join(t.TempDir(), "backup")
	said, err := adminRun(t, data, "backup", "-to", to)
	if err != nil || !strings.Contains(said, "Not in it: the master key "+filepath.Join(data, "master.key")) || !strings.Contains(said, "the pictures in") {
		t.Errorf("%q, %v", said, err)
	}
	if err := run(t.Context(), env{io.Discard, io.Discard, []string{"VENDLANE_DATA=" + to}}, []string{"serve"}); err == nil || !strings.Contains(err.Error(), "master key") {
		t.Errorf("serve without the key: %v", err)
	}
}

func TestBackupRefuses(t *testing.T) {
	parent := t.TempDir()
	if _, err := adminRun(t, t.TempDir(), "backup", "--to", filepath.Join(parent, "backup")); err == nil {
		t.Error("a backup of an empty data folder")
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := adminRun(t, t.TempDir(), "backup"); err == nil {
		t.Error("a backup to nowhere")
	}
	e := env{io.Discard, io.Discard, []string{"VENDLANE_DATA=" + t.TempDir(), "VENDLANE_STORE_DSN=postgres://user:topsecret@db.example/vendlane"}}
	err := run(t.Context(), e, []string{"admin", "backup", "--to", filepath.Join(parent, "backup")})
	if err == nil || !strings.Contains(err.Error(), "pg_dump") || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("backup of PostgreSQL: %v", err)
	}
}

// serveOn starts the platform on a data folder and stops it when it is ready.
func serveOn(t *testing.T, data string, more ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready := false
	e := env{stdout: io.Discard, environ: append([]string{
		"VENDLANE_DATA=" + data, "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
	}, more...)}
	e.stderr = &watcher{seen: func(text string) {
		if strings.Contains(text, "vendlane is ready") {
			ready = true
			stop()
		}
	}}
	if err := run(ctx, e, []string{"serve"}); err != nil || !ready {
		t.Errorf("serve on %s: ready %v, %v", data, ready, err)
	}
}

func adminRun(t *testing.T, data string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), env{&out, io.Discard, []string{"VENDLANE_DATA=" + data}}, append([]string{"admin"}, args...))
	return out.String(), err
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

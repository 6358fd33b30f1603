package redeem

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startCodes is how many codes are in the store that a cold start is about.
const startCodes = 1_000_000

// patience is how long the program may take to get ready and to end.
const patience = time.Minute

// start measures from the start of the program until it says that it is ready.
func (r *run) start(ctx context.Context) (err error) {
	codes := startCodes
	if r.Quick {
		codes = 1000
	}
	folder := filepath.Join(r.folder, "start")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	file := filepath.Join(folder, "vendlane.db")
	if err := r.database(ctx, file, codes); err != nil {
		return err
	}
	took, err := r.untilReady(ctx, folder)
	r.add(coldStart, fmt.Sprintf("until ready, %d codes in the store", codes), "ms", "≤ 300, stretch 100", float64(took)/float64(time.Millisecond))
	return err
}

func (r *run) untilReady(ctx context.Context, folder string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.Command[0], append(r.Command[1:len(r.Command):len(r.Command)], "serve")...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), "VENDLANE_DATA="+folder, "VENDLANE_SECRETS_MASTER_KEY="+hex.EncodeToString(r.key), "VENDLANE_STORE_DSN=", "VENDLANE_HTTP_LISTEN=127.0.0.1:0",
		"VENDLANE_MQTT_LISTEN=127.0.0.1:0", "VENDLANE_LOG_LEVEL=info", "VENDLANE_LOG_FORMAT=json")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	said := bufio.NewScanner(stderr)
	var last string
	for took == 0 && said.Scan() {
		if last = said.Text(); strings.Contains(last, `"vendlane is ready"`) {
			took = time.Since(began)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, stderr)
	err = cmd.Wait()
	if took == 0 {
		return 0, errors.Join(fmt.Errorf("the program did not get ready: %s", last), err)
	}
	return took, err
}

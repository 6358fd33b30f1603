package fleet

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// brokerUser is the account of the platform at the broker.
const brokerUser = "platform"

// findBroker returns the path of Mosquitto and its version; "" if it is not
// installed. Debian keeps it where only root's PATH leads.
func findBroker(ctx context.Context) (path, version string) {
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		const debian = "/usr/sbin/mosquitto"
		if _, err := os.Stat(debian); err != nil {
			return "", "mosquitto not installed"
		}
		path = debian
	}
	// It has no option for its version and exits with an error after its help.
	help, _ := exec.CommandContext(ctx, path, "-h").Output()
	version, _, _ = strings.Cut(string(help), "\n")
	return path, version
}

// broker is a running Mosquitto.
type broker struct {
	cmd  *exec.Cmd
	addr string
}

// startBroker runs Mosquitto with the machines' passwords, and files in folder.
func startBroker(ctx context.Context, path, folder string, machines int) (*broker, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	passwords := filepath.Join(folder, "passwords")
	if err := writePasswords(passwords, machines); err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "mosquitto.conf")
	if err := os.WriteFile(config, []byte(brokerConfig(addr, passwords)), 0o600); err != nil {
		return nil, fmt.Errorf("configure mosquitto: %w", err)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, path, "-c", config) //nolint:gosec // found by findBroker
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start mosquitto: %w", err)
	}
	err = until(ctx, "mosquitto", func() (bool, error) {
		nc, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return false, nil //nolint:nilerr // not yet
		}
		return true, nc.Close()
	})
	if err != nil {
		return nil, errors.Join(err, kill(cmd), errors.New(stderr.String()))
	}
	return &broker{cmd: cmd, addr: addr}, nil
}

// brokerConfig is as much like the platform as Mosquitto can be told, and no
// obstacle to it: no access control, no log, nothing on the disk.
func brokerConfig(addr, passwords string) string {
	host, port, _ := net.SplitHostPort(addr)
	return strings.Join([]string{
		"listener " + port + " " + host,
		"allow_anonymous false",
		"password_file " + passwords,
		"user root", // started by root it would else give up the right to read its files
		"persistence false",
		"set_tcp_nodelay true",
		"max_inflight_messages 1000",
		"max_queued_messages 100000",
		"log_dest none",
		"connection_messages false",
		"",
	}, "\n")
}

// writePasswords writes a password file in Mosquitto's own form: PBKDF2 with
// SHA-512 and the number of rounds mosquitto_passwd uses.
func writePasswords(file string, machines int) error {
	const rounds, saltSize = 101, 12
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, it ends the process instead
	key, err := pbkdf2.Key(sha512.New, password, salt, rounds, sha512.Size)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	stored := fmt.Sprintf("$7$%d$%s$%s", rounds, base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(key))
	var text strings.Builder
	fmt.Fprintf(&text, "%s:%s\n", brokerUser, stored)
	for i := range machines {
		fmt.Fprintf(&text, "%s:%s\n", machineNo(i), stored)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write passwords: %w", err)
	}
	return nil
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

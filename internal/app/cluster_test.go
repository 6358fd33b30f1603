package app

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	paho3 "github.com/eclipse/paho.mqtt.golang"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/testkit"
)

// twoNodes runs two nodes on one database.
func twoNodes(t *testing.T) (a, b *App) {
	t.Helper()
	cfg := config.Default()
	cfg.MQTT.Listen = "127.0.0.1:0"
	cfg.Store.DSN = testkit.NewPostgres(t).DSN()
	cfg.Secrets.MasterKey = strings.Repeat("ab", 32)
	a, b = runApp(t, cfg), runApp(t, cfg)
	for _, node := range []*App{a, b} {
		wait(t, node.node.Hearing(), "a node does not hear the others")
	}
	return a, b
}

// receiver connects the lobby's machine to a node and subscribes. messages gets
// what arrives, gone is closed when the connection ends.
func receiver(t *testing.T, a *App) (messages chan string, gone chan struct{}) {
	t.Helper()
	messages, gone = make(chan string, 10), make(chan struct{})
	c := paho3.NewClient(paho3.NewClientOptions().AddBroker("tcp://" + a.MQTTAddr().String()).SetProtocolVersion(4).
		SetClientID(lobby).SetUsername(lobby).SetPassword(machinePassword).SetAutoReconnect(false).
		SetConnectionLostHandler(func(paho3.Client, error) { close(gone) }))
	t.Cleanup(func() { c.Disconnect(0) })
	done(t, c.Connect())
	done(t, c.Subscribe("/clients/"+lobby, 1, func(_ paho3.Client, m paho3.Message) {
		text, err := base64.StdEncoding.DecodeString(string(m.Payload()))
		if err != nil {
			t.Error(err)
		}
		messages <- string(text)
	}))
	return messages, gone
}

func done(t *testing.T, token paho3.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal("not done: ", token.Error())
	}
}

func wait[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal(what)
	}
	return v
}

// refresh tells the lobby's machine to refresh, at one node.
func refresh(t *testing.T, a *App) {
	t.Helper()
	m, err := a.Store.MachineByNo(t.Context(), lobby)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Store.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.QueueMessage(t.Context(), m.Machine.ID, "client.machine.refresh", nil, m.Machine.CreatedAt)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A message queued at any node leaves from the one the machine is connected to,
// and a machine that connects to another node is let go by the first.
func TestMachineMovesBetweenNodes(t *testing.T) {
	a, b := twoNodes(t)
	messages, gone := receiver(t, a)
	for _, from := range []*App{a, b} {
		refresh(t, from)
		if text := wait(t, messages, "no message"); !strings.Contains(text, "client.machine.refresh") {
			t.Errorf("message %s", text)
		}
	}
	moved, _ := receiver(t, b)
	wait(t, gone, "the first node keeps a machine that is at the second")
	for _, from := range []*App{a, b} {
		refresh(t, from)
		wait(t, moved, "no message at the second node")
	}
	if len(messages)+len(moved) != 0 {
		t.Errorf("%d messages too many at the first node, %d at the second", len(messages), len(moved))
	}
	back, _ := receiver(t, a)
	refresh(t, b)
	wait(t, back, "no message after the return")
}

// A password that is revoked at one node ends the connection at another, and the
// new one is good at both.
func TestRevokedPasswordAtAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	_, gone := receiver(t, a)
	revoke(t, b, "second")
	wait(t, gone, "the other node keeps a machine whose password was revoked")
	for _, node := range []*App{a, b} {
		url := "tcp://" + node.MQTTAddr().String()
		if _, err := connect3(t, url, machinePassword, nil); err == nil {
			t.Error("the revoked password is accepted")
		}
		c, err := connect3(t, url, "second", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Disconnect(0)
	}
}

// revoke replaces the password of the lobby's machine.
func revoke(t *testing.T, a *App, password string) {
	t.Helper()
	m, err := a.Store.MachineByNo(t.Context(), lobby)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Fleet.RevokePassword(t.Context(), m.Machine, password); err != nil {
		t.Fatal(err)
	}
}

// Too many wrong passwords at one node close the others to the machine as well.
func TestPasswordGuessingAtSeveralNodes(t *testing.T) {
	a, b := twoNodes(t)
	for range 10 {
		if _, err := connect3(t, "tcp://"+a.MQTTAddr().String(), "wrong", nil); err == nil {
			t.Fatal("a wrong password was accepted")
		}
	}
	until(t, "the other node knows of no failure", func() bool { // a quarter of a second later
		c, err := connect3(t, "tcp://"+b.MQTTAddr().String(), machinePassword, nil)
		if err == nil {
			c.Disconnect(0)
		}
		return err != nil
	})
}

// until asks again and again.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for started := time.Now(); !done(); {
		if time.Since(started) > patience {
			t.Fatal(what)
		}
	}
}

func TestNodesAreCounted(t *testing.T) {
	a, _ := twoNodes(t)
	until(t, "the nodes do not see each other", func() bool {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		return strings.Contains(w.Body.String(), "\nnodes_living 2\n")
	})
}

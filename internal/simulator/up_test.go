package simulator

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every message of mqtt.md §4 can be sent, and carries what its table requires.
func TestPublish(t *testing.T) {
	given := map[string]map[string]string{
		methodProduct:   {"product_id": "131", "current_inventory": "4"},
		methodDoorlock:  {"product_id": "131"},
		methodChannel:   {"product_id": "131", "floor_status": "2"},
		methodRestock:   {"product_ids": `["131"]`},
		methodConfigPut: {"idle_timeout": "90"},
		methodCodeUsed:  {"id": "1"},
		methodGoodsSlug: {"good_id": "7", "slug": "cola"},
		methodHumidity:  {"humidity": "3276.0"},
	}
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(codeMessage()))
		r.await(CodeStored)
		for _, method := range []string{
			methodChannel, methodDoorlock, methodGoodsSlug, methodHumidity, methodHeartbeat, methodConfigPut, methodEnv,
			methodOffline, methodCodeUsed, methodProduct, methodRestock, methodTemperature, methodTraffic,
		} {
			before := len(p.messages(method))
			if err := r.Publish(t.Context(), method, given[method]); err != nil {
				t.Fatal(err)
			}
			got := p.messages(method)[before:]
			if len(got) != 1 {
				t.Fatalf("%s: %d messages", method, len(got))
			}
			for name, value := range given[method] {
				want(t, got[0], name, value)
			}
		}
		want(t, p.messages(methodDoorlock)[0], "operation", "1")
		want(t, p.messages(methodRestock)[0], "operation", "1")
		want(t, p.messages(methodTemperature)[0], "temperature", "4.2")
		want(t, p.messages(methodOffline)[0], "reason", "network_timeout")
		if p.messages(methodTraffic)[0].field("upload_bytes") == "0" {
			t.Error("no traffic")
		}
		s := r.State()
		if len(s.Codes) != 0 || s.Channels["131"] != "2" || !maps.Equal(s.Config, given[methodConfigPut]) {
			t.Errorf("%+v", s)
		}
		if err := r.Publish(t.Context(), methodRestock, map[string]string{"operation": ""}); err != nil {
			t.Fatal(err)
		}
		want(t, p.messages(methodRestock)[1], "operation", "")
	})
}

func TestPublishRefuses(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		for name, c := range map[string]struct {
			method string
			fields map[string]string
		}{
			"unknown method": {"client.dance", nil},
			"report":         {methodResponse, nil},
			"missing field":  {methodProduct, map[string]string{"product_id": "1"}},
			"base field":     {methodRestock, map[string]string{"timestamp": "1"}},
			"long value":     {methodRestock, map[string]string{"product_ids": strings.Repeat("1", maxValue+1)}},
			"no name":        {methodRestock, map[string]string{"": "1"}},
		} {
			if err := r.Publish(t.Context(), c.method, c.fields); !errors.Is(err, ErrBadMessage) {
				t.Errorf("%s: %v", name, err)
			}
		}
		synctest.Wait()
		if got := p.methods(); len(got) != 2 {
			t.Error("sent:", got)
		}
		if err := r.GoOffline(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		r.await(Disconnected)
		if err := r.Publish(t.Context(), methodHeartbeat, nil); !errors.Is(err, ErrNotConnected) {
			t.Error(err)
		}
		r.Kill()
		if err := r.Publish(t.Context(), methodHeartbeat, nil); !errors.Is(err, ErrOff) {
			t.Error(err)
		}
		if err := r.Reconnect(t.Context()); !errors.Is(err, ErrOff) {
			t.Error(err)
		}
		r.start()
	})
}

// Publish waits for the server, as long as it is there.
func TestPublishWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodTemperature)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Publish(ctx, methodTemperature, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, s.cut)
		if err := r.Publish(t.Context(), methodTemperature, nil); !errors.Is(err, ErrNotConnected) {
			t.Error(err)
		}
		r.Kill()
		s.stop()
	})
}

func TestTelemetry(t *testing.T) {
	run(t, func(c *Config) { c.Telemetry = time.Minute }, func(t *testing.T, p *platform, r *rig) {
		time.Sleep(150 * time.Second)
		for _, method := range []string{methodTemperature, methodHumidity, methodTraffic} {
			if got := p.messages(method); len(got) != 3 {
				t.Errorf("%s: %d messages in 150 s", method, len(got))
			}
		}
		if err := r.GoOffline(t.Context(), 9*time.Minute); err != nil {
			t.Fatal(err)
		}
		r.await(Disconnected)
		r.await(Connected)
		synctest.Wait()
		if got := p.messages(methodTemperature); len(got) != 4 {
			t.Errorf("%d messages after nine minutes offline", len(got))
		}
	})
}

// Offline for a while, and a reconnect at once.
func TestOfflineAndReconnect(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		for _, c := range []struct {
			leave func() error
			away  time.Duration
		}{
			{func() error { return r.GoOffline(t.Context(), 42*time.Second) }, 42 * time.Second},
			{func() error { return r.Reconnect(t.Context()) }, 0},
		} {
			if err := c.leave(); err != nil {
				t.Fatal(err)
			}
			r.await(Disconnected)
			left := time.Now()
			r.await(Connected)
			if away := time.Since(left); away < c.away || away > c.away+time.Second {
				t.Errorf("away for %v, want %v", away, c.away)
			}
		}
		synctest.Wait()
		// The server may meet the reconnect before it notices the cut.
		ends := p.endings()
		if len(ends) != 2 || ends[0] != "connection lost" || ends[1] != "connection lost" && ends[1] != "taken over" {
			t.Error("connections ended by", ends)
		}
	})
}

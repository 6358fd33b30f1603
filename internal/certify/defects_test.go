package certify

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/internal/simulator"
	"github.com/vendlane/vendlane/signature"
)

// through breaks the machine with a proxy.
func through(x proxy) func(*bench) {
	return func(b *bench) { b.dial = x.between(b.dial) }
}

// Each defect fails the rows about it and no other.
func TestDefects(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bench)
		fail   []string
		warn   []string
		skip   []string // beside those every run skips
	}{
		"clean session": {
			change: through(connects(func(c *packet.Connect) { c.CleanStart = true })),
			fail:   []string{"boot.session"},
		},
		"keep-alive too long": {
			change: through(connects(func(c *packet.Connect) { c.KeepAlive = 301 })),
			fail:   []string{"boot.keep_alive"},
		},
		"no keep-alive": {
			change: through(connects(func(c *packet.Connect) { c.KeepAlive = 0 })),
			fail:   []string{"boot.keep_alive"},
		},
		"no will": {
			change: through(connects(func(c *packet.Connect) { c.Will = nil })),
			fail:   []string{"boot.will"},
		},
		"will at QoS 0": {
			change: through(connects(func(c *packet.Connect) { c.Will.QoS = 0 })),
			fail:   []string{"boot.will"},
		},
		"will not signed": {
			change: through(connects(func(c *packet.Connect) {
				c.Will.Payload = signature.EncodeMessage(fieldsOf(&packet.Publish{Payload: c.Will.Payload}), "other")
			})),
			fail: []string{"boot.will"},
		},
		"subscribes at QoS 0": {
			change: through(proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
				if sub, ok := p.(*packet.Subscribe); ok {
					sub.Filters[0].QoS = 0
				}
				return same(p)
			}}),
			fail: []string{"boot.subscription"},
		},
		"no environment": {
			change: through(without(methodEnv)),
			fail:   []string{"boot.env", "restart.boot"},
		},
		"environment lacks a field": {
			change: through(lacking(methodEnv, "serial_no")),
			fail:   []string{"boot.env", "restart.boot"},
		},
		"no heartbeat": {
			change: through(without(methodHeartbeat)),
			fail:   []string{"heartbeat.connect", "takeover.heartbeat", "restart.boot"},
			skip:   []string{"heartbeat.fields"},
		},
		"heartbeat lacks a field": {
			change: through(lacking(methodHeartbeat, "network_rssi")),
			fail:   []string{"heartbeat.fields"},
		},
		"wrong sign": {
			change: through(publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) { return f, "other" })),
			fail:   []string{"messages.sign"},
		},
		"no client_id": {
			change: through(publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) {
				delete(f, "client_id")
				return f, appKey
			})),
			fail: []string{"messages.fields"},
		},
		"not JSON in base64": {
			change: through(proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
				if pub, ok := p.(*packet.Publish); ok && fieldsOf(pub)["method"] == methodHeartbeat {
					return []packet.Packet{&packet.Publish{Topic: pub.Topic, QoS: 0, Payload: []byte("{}")}, pub}
				}
				return same(p)
			}}),
			fail: []string{"messages.encoding"},
		},
		"shared topic": {
			change: through(publishes(func(p *packet.Publish, f map[string]string) (map[string]string, string) {
				p.Topic = upTopic
				return f, appKey
			})),
			warn: []string{"messages.topic"},
		},
		"retained": {
			change: through(publishes(func(p *packet.Publish, f map[string]string) (map[string]string, string) {
				p.Retain = true
				return f, appKey
			})),
			fail: []string{"messages.topic"},
		},
		"clock 20 s slow": {
			change: func(b *bench) { b.machine.Clock = func() time.Time { return clock().Add(-20 * time.Second) } },
			fail:   []string{"boot.will", "messages.timestamp"},
		},
		"no PUBACK": {
			change: through(proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
				if ack, ok := p.(*packet.Ack); ok && ack.Type == packet.PUBACK {
					return nil
				}
				return same(p)
			}}),
			fail: []string{"dispense.puback", "refuse.method", "duplicate.running"},
			skip: []string{"restart.returns", "restart.boot", "restart.mid_run", "restart.results", "restart.once"},
		},
		"answer lacks a field": {
			change: through(lacking(methodResponse, "record_id")),
			fail:   []string{"dispense.answer"},
		},
		"motor does not turn": {
			change: func(b *bench) { b.machine.Behaviour = simulator.Jam },
			fail:   []string{"dispense.delivered", "dispense.modulo", "dispense.quantity"},
		},
		"drops one of two": {
			change: func(b *bench) { b.machine.Behaviour = simulator.Partial(1) },
			fail:   []string{"dispense.quantity"},
		},
		"motor number above 99 unknown": {
			change: through(commands(func(f map[string]string, _ bool) map[string]string {
				if len(f["code"]) > 2 {
					f["quantity"] = "0"
				}
				return f
			})),
			fail: []string{"dispense.modulo"},
		},
		"believes any sign": {
			change: through(commands(func(f map[string]string, signed bool) map[string]string {
				if !signed {
					f["sign"] = "" // makes it signed anew
				}
				return f
			})),
			fail: []string{"refuse.sign"},
		},
		"believes any client_id": {
			change: through(commands(func(f map[string]string, _ bool) map[string]string {
				f["client_id"] = machineNo
				return f
			})),
			fail: []string{"refuse.client_id"},
		},
		"unknown method ends the connection": {
			change: through(proxy{down: func(p packet.Packet, back func(packet.Packet)) []packet.Packet {
				if pub, ok := p.(*packet.Publish); ok && fieldsOf(pub)["method"] == methodUnknown {
					back(&packet.Disconnect{})
					return nil
				}
				return same(p)
			}}),
			fail: []string{"refuse.method"},
		},
		"silent about bad fields": {
			change: through(commands(func(f map[string]string, _ bool) map[string]string {
				if f["quantity"] == "many" {
					return nil
				}
				return f
			})),
			fail: []string{"refuse.fields"},
		},
		"ignores the start window": {
			change: func(b *bench) { b.machine.ClockUnsynced = true },
			fail:   []string{"refuse.expired"},
		},
		"runs a duplicate again": {
			change: through(rerun()),
			fail:   []string{"duplicate.finished", "duplicate.running", "restart.once"},
		},
		"refuses a second command": {
			change: through(busy()),
			fail:   []string{"queue.two"},
		},
		"runs two at once": {
			change: through(together()),
			fail:   []string{"queue.two"},
		},
		"never repeats a result": {
			change: through(reports(func(h history) bool { return h.copies == 0 || h.newConn })),
			fail:   []string{"report.repeat"},
			skip:   []string{"report.fresh"},
		},
		"repeats old bytes": {
			change: through(stale()),
			fail:   []string{"report.fresh", "messages.timestamp"},
		},
		"no result after a reconnect": {
			change: through(reports(func(h history) bool { return !h.newConn })),
			fail:   []string{"report.reconnect", "restart.mid_run", "restart.results"},
		},
		"does not reboot": {
			change: func(b *bench) { b.deaf = true },
			fail:   []string{"restart.returns"},
			skip:   []string{"restart.boot", "restart.mid_run", "restart.results", "restart.once"},
		},
		"forgets everything at a restart": {
			change: func(b *bench) { b.forgets = true },
			fail:   []string{"restart.mid_run", "restart.results", "restart.once"},
		},
		"never comes back": {
			change: func(b *bench) {
				dial := b.dial
				b.dial = func(ctx context.Context) (net.Conn, error) {
					b.dial = never // read by the one goroutine that connects
					return dial(ctx)
				}
			},
			fail: []string{"report.reconnect"},
			skip: []string{"takeover.returns", "takeover.heartbeat", "takeover.answers",
				"restart.returns", "restart.boot", "restart.mid_run", "restart.results", "restart.once"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			report := certify(t, c.change)
			wantRows(t, report, Fail, c.fail...)
			wantRows(t, report, Warn, c.warn...)
			wantRows(t, report, Skip, append(c.skip, alwaysSkipped...)...)
		})
	}
}

// Results at QoS 0 are seen as such. How the virtual machine fares with the rest
// depends on which of its goroutines is first, for it did send them at QoS 1.
func TestResultsAtQoS0(t *testing.T) {
	report := certify(t, func(b *bench) {
		b.cfg.Steps = []string{"dispense", "messages"}
		through(proxy{up: func(p packet.Packet, back func(packet.Packet)) []packet.Packet {
			if pub, ok := p.(*packet.Publish); ok && fieldsOf(pub)["method"] == methodResponse {
				back(&packet.Ack{Type: packet.PUBACK, PacketID: pub.PacketID})
				pub.QoS, pub.PacketID = 0, 0
			}
			return same(p)
		}})(b)
	})
	wantRows(t, report, Fail, "messages.qos")
}

// A machine that is not let in is told why, and nothing else is held against it.
func TestRefusedMachine(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bench)
		fail   string
	}{
		"wrong password":  {func(b *bench) { b.machine.Password = "other" }, "boot.identity"},
		"other client id": {through(connects(func(c *packet.Connect) { c.ClientID = "x" })), "boot.identity"},
		"will retained":   {through(connects(func(c *packet.Connect) { c.Will.Retain = true })), "boot.will"},
		"will elsewhere":  {through(connects(func(c *packet.Connect) { c.Will.Topic = "/server/app/1" })), "boot.will"},
	} {
		t.Run(name, func(t *testing.T) {
			report := certify(t, c.change)
			wantRows(t, report, Fail, c.fail)
			if report.Passed != 3 || report.Skipped != len(report.Checks)-4 {
				t.Errorf("%+v", report)
			}
		})
	}
}

// without keeps messages of a method back.
func without(method string) proxy {
	return publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) {
		if f["method"] == method {
			return nil, ""
		}
		return f, appKey
	})
}

// lacking leaves a field out of messages of a method.
func lacking(method, field string) proxy {
	return publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) {
		if f["method"] == method {
			delete(f, field)
		}
		return f, appKey
	})
}

// rerun gives the machine a repeated command under a new id, and the platform the
// answer under the old one.
func rerun() proxy {
	var mu sync.Mutex
	seen, original := map[string]int{}, map[string]string{}
	x := commands(func(f map[string]string, signed bool) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		id := f["delivery_id"]
		seen[id]++
		if id != "" && signed && seen[id] > 1 {
			f["delivery_id"] = id + "-" + string(rune('0'+seen[id]))
			original[f["delivery_id"]] = id
		}
		return f
	})
	x.up = publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) {
		mu.Lock()
		defer mu.Unlock()
		if id, ok := original[f["delivery_id"]]; ok {
			f["delivery_id"] = id
		}
		return f, appKey
	}).up
	return x
}

// busy drops a command while another one runs.
func busy() proxy {
	var mu sync.Mutex
	running := ""
	x := commands(func(f map[string]string, signed bool) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		id := f["delivery_id"]
		if id == "" || !signed || f["client_id"] != machineNo || id == running {
			return f
		}
		if running != "" {
			return nil
		}
		running = id
		return f
	})
	x.up = publishes(func(_ *packet.Publish, f map[string]string) (map[string]string, string) {
		mu.Lock()
		defer mu.Unlock()
		if f["delivery_id"] == running {
			running = ""
		}
		return f, appKey
	}).up
	return x
}

// together holds a result back while another command is unanswered, so that both
// come at once.
func together() proxy {
	var mu sync.Mutex
	pending := map[string]bool{}
	var held []packet.Packet
	x := commands(func(f map[string]string, signed bool) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		if signed && f["client_id"] == machineNo && f["method"] == methodDelivery {
			pending[f["delivery_id"]] = true
		}
		return f
	})
	x.up = func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
		pub, ok := p.(*packet.Publish)
		if !ok {
			return same(p)
		}
		mu.Lock()
		defer mu.Unlock()
		delete(pending, fieldsOf(pub)["delivery_id"])
		held = append(held, p)
		if len(pending) > 0 && fieldsOf(pub)["method"] == methodResponse {
			return nil
		}
		out := held
		held = nil
		return out
	}
	return x
}

// history is what happened to a delivery before one of its results.
type history struct {
	copies  int  // results since the command last came
	newConn bool // the command came on an earlier connection
}

// reports lets results through if keep says so. Others vanish.
func reports(keep func(history) bool) proxy {
	var mu sync.Mutex
	conn, asked, copies := 0, map[string]int{}, map[string]int{}
	x := commands(func(f map[string]string, _ bool) map[string]string {
		mu.Lock()
		defer mu.Unlock()
		asked[f["delivery_id"]], copies[f["delivery_id"]] = conn, 0
		return f
	})
	x.up = func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
		mu.Lock()
		defer mu.Unlock()
		switch p := p.(type) {
		case *packet.Connect:
			conn++
		case *packet.Publish:
			id := fieldsOf(p)["delivery_id"]
			if id != "" && !keep(history{copies[id], asked[id] < conn}) {
				return nil
			}
			copies[id]++
		}
		return same(p)
	}
	return x
}

// stale publishes the first bytes of a result again and again.
func stale() proxy {
	first := map[string][]byte{} // one connection at a time
	return proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
		if pub, ok := p.(*packet.Publish); ok {
			if id := fieldsOf(pub)["delivery_id"]; id != "" {
				if first[id] == nil {
					first[id] = pub.Payload
				}
				pub.Payload = first[id]
			}
		}
		return same(p)
	}}
}

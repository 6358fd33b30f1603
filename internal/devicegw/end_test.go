package devicegw_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func TestWill(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    func(m *machine)
		only5  bool
		will   bool
		reason string
	}{
		{"connection lost", func(m *machine) { m.drop() }, false, true, "connection lost"},
		{"normal DISCONNECT", func(m *machine) { m.send(&packet.Disconnect{}) }, false, false, "client disconnect"},
		{"DISCONNECT with will", func(m *machine) { m.send(&packet.Disconnect{Reason: 0x04}) }, true, true, "client disconnect with will"},
		{"DISCONNECT with error", func(m *machine) { m.send(&packet.Disconnect{Reason: 0x80}) }, true, true, "client disconnect with will"},
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			if c.only5 && v != packet.V5 {
				return
			}
			t.Run(c.name, func(t *testing.T) {
				s := serveTCP(t, devicegw.Config{}, newRecorder())
				m := s.connect(t, withWill(connectPacket(v, "7")))
				on := receive(t, s.states)
				c.end(m)
				off := receive(t, s.states)
				if off.Online || off.Epoch != on.Epoch || off.Reason != c.reason {
					t.Errorf("state %+v", off)
				}
				if !c.will {
					none(t, s.messages)
				} else if w := receive(t, s.messages); !w.Will || w.Outdated || w.Epoch != on.Epoch || string(w.Payload) != "offline" ||
					w.Topic != "/server/app/7" || w.QoS != 1 || w.MachineNo != "7" {
					t.Errorf("will %+v", w)
				}
				if s.Connected("7") {
					t.Error("still connected")
				}
			})
		})
	}
}

// A machine that says goodbye and goes has gone in order, even if an answer on
// its way finds it gone before the goodbye is read; without one it is lost.
func TestGoodbyeBehindFailedWrite(t *testing.T) {
	for _, c := range []struct {
		last   packet.Packet
		reason string
		will   bool
	}{
		{&packet.Disconnect{}, "client disconnect", false},
		{packet.Pingreq{}, "connection lost", true},
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			t.Run(c.reason, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					busy := make(chan struct{})
					r := newRecorder()
					r.onMessage = func(context.Context, devicegw.Message) error { <-busy; return nil }
					s := servePipe(t, devicegw.Config{}, r)
					m := s.connect(t, withWill(connectPacket(v, "7")))
					receive(t, s.states)
					m.send(packet.Pingreq{}, &packet.Publish{QoS: 1, PacketID: 1, Topic: "/server/app/7"}, c.last)
					synctest.Wait() // the handler holds the reader, the answer to the ping waits for the machine
					m.drop()
					synctest.Wait()
					close(busy)
					if st := <-s.states; st.Reason != c.reason {
						t.Errorf("state %+v", st)
					}
					receive(t, s.messages)
					if !c.will {
						none(t, s.messages)
					} else if w := receive(t, s.messages); !w.Will {
						t.Errorf("message %+v instead of the will", w)
					}
				})
			})
		})
	}
}

func TestKeepAlive(t *testing.T) {
	for _, c := range []struct {
		name    string
		seconds uint16
		want    time.Duration
	}{
		{"asked for", 60, 90 * time.Second},
		{"none", 0, 450 * time.Second},
		{"too long", 65535, 450 * time.Second},
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := servePipe(t, devicegw.Config{}, newRecorder())
					p := withWill(connectPacket(v, "7"))
					p.KeepAlive = c.seconds
					m := s.connect(t, p)
					receive(t, s.states)
					time.Sleep(c.want - time.Second)
					m.ping() // starts the time anew
					start := time.Now()
					if v == packet.V5 {
						if d := waitForever[*packet.Disconnect](t, m); d.Reason != packet.KeepAliveTimeout {
							t.Errorf("DISCONNECT %+v", d)
						}
					}
					if st := <-s.states; st.Reason != "keep-alive timeout" {
						t.Errorf("state %+v", st)
					}
					if got := time.Since(start); got != c.want {
						t.Errorf("timed out after %v, want %v", got, c.want)
					}
					if w := receive(t, s.messages); !w.Will {
						t.Errorf("message %+v instead of the will", w)
					}
				})
			})
		})
	}
}

// waitForever reads a packet without a deadline of its own.
func waitForever[P packet.Packet](t *testing.T, m *machine) P {
	t.Helper()
	_ = m.nc.SetReadDeadline(time.Time{})
	first, body, err := packet.ReadFrame(m.br, packet.MaxLength)
	if err != nil {
		t.Fatal(err)
	}
	p, err := packet.Decode(m.v, first, body)
	if err != nil {
		t.Fatal(err)
	}
	return p.(P)
}

func TestSlowHandlerDoesNotTimeOutKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newRecorder()
		h.onMessage = func(context.Context, devicegw.Message) error {
			time.Sleep(time.Hour)
			return nil
		}
		s := servePipe(t, devicegw.Config{}, h)
		m := s.connect(t, connectPacket(packet.V311, "7"))
		m.send(publication("/server/app", 1, 1, "x"))
		receive2 := waitForever[*packet.Ack](t, m)
		if receive2.Type != packet.PUBACK {
			t.Errorf("got %+v", receive2)
		}
		m.ping()
	})
}

func TestUnauthenticatedTimeout(t *testing.T) {
	for _, c := range []struct{ name, sent string }{
		{"silent", ""},
		{"half a CONNECT", "\x10\x0d\x00\x04MQ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servePipe(t, devicegw.Config{}, newRecorder())
				m := s.open(t, packet.V311, "7")
				start := time.Now()
				if c.sent != "" {
					m.sendRaw([]byte(c.sent))
				}
				if got := m.rest(); got != "" {
					t.Errorf("answer %x", got)
				}
				if d := time.Since(start); d != 5*time.Second {
					t.Errorf("closed after %v", d)
				}
				synctest.Wait()
				if st := s.Stats(); st.Refused["connect timeout"] != 1 || st.Connections != 0 {
					t.Errorf("stats %+v", st)
				}
			})
		})
	}
}

func TestSlowAuthenticationIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newRecorder()
		h.authenticate = func(ctx context.Context, _ devicegw.Credentials) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}
		s := servePipe(t, devicegw.Config{}, h)
		m := s.open(t, packet.V5, "7")
		start := time.Now()
		m.send(connectPacket(packet.V5, "7"))
		if ack := expect[*packet.Connack](m); ack.Code != byte(packet.ServerUnavailable) {
			t.Errorf("CONNACK %+v", ack)
		}
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("refused after %v", d)
		}
	})
}

func TestSlowReaderIsDisconnected(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		t.Run("write timeout", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servePipe(t, devicegw.Config{AckTimeout: time.Minute}, newRecorder())
				s.online(t, v, "7") // reads nothing from here on
				start := time.Now()
				if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); !errors.Is(err, devicegw.ErrNotAcknowledged) {
					t.Errorf("Send: %v", err)
				}
				if d := time.Since(start); d != 10*time.Second {
					t.Errorf("disconnected after %v", d)
				}
				if st := receive(t, s.states); st.Reason != "slow reader" {
					t.Errorf("state %+v", st)
				}
			})
		})
		t.Run("too much pending", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servePipe(t, devicegw.Config{}, newRecorder())
				s.online(t, v, "7")
				start := time.Now()
				errs := make(chan error, 10)
				for range cap(errs) {
					go func() { errs <- s.Send(t.Context(), "7", devicegw.Outgoing{Payload: make([]byte, 60<<10)}) }()
				}
				for range cap(errs) {
					if err := <-errs; !errors.Is(err, devicegw.ErrNotAcknowledged) && !errors.Is(err, devicegw.ErrOffline) {
						t.Errorf("Send: %v", err)
					}
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("failed after %v", d)
				}
				if st := receive(t, s.states); st.Reason != "slow reader" {
					t.Errorf("state %+v", st)
				}
			})
		})
	})
}

func TestFloodWithoutReadingIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servePipe(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(packet.V311, "7"))
		receive(t, s.states)
		ping := []byte("\xc0\x00\xc0\x00\xc0\x00\xc0\x00\xc0\x00\xc0\x00\xc0\x00\xc0\x00")
		for {
			if _, err := m.nc.Write(ping); err != nil {
				break
			}
		}
		if st := receive(t, s.states); st.Reason != "slow reader" {
			t.Errorf("state %+v", st)
		}
	})
}

package devicegw_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func TestConnectHandsCredentialsToHandler(t *testing.T) {
	h := newRecorder()
	seen := make(chan devicegw.Credentials, 1)
	h.authenticate = func(_ context.Context, c devicegw.Credentials) (string, error) {
		seen <- c
		return c.Username, nil
	}
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, connectPacket(packet.V311, "7"))
	want := devicegw.Credentials{
		ClientID: "7", Username: "7", Password: []byte(password), RemoteAddr: m.nc.LocalAddr().String(),
	}
	if got := receive(t, seen); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if st := receive(t, s.states); st.MachineNo != "7" || !st.Online || st.Epoch == 0 {
		t.Errorf("state %+v", st)
	}
}

func TestConnectRefusals(t *testing.T) {
	will := func(topic string) func(*packet.Connect) {
		return func(p *packet.Connect) { withWill(p).Will.Topic = topic }
	}
	for _, c := range []struct {
		name          string
		change        func(*packet.Connect)
		authErr       error
		willErr       error
		want3         byte
		want5         packet.Reason
		onlyV5        bool
		labelInRefuse string
	}{
		{name: "client id empty", change: func(p *packet.Connect) { p.ClientID = "" }, want3: 2, want5: 0x85, labelInRefuse: "client id"},
		{name: "client id is not the user name", change: func(p *packet.Connect) { p.Username = "8" }, want3: 2, want5: 0x85, labelInRefuse: "client id"},
		{name: "no user name", change: func(p *packet.Connect) { p.HasUsername, p.Password = false, nil }, want3: 4, want5: 0x86, labelInRefuse: "bad credentials"},
		{name: "wrong password", change: func(p *packet.Connect) { p.Password = []byte("x") }, want3: 4, want5: 0x86, labelInRefuse: "bad credentials"},
		{name: "not authorized", authErr: devicegw.ErrNotAuthorized, want3: 5, want5: 0x87, labelInRefuse: "not authorized"},
		{name: "store unavailable", authErr: errors.New("no database"), want3: 3, want5: 0x88, labelInRefuse: "server unavailable"},
		{name: "will on another machine's topic", change: will("/server/app/8"), want3: 5, want5: 0x87, labelInRefuse: "will topic"},
		{name: "will on a down topic", change: will("/clients/7"), want3: 5, want5: 0x87, labelInRefuse: "will topic"},
		{name: "will retained", change: func(p *packet.Connect) { withWill(p).Will.Retain = true }, want3: 5, want5: 0x9A, labelInRefuse: "will retained"},
		{name: "will refused by the handler", change: will("/server/app"), willErr: errors.New("bad sign"), want3: 5, want5: 0x83, labelInRefuse: "will"},
		{name: "will too large", change: func(p *packet.Connect) { withWill(p).Will.Payload = make([]byte, 1025) }, want3: 5, want5: 0x95, labelInRefuse: "will too large"},
		{name: "enhanced authentication", change: func(p *packet.Connect) {
			p.Props = packet.Properties{{ID: packet.AuthMethod, Str: "SCRAM-SHA-1"}}
		}, want5: 0x8C, onlyV5: true, labelInRefuse: "authentication method"},
		{name: "receive maximum zero", change: func(p *packet.Connect) {
			p.Props = packet.Properties{{ID: packet.ReceiveMaximum}}
		}, want5: 0x82, onlyV5: true, labelInRefuse: "protocol error"},
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			t.Run(c.name, func(t *testing.T) {
				if c.onlyV5 && v != packet.V5 {
					t.Skip("exists in 5.0 only")
				}
				h := newRecorder()
				if c.authErr != nil {
					h.authenticate = func(context.Context, devicegw.Credentials) (string, error) { return "", c.authErr }
				}
				h.checkWill = func(devicegw.Message) error { return c.willErr }
				s := serveTCP(t, devicegw.Config{MaxPacket: 1024}, h)
				p := connectPacket(v, "7")
				if c.change != nil {
					c.change(p)
				}
				m := s.open(t, v, "7")
				m.send(p)
				want := &packet.Connack{Code: c.want3}
				if v == packet.V5 {
					want.Code = byte(c.want5)
				}
				if got := expect[*packet.Connack](m); !reflect.DeepEqual(got, want) {
					t.Errorf("CONNACK %+v, want %+v", got, want)
				}
				m.expectEnd(0)
				none(t, s.states)
				if st := s.Stats(); st.Refused[c.labelInRefuse] != 1 || st.Accepted != 0 {
					t.Errorf("stats %+v", st)
				}
			})
		})
	}
}

func TestWillIsCheckedWithItsMachine(t *testing.T) {
	h := newRecorder()
	seen := make(chan devicegw.Message, 1)
	h.checkWill = func(m devicegw.Message) error { seen <- m; return nil }
	s := serveTCP(t, devicegw.Config{}, h)
	s.connect(t, withWill(connectPacket(packet.V5, "7")))
	want := devicegw.Message{MachineNo: "7", Topic: "/server/app/7", Payload: []byte("offline"), QoS: 1, Will: true}
	if got := receive(t, seen); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What comes before or instead of a CONNECT that can be read.
func TestConnectRaw(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  string
		want string // all bytes of the answer
	}{
		{"MQIsdp level 3", "\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x017", "\x20\x02\x00\x01"},
		{"level 3", "\x10\x0d\x00\x04MQTT\x03\x02\x00\x3c\x00\x017", "\x20\x02\x00\x01"},
		{"level 6", "\x10\x0d\x00\x04MQTT\x06\x02\x00\x3c\x00\x017", "\x20\x03\x00\x84\x00"},
		{"5.0 unknown property", "\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x02\x7f\x00\x00\x017", "\x20\x03\x00\x81\x00"},
		{"3.1.1 reserved flag", "\x10\x0d\x00\x04MQTT\x04\x03\x00\x3c\x00\x017", ""},
		{"other protocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"PINGREQ first", "\xc0\x00", ""},
		{"PUBLISH first", "\x30\x05\x00\x02/ax", ""},
		{"AUTH first", "\xf0\x00", ""},
		{"too large", "\x10\xff\xff\xff\x7f", ""},
		{"length of five bytes", "\x10\xff\xff\xff\xff\x01", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			m := s.open(t, packet.V311, "")
			m.sendRaw([]byte(c.raw))
			if got := m.rest(); got != c.want {
				t.Errorf("answer %x, want %x", got, c.want)
			}
			none(t, s.states)
		})
	}
}

// What MQTT 5.0 lets a server ignore is ignored: the answer stays the same.
func TestRequestedInformationIsIgnored(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	plain := s.open(t, packet.V5, "7")
	plain.send(connectPacket(packet.V5, "7"))
	want := expect[*packet.Connack](plain)
	p := connectPacket(packet.V5, "8")
	p.Props = packet.Properties{
		{ID: packet.RequestResponseInfo, Num: 1}, {ID: packet.RequestProblemInfo}, {ID: packet.TopicAliasMaximum, Num: 10},
		{ID: packet.UserProperty, Str: "firmware", Val: "1"},
	}
	m := s.open(t, packet.V5, "8")
	m.send(p)
	if got := expect[*packet.Connack](m); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	m.send(publication("/server/app/7", 1, 1, "denied"))
	if ack := expect[*packet.Ack](m); ack.Reason != packet.NotAuthorized || ack.Props != nil {
		t.Errorf("PUBACK %+v", ack)
	}
}

func TestConnackProperties(t *testing.T) {
	base := packet.Properties{
		{ID: packet.ReceiveMaximum, Num: 128},
		{ID: packet.RetainAvailable},
		{ID: packet.MaximumPacketSize, Num: 64<<10 + 4<<10 + 5},
		{ID: packet.TopicAliasMaximum},
		{ID: packet.WildcardAvailable},
		{ID: packet.SubIDAvailable},
		{ID: packet.SharedAvailable},
	}
	with := func(more ...packet.Property) packet.Properties {
		return append(append(packet.Properties{}, base...), more...)
	}
	for _, c := range []struct {
		name      string
		keepAlive uint16
		expiry    uint32
		want      packet.Properties
	}{
		{"plain", 60, 0, base},
		{"session expiry", 60, 3600, base},
		{"session expiry too long", 60, 3601, with(packet.Property{ID: packet.SessionExpiry, Num: 3600})},
		{"session for ever", 60, math.MaxUint32, with(packet.Property{ID: packet.SessionExpiry, Num: 3600})},
		{"longest keep-alive", 300, 0, base},
		{"keep-alive too long", 301, 0, with(packet.Property{ID: packet.ServerKeepAlive, Num: 300})},
		{"no keep-alive", 0, 0, with(packet.Property{ID: packet.ServerKeepAlive, Num: 300})},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			p := connectPacket(packet.V5, "7")
			p.KeepAlive = c.keepAlive
			if c.expiry > 0 {
				p.Props = packet.Properties{{ID: packet.SessionExpiry, Num: c.expiry}}
			}
			m := s.open(t, packet.V5, "7")
			m.send(p)
			want := &packet.Connack{Props: c.want}
			if got := expect[*packet.Connack](m); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

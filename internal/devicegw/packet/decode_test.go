package packet

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// frame reads and decodes the one packet in hexadecimal, spaces allowed.
func frame(t *testing.T, v Version, text string) (Packet, error) {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(raw))
	first, body, err := ReadFrame(r, 1024)
	if err != nil {
		return nil, err
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Fatal("test data holds more than one packet")
	}
	return Decode(v, first, body)
}

// Each line was written by hand from the standards, not by the encoder.
var goodPackets = []struct {
	name string
	v    Version
	hex  string
	want Packet
}{
	{"connect 3.1.1 minimal", V311, "10 0d 0004 4d515454 04 02 003c 0001 37",
		&Connect{Version: V311, CleanStart: true, KeepAlive: 60, ClientID: "7"}},
	{"connect 3.1.1 full", V311, "10 1d 0004 4d515454 04 ee 0000 0001 37 0002 2f61 0003 010203 0001 37 0002 7077",
		&Connect{Version: V311, CleanStart: true, ClientID: "7", HasUsername: true, Username: "7", Password: []byte("pw"),
			Will: &Will{Topic: "/a", Payload: []byte{1, 2, 3}, QoS: 1, Retain: true}}},
	{"connect 5 full", V5, "10 29 0004 4d515454 05 cc 012c 08 11 00000e10 21 0014 0001 37 05 18 00000005 0002 2f61 0000 0001 37 0002 7077",
		&Connect{Version: V5, KeepAlive: 300, ClientID: "7", HasUsername: true, Username: "7", Password: []byte("pw"),
			Props: Properties{{ID: SessionExpiry, Num: 3600}, {ID: ReceiveMaximum, Num: 20}},
			Will:  &Will{Topic: "/a", Payload: []byte{}, QoS: 1, Props: Properties{{ID: WillDelay, Num: 5}}}}},
	{"connect 5 password without user name", V5, "10 10 0004 4d515454 05 42 0000 00 0001 37 0000",
		&Connect{Version: V5, CleanStart: true, ClientID: "7", Password: []byte{}}},
	{"connack 3.1.1", V311, "20 02 00 05", &Connack{Code: NotAuthorized3}},
	{"connack 5", V5, "20 06 01 00 03 13 012c",
		&Connack{SessionPresent: true, Props: Properties{{ID: ServerKeepAlive, Num: 300}}}},
	{"publish QoS 0", V311, "30 05 0002 2f61 78", &Publish{Topic: "/a", Payload: []byte("x")}},
	{"publish QoS 1 dup, empty", V311, "3a 06 0002 2f61 0102", &Publish{Dup: true, QoS: 1, Topic: "/a", PacketID: 258, Payload: []byte{}}},
	{"publish 5 with properties", V5, "35 14 0002 2f61 0001 0c 02 0000001e 26 0001 6b 0001 76 78",
		&Publish{QoS: 2, Retain: true, Topic: "/a", PacketID: 1, Payload: []byte("x"),
			Props: Properties{{ID: MessageExpiry, Num: 30}, {ID: UserProperty, Str: "k", Val: "v"}}}},
	{"publish 5 with alias only", V5, "30 06 0000 03 23 0001", &Publish{Props: Properties{{ID: TopicAlias, Num: 1}}, Payload: []byte{}}},
	{"puback 3.1.1", V311, "40 02 0001", &Ack{Type: PUBACK, PacketID: 1}},
	{"puback 5 short", V5, "40 02 0001", &Ack{Type: PUBACK, PacketID: 1}},
	{"puback 5 reason", V5, "40 03 0001 87", &Ack{Type: PUBACK, PacketID: 1, Reason: NotAuthorized}},
	{"pubrec 5 full", V5, "50 09 0001 80 05 1f 0002 6e6f",
		&Ack{Type: PUBREC, PacketID: 1, Reason: UnspecifiedError, Props: Properties{{ID: ReasonString, Str: "no"}}}},
	{"pubrel", V311, "62 02 0001", &Ack{Type: PUBREL, PacketID: 1}},
	{"pubcomp 5", V5, "70 03 0001 92", &Ack{Type: PUBCOMP, PacketID: 1, Reason: PacketIDNotFound}},
	{"subscribe 3.1.1", V311, "82 0c 0001 0002 2f61 01 0002 2f62 02",
		&Subscribe{PacketID: 1, Filters: []Filter{{Topic: "/a", QoS: 1}, {Topic: "/b", QoS: 2}}}},
	{"subscribe 5", V5, "82 0a 0001 02 0b 01 0002 2f61 2d",
		&Subscribe{PacketID: 1, Props: Properties{{ID: SubscriptionID, Num: 1}},
			Filters: []Filter{{Topic: "/a", QoS: 1, NoLocal: true, RetainAsPublished: true, RetainHandling: 2}}}},
	{"suback", V311, "90 04 0001 01 80", &Suback{PacketID: 1, Codes: []byte{1, 0x80}}},
	{"suback 5", V5, "90 04 0001 00 87", &Suback{PacketID: 1, Codes: []byte{0x87}}},
	{"unsubscribe", V311, "a2 06 0001 0002 2f61", &Unsubscribe{PacketID: 1, Topics: []string{"/a"}}},
	{"unsubscribe 5", V5, "a2 07 0001 00 0002 2f61", &Unsubscribe{PacketID: 1, Topics: []string{"/a"}}},
	{"unsuback 3.1.1", V311, "b0 02 0001", &Unsuback{PacketID: 1}},
	{"unsuback 5", V5, "b0 04 0001 00 11", &Unsuback{PacketID: 1, Codes: []byte{0x11}}},
	{"pingreq", V311, "c0 00", Pingreq{}},
	{"pingresp", V5, "d0 00", Pingresp{}},
	{"disconnect", V311, "e0 00", &Disconnect{}},
	{"disconnect 5", V5, "e0 07 04 05 11 00000000", &Disconnect{Reason: DisconnectWithWill, Props: Properties{{ID: SessionExpiry}}}},
	{"auth", V5, "f0 06 18 04 15 0001 78", &Auth{Reason: 0x18, Props: Properties{{ID: AuthMethod, Str: "x"}}}},
}

func TestDecodeAndAppend(t *testing.T) {
	for _, c := range goodPackets {
		t.Run(c.name, func(t *testing.T) {
			got, err := frame(t, c.v, c.hex)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("decoded\n%#v, want\n%#v", got, c.want)
			}
			raw, err := Append(nil, c.v, c.want)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(c.hex, " ", ""); hex.EncodeToString(raw) != want {
				t.Errorf("encoded %x, want %s", raw, want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		v    Version
		hex  string
		want Reason
	}{
		{"type 0", V311, "00 00", MalformedPacket},
		{"type 15 in 3.1.1", V311, "f0 00", MalformedPacket},
		{"remaining length of five bytes", V311, "30 ff ff ff ff 01", MalformedPacket},
		{"remaining length not shortest", V311, "30 85 00 0002 2f61 78", MalformedPacket},
		{"longer than the limit", V311, "30 81 08", PacketTooLarge},
		{"longest possible", V311, "30 ff ff ff 7f", PacketTooLarge},

		{"connect flags in header", V311, "11 0d 0004 4d515454 04 02 003c 0001 37", MalformedPacket},
		{"connect reserved flag", V311, "10 0d 0004 4d515454 04 03 003c 0001 37", MalformedPacket},
		{"connect other protocol", V311, "10 0d 0004 48545450 04 02 003c 0001 37", ProtocolError},
		{"connect MQIsdp", V311, "10 0f 0006 4d5149736470 03 02 003c 0001 37", UnsupportedVersion},
		{"connect MQIsdp level 4", V311, "10 0f 0006 4d5149736470 04 02 003c 0001 37", ProtocolError},
		{"connect level 3", V311, "10 0d 0004 4d515454 03 02 003c 0001 37", UnsupportedVersion},
		{"connect level 6", V311, "10 0d 0004 4d515454 06 02 003c 0001 37", UnsupportedVersion},
		{"connect bridge", V311, "10 0d 0004 4d515454 84 02 003c 0001 37", UnsupportedVersion},
		{"connect empty", V311, "10 00", MalformedPacket},
		{"connect short", V311, "10 0c 0004 4d515454 04 02 003c 0001", MalformedPacket},
		{"connect long", V311, "10 0e 0004 4d515454 04 02 003c 0001 37 00", MalformedPacket},
		{"connect will QoS without will", V311, "10 0d 0004 4d515454 04 0a 003c 0001 37", MalformedPacket},
		{"connect will retain without will", V311, "10 0d 0004 4d515454 04 22 003c 0001 37", MalformedPacket},
		{"connect will QoS 3", V311, "10 13 0004 4d515454 04 1e 003c 0001 37 0002 2f61 0000", MalformedPacket},
		{"connect will topic wildcard", V311, "10 13 0004 4d515454 04 06 003c 0001 37 0002 2f23 0000", TopicNameInvalid},
		{"connect will topic empty", V311, "10 11 0004 4d515454 04 06 003c 0001 37 0000 0000", TopicNameInvalid},
		{"connect password without user name", V311, "10 0f 0004 4d515454 04 42 003c 0001 37 0000", MalformedPacket},
		{"connect client id not UTF-8", V311, "10 0d 0004 4d515454 04 02 003c 0001 ff", MalformedPacket},
		{"connect client id surrogate", V311, "10 0f 0004 4d515454 04 02 003c 0003 eda080", MalformedPacket},
		{"connect client id U+0000", V311, "10 0d 0004 4d515454 04 02 003c 0001 00", MalformedPacket},
		{"connect 5 without properties", V5, "10 0a 0004 4d515454 05 02 003c", MalformedPacket},
		{"connect 5 property of another packet", V5, "10 11 0004 4d515454 05 02 003c 03 13 0001 0001 37", MalformedPacket},
		{"connect 5 unknown property", V5, "10 10 0004 4d515454 05 02 003c 02 7f 00 0001 37", MalformedPacket},
		{"connect 5 property repeated", V5, "10 14 0004 4d515454 05 02 003c 06 21 0001 21 0001 0001 37", ProtocolError},
		{"connect 5 receive maximum 0", V5, "10 11 0004 4d515454 05 02 003c 03 21 0000 0001 37", ProtocolError},
		{"connect 5 maximum packet size 0", V5, "10 13 0004 4d515454 05 02 003c 05 27 00000000 0001 37", ProtocolError},
		{"connect 5 request problem info 2", V5, "10 10 0004 4d515454 05 02 003c 02 17 02 0001 37", ProtocolError},
		{"connect 5 auth data without method", V5, "10 11 0004 4d515454 05 02 003c 03 16 0000 0001 37", ProtocolError},
		{"connect 5 property cut off", V5, "10 10 0004 4d515454 05 02 003c 02 21 00 0001 37", MalformedPacket},
		{"connect 5 properties longer than packet", V5, "10 0e 0004 4d515454 05 02 003c 7f 0001 37", MalformedPacket},
		{"connect 5 property length not shortest", V5, "10 0f 0004 4d515454 05 02 003c 80 00 0001 37", MalformedPacket},
		{"connect 5 property length of five bytes", V5, "10 12 0004 4d515454 05 02 003c 80 80 80 80 01 0001 37", MalformedPacket},

		{"connack flags", V311, "20 02 02 00", MalformedPacket},
		{"publish QoS 3", V311, "36 07 0002 2f61 0001 78", MalformedPacket},
		{"publish dup at QoS 0", V311, "38 05 0002 2f61 78", MalformedPacket},
		{"publish packet id 0", V311, "32 07 0002 2f61 0000 78", ProtocolError},
		{"publish topic empty", V311, "30 03 0000 78", TopicNameInvalid},
		{"publish 5 topic empty without alias", V5, "30 04 0000 00 78", TopicNameInvalid},
		{"publish topic +", V311, "30 05 0002 2f2b 78", TopicNameInvalid},
		{"publish topic #", V311, "30 05 0002 2f23 78", TopicNameInvalid},
		{"publish topic longer than packet", V311, "30 05 0009 2f61 78", MalformedPacket},
		{"publish without packet id", V311, "32 04 0002 2f61", MalformedPacket},
		{"publish 5 payload format 2", V5, "30 07 0002 2f61 02 01 02", ProtocolError},
		{"publish 5 response topic wildcard", V5, "30 09 0002 2f61 04 08 0001 23", ProtocolError},
		{"publish 5 expiry repeated", V5, "30 0f 0002 2f61 0a 02 00000001 02 00000001", ProtocolError},
		{"puback id 0", V311, "40 02 0000", ProtocolError},
		{"puback short", V311, "40 01 00", MalformedPacket},
		{"puback 3.1.1 with reason", V311, "40 03 0001 00", MalformedPacket},
		{"puback 5 reason of another packet", V5, "40 03 0001 92", MalformedPacket},
		{"puback header flags", V311, "41 02 0001", MalformedPacket},
		{"pubrel header flags", V311, "60 02 0001", MalformedPacket},
		{"pubrel 5 reason", V5, "62 03 0001 10", MalformedPacket},
		{"subscribe header flags", V311, "80 07 0001 0002 2f61 01", MalformedPacket},
		{"subscribe without filter", V311, "82 02 0001", ProtocolError},
		{"subscribe id 0", V311, "82 07 0000 0002 2f61 01", ProtocolError},
		{"subscribe filter empty", V311, "82 05 0001 0000 01", MalformedPacket},
		{"subscribe QoS 3", V311, "82 07 0001 0002 2f61 03", MalformedPacket},
		{"subscribe reserved bits 3.1.1", V311, "82 07 0001 0002 2f61 05", MalformedPacket},
		{"subscribe reserved bits 5", V5, "82 08 0001 00 0002 2f61 41", MalformedPacket},
		{"subscribe retain handling 3", V5, "82 08 0001 00 0002 2f61 31", MalformedPacket},
		{"subscribe without options", V311, "82 06 0001 0002 2f61", MalformedPacket},
		{"subscribe identifier 0", V5, "82 0a 0001 02 0b 00 0002 2f61 01", ProtocolError},
		{"subscribe identifier repeated", V5, "82 0c 0001 04 0b 01 0b 02 0002 2f61 01", ProtocolError},
		{"unsubscribe without filter", V311, "a2 02 0001", ProtocolError},
		{"unsubscribe filter empty", V311, "a2 04 0001 0000", MalformedPacket},
		{"pingreq with body", V311, "c0 01 00", MalformedPacket},
		{"disconnect 3.1.1 with body", V311, "e0 01 00", MalformedPacket},
		{"disconnect 5 unknown reason", V5, "e0 01 05", MalformedPacket},
		{"auth unknown reason", V5, "f0 01 01", MalformedPacket},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := frame(t, c.v, c.hex)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want *Error", err)
			}
			if e.Reason != c.want {
				t.Errorf("refused with %v, want 0x%02X", e, byte(c.want))
			}
		})
	}
}

func TestDecodeConnectNamesVersionBesideError(t *testing.T) {
	p, err := frame(t, 0, "10 11 0004 4d515454 05 02 003c 03 21 0000 0001 37")
	c, ok := p.(*Connect)
	if err == nil || !ok || c.Version != V5 {
		t.Errorf("got %#v, %v; want a *Connect of version 5 and an error", p, err)
	}
	if p, err := frame(t, 0, "10 0d 0004 48545450 04 02 003c 0001 37"); err == nil || p != nil {
		t.Errorf("other protocol: got %#v, %v; want only an error", p, err)
	}
}

func TestReadFrameReportsEndOfStream(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want error
	}{
		{"", io.EOF},
		{"\x30", io.ErrUnexpectedEOF},
		{"\x30\x80", io.ErrUnexpectedEOF},
		{"\x30\x05", io.ErrUnexpectedEOF},
		{"\x30\x05\x00", io.ErrUnexpectedEOF},
	} {
		if _, _, err := ReadFrame(bufio.NewReader(strings.NewReader(c.raw)), 10); !errors.Is(err, c.want) {
			t.Errorf("%x: %v, want %v", c.raw, err, c.want)
		}
	}
}

func TestReadFrameChecksLengthBeforeAllocating(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("\x30\x80\x84\xaf\x5f")) // 200 MB announced
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := ReadFrame(r, 1<<20)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("accepted")
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for a refused packet", n)
	}
}

func TestAppendRefuses(t *testing.T) {
	long := strings.Repeat("x", 65536)
	for _, p := range []Packet{
		&Publish{Topic: long},
		&Publish{Topic: "a", Props: Properties{{ID: UserProperty, Str: "k", Val: long}}},
		&Publish{Topic: "a", Props: Properties{{ID: 0x7F}}},
		&Connect{Version: V5, ClientID: long},
		&Connect{Version: V5, Will: &Will{Topic: "a", Payload: []byte(long)}},
		&Connect{Version: V5, HasUsername: true, Username: long},
		&Connect{Version: V5, Password: []byte(long)},
		&Subscribe{PacketID: 1, Filters: []Filter{{Topic: long}}},
		&Unsubscribe{PacketID: 1, Topics: []string{long}},
	} {
		dst := []byte("before")
		if got, err := Append(dst, V5, p); err == nil || string(got) != "before" {
			t.Errorf("%T: got %d bytes, error %v; want the unchanged slice and an error", p, len(got), err)
		}
	}
	if _, err := Append(nil, V311, &Auth{}); err == nil {
		t.Error("AUTH encoded for MQTT 3.1.1")
	}
}

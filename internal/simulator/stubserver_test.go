package simulator

import (
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/vendlane/vendlane/signature"
)

// stubServer speaks just enough MQTT 3.1.1 to do what a correct server never
// does: hold acknowledgements back, refuse a subscription, repeat a packet.
type stubServer struct {
	t        *testing.T
	listener *pipeListener
	wg       sync.WaitGroup

	mu       sync.Mutex
	conn     net.Conn
	connects []*packets.ConnectPacket
	got      []upMessage
	ids      []uint16 // of got
	suback   byte     // code in every SUBACK
	hold     string   // method whose PUBACK is held back
	greeting []byte   // published right behind every SUBACK
}

func startStub(t *testing.T) *stubServer {
	s := &stubServer{t: t, listener: newPipeListener(), suback: 1}
	s.wg.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conn = conn
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(conn) })
		}
	})
	return s
}

func (s *stubServer) stop() {
	s.listener.close()
	s.cut()
	s.wg.Wait()
}

// cut closes the current connection.
func (s *stubServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *stubServer) serve(conn net.Conn) {
	defer conn.Close()
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		if answer := s.answer(p); answer != nil {
			if err := s.write(conn, answer); err != nil {
				return
			}
			if _, subscribed := answer.(*packets.SubackPacket); subscribed && s.greeting != nil {
				s.send(1, false, s.greeting)
			}
		}
	}
}

func (s *stubServer) write(conn net.Conn, p packets.ControlPacket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.Write(conn)
}

func (s *stubServer) answer(p packets.ControlPacket) packets.ControlPacket {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := p.(type) {
	case *packets.ConnectPacket:
		s.connects = append(s.connects, p)
		return packets.NewControlPacket(packets.Connack)
	case *packets.SubscribePacket:
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID, ack.ReturnCodes = p.MessageID, []byte{s.suback}
		return ack
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp)
	case *packets.PublishPacket:
		o, err := signature.DecodeMessage(p.Payload)
		if err != nil || !o.Verify(appKey) || p.Qos != 1 || p.Retain || p.TopicName != "/server/app/"+machineNo {
			s.t.Errorf("publication %v: %v", p, err)
			return nil
		}
		m := upMessage{Object: o}
		s.got, s.ids = append(s.got, m), append(s.ids, p.MessageID)
		if m.field("method") == s.hold {
			return nil
		}
		return puback(p.MessageID)
	}
	return nil
}

func puback(id uint16) packets.ControlPacket {
	ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	ack.MessageID = id
	return ack
}

func (s *stubServer) setHold(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = method
}

// messages returns what came with the given method so far, and the packet ids.
func (s *stubServer) messages(method string) (found []upMessage, ids []uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.got {
		if m.field("method") == method {
			found, ids = append(found, m), append(ids, s.ids[i])
		}
	}
	return found, ids
}

// all returns everything that came so far.
func (s *stubServer) all() []upMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// connect returns the n-th CONNECT, from 0.
func (s *stubServer) connect(n int) *packets.ConnectPacket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects[n]
}

// send publishes body and does not wait for anything.
func (s *stubServer) send(id uint16, dup bool, body []byte) {
	s.t.Helper()
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.MessageID, p.Dup, p.TopicName, p.Payload = 1, id, dup, "/clients/"+machineNo, body
	if err := s.write(conn, p); err != nil {
		s.t.Error("send:", err)
	}
}

// ack sends a PUBACK that was held back.
func (s *stubServer) ack(id uint16) {
	s.t.Helper()
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if err := s.write(conn, puback(id)); err != nil {
		s.t.Error("ack:", err)
	}
}

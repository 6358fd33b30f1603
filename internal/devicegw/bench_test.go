package devicegw_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// BenchmarkConnect measures authenticated connects, each with CONNACK,
// subscription and the close. Eight clients connect at a time.
func BenchmarkConnect(b *testing.B) {
	h := newRecorder()
	drain(b, h)
	s := serveTCP(b, devicegw.Config{}, h)
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range b.N {
			next <- i
		}
	}()
	b.ResetTimer()
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range next {
				m := dialQuietly(b, s, fmt.Sprint(i))
				m.drop()
			}
		}()
	}
	for range 8 {
		<-done
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "connects/s")
}

// BenchmarkIdleMemory reports what one idle, subscribed connection costs: heap
// and stacks, the client's side included, as both run in this process.
func BenchmarkIdleMemory(b *testing.B) {
	for _, transport := range transports {
		b.Run(transport, func(b *testing.B) { benchmarkIdleMemory(b, transport) })
	}
}

func benchmarkIdleMemory(b *testing.B, transport string) {
	const conns = 2000
	for range b.N {
		s := serveTransport(b, transport, devicegw.Config{})
		drain(b, s.recorder)
		before := inUse()
		clients := make([]net.Conn, conns)
		for i := range clients {
			m := dialQuietly(b, s, fmt.Sprint(i))
			clients[i] = m.nc // without its read buffer
		}
		used := inUse() - before
		b.ReportMetric(float64(used)/conns, "B/conn")
		runtime.KeepAlive(s)
		for _, nc := range clients {
			_ = nc.Close()
		}
	}
}

// inUse returns bytes of heap and stacks after several collections, each of
// which may halve a stack.
func inUse() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// BenchmarkSend measures the round trip of one command: write, PUBACK, return.
func BenchmarkSend(b *testing.B) {
	h := newRecorder()
	drain(b, h)
	s := serveTCP(b, devicegw.Config{}, h)
	m := dialQuietly(b, s, "7")
	go m.answer()
	payload := make([]byte, 400)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Send(b.Context(), "7", devicegw.Outgoing{Payload: payload}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMessageIn measures QoS 1 messages of one machine, 64 in flight.
func BenchmarkMessageIn(b *testing.B) {
	h := newRecorder()
	drain(b, h)
	s := serveTCP(b, devicegw.Config{}, h)
	m := dialQuietly(b, s, "7")
	one, _ := packet.Append(nil, packet.V311, publication("/server/app/7", 1, 1, string(make([]byte, 400))))
	acks := make([]byte, 4*64)
	var batch []byte
	for range 64 {
		batch = append(batch, one...)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= 64 {
		n := min(left, 64)
		if _, err := m.nc.Write(batch[:n*len(one)]); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(m.br, acks[:4*n]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// drain throws away what the recorder records until the benchmark ends.
func drain(b *testing.B, h *recorder) {
	stop := make(chan struct{})
	b.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-h.messages:
			case <-h.states:
			case <-h.readies:
			case <-stop:
				return
			}
		}
	}()
}

// dialQuietly connects and subscribes without a Cleanup of its own, which would
// keep every connection of a long benchmark.
func dialQuietly(b *testing.B, s *server, no string) *machine {
	nc, err := s.dial()
	if err != nil {
		b.Error(err)
		runtime.Goexit()
	}
	m := &machine{t: b, nc: nc, v: packet.V311, no: no}
	p := withWill(connectPacket(m.v, no))
	p.Will.Payload = make([]byte, 400)
	raw, _ := packet.Append(nil, m.v, p)
	raw, _ = packet.Append(raw, m.v, &packet.Subscribe{PacketID: 9, Filters: []packet.Filter{{Topic: "/clients/" + no, QoS: 1}}})
	if _, err := nc.Write(raw); err != nil {
		b.Error(err)
		runtime.Goexit()
	}
	if _, err := io.ReadFull(nc, make([]byte, 4+5)); err != nil {
		b.Error(err)
		runtime.Goexit()
	}
	m.br = bufio.NewReaderSize(nc, 256)
	return m
}

package simulator

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// codeMessage is a client.pickup_codes.create like the sample of mqtt.md §5.14,
// with changes as in command.
func codeMessage(changes ...string) map[string]string {
	fields := map[string]string{
		"client_id": machineNo, "code": "5288640", "id": "1", "machine_id": "10009",
		"method": "client.pickup_codes.create", "product_id": "131", "quantity": "1",
		"status": "0", "timestamp": "1714185061", "used": "0",
	}
	for pair := range slices.Chunk(changes, 2) {
		fields[pair[0]] = pair[1]
	}
	return fields
}

func deleteMessage(id, timestamp string) map[string]string {
	return map[string]string{
		"client_id": machineNo, "id": id, "machine_id": "10009", "method": "client.pickup_codes.delete",
		"status": "0", "timestamp": timestamp,
	}
}

func ids(codes []Code) []string {
	var all []string
	for _, c := range codes {
		all = append(all, c.ID)
	}
	return all
}

// The sample of mqtt.md §5.14 as published.
func TestCodeSample(t *testing.T) {
	sample := codeMessage("expired_at", "1735660799000", "expired_day", "2024-12-31 23:59:59")
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		body := sign(sample)
		if o, err := signature.DecodeMessage(body); err != nil || !strings.Contains(o.JSON(), "626FB25DA21FF998A8C3F4492A84E299") {
			t.Fatal("not the sample:", err)
		}
		p.send(body)
		r.await(CodeStored)
		want := Code{ID: "1", ProductID: "131", Code: "5288640", Quantity: 1, ExpiredAt: 1735660799000}
		if got := r.Codes(); !slices.Equal(got, []Code{want}) {
			t.Errorf("%+v", got)
		}
	})
}

// No message tells that a code expires (mqtt.md §5.14).
func TestCodeExpires(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(codeMessage("expired_at", "1714373698000")))
		p.send(sign(codeMessage("id", "2")))
		time.Sleep(10 * time.Second)
		if got := ids(r.Codes()); !slices.Equal(got, []string{"1", "2"}) {
			t.Error("gone in its last millisecond:", got)
		}
		time.Sleep(time.Millisecond)
		if got := ids(r.Codes()); !slices.Equal(got, []string{"2"}) {
			t.Error("still there:", got)
		}
		r.stop()
		r.start()
		if got := ids(r.Codes()); !slices.Equal(got, []string{"2"}) {
			t.Error("back after a restart:", got)
		}
	})
}

func TestCodesComeAndGo(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		for _, id := range []string{"1", "2", "3"} {
			p.send(sign(codeMessage("id", id)))
		}
		p.send(sign(deleteMessage("2", "1714373688")))
		if got := ids(r.Codes()); !slices.Equal(got, []string{"1", "3"}) {
			t.Error(got)
		}
		p.send(sign(codeMessage("id", "2", "timestamp", "1714373689")))
		p.send(sign(codeMessage("id", "1", "quantity", "3", "timestamp", "1714373689")))
		restart := []func(){r.stop, r.Kill}
		for _, off := range restart {
			off()
			r.start()
			got := r.Codes()
			if all := ids(got); !slices.Contains(all, "2") || len(all) != 3 {
				t.Error(all)
			}
			if got[0].ID != "1" || got[0].Quantity != 3 {
				t.Errorf("replaced code: %+v", got[0])
			}
		}
	})
}

// A QoS 1 duplicate must not bring a removed code back.
func TestDuplicateMessageIsIgnored(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(codeMessage()))
		p.send(sign(deleteMessage("1", "1714373688")))
		r.await(CodeRemoved)
		p.send(sign(codeMessage()))
		if e := r.await(Ignored); e.Detail != "duplicate" || e.Method != methodCodeCreate {
			t.Errorf("%+v", e)
		}
		if got := r.Codes(); len(got) != 0 {
			t.Error("the code is back")
		}
		// After 10 minutes the same bytes count as a new message.
		time.Sleep(duplicateWindow + time.Second)
		p.send(sign(codeMessage()))
		r.await(CodeStored)
	})
}

func TestBadCodeMessages(t *testing.T) {
	for _, change := range [][]string{
		{"id", ""}, {"product_id", ""}, {"code", ""}, {"code", "12345"}, {"code", "12345678901"}, {"code", "12345x"},
		{"quantity", "0"}, {"quantity", "4"}, {"quantity", ""}, {"used", "1"}, {"used", ""},
		{"expired_at", "soon"}, {"expired_at", "-1"}, {"expired_at", "0"},
	} {
		t.Run(change[0]+"="+change[1], func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				p.send(sign(codeMessage(change...)))
				if e := r.await(Ignored); e.Detail != "bad field "+change[0] {
					t.Error(e.Detail)
				}
				if len(r.Codes()) != 0 {
					t.Error("stored")
				}
			})
		})
	}
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(deleteMessage("7", "1714373688")))
		if e := r.await(Ignored); e.Detail != "unknown code" {
			t.Error(e.Detail)
		}
		p.send(sign(deleteMessage("", "1714373688")))
		if e := r.await(Ignored); e.Detail != "bad field id" {
			t.Error(e.Detail)
		}
		synctest.Wait()
	})
}

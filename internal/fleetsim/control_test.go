package fleetsim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// call does one request and returns status and body.
func call(h http.Handler, request, body string) (int, string) {
	method, path, _ := strings.Cut(request, " ")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestControl(t *testing.T) {
	run(t, "", func(t *testing.T, s *server, f *Fleet) {
		h := Control(f)
		ok := func(request, body string) string {
			t.Helper()
			status, answer := call(h, request, body)
			if status != http.StatusOK {
				t.Fatalf("%s: %d %s", request, status, answer)
			}
			synctest.Wait()
			return answer
		}
		var sum Summary
		if err := json.Unmarshal([]byte(ok("GET /summary", "")), &sum); err != nil || sum.Machines != 2 || sum.Connected != 2 {
			t.Errorf("%v %+v", err, sum)
		}
		var all []MachineInfo
		if err := json.Unmarshal([]byte(ok("GET /machines", "")), &all); err != nil || len(all) != 2 || all[1].MachineNo != secondNo {
			t.Errorf("%v %+v", err, all)
		}

		ok("PUT /faults", "jam: 1\n")
		ok("PUT /machines/"+secondNo+"/faults", `{"no_drop": 1, "power_loss": "0@3s"}`)
		s.dispense(firstNo, "1")
		s.dispense(secondNo, "2")
		want(t, s.of("1")[0], "floor_status", "2")
		want(t, s.of("2")[0], "floor_status", "1", "deliver_status", "0")

		before := s.count("client.temperature.put")
		ok("POST /machines/"+firstNo+"/publish", `{"method":"client.temperature.put","fields":{"temperature":"3276.0"}}`)
		if n := s.count("client.temperature.put"); n != before+1 {
			t.Errorf("%d messages", n)
		}
		if answer := ok("POST /storm", ""); answer != "{\"machines\":2}\n" {
			t.Error(answer)
		}

		ok("POST /machines/"+firstNo+"/offline?for=30s", "")
		if i := info(t, f, firstNo); i.Condition != Offline || i.Error != "offline" {
			t.Errorf("%+v", i)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		var one MachineInfo
		if err := json.Unmarshal([]byte(ok("GET /machines/"+firstNo, "")), &one); err != nil || one.Condition != Online || one.State == nil {
			t.Errorf("%v %+v", err, one)
		}

		ok("POST /machines/"+secondNo+"/kill", "")
		if i := info(t, f, secondNo); i.Condition != Off {
			t.Errorf("%+v", i)
		}
		ok("POST /machines/"+secondNo+"/start", "")
		if i := info(t, f, secondNo); i.Condition != Online || i.Counts.Restarts != 1 {
			t.Errorf("%+v", i)
		}
	})
}

// A refused request says why and changes nothing.
func TestControlRefuses(t *testing.T) {
	run(t, "power_loss=0@1h", func(t *testing.T, s *server, f *Fleet) {
		h := Control(f)
		if err := f.Kill(secondNo); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before, methods := f.Snapshot(), s.count("client.product.restock")
		for _, c := range []struct {
			request, body string
			status        int
			why           string
		}{
			{"PUT /faults", "jam: 2", 400, "jam: rate is not between 0 and 1"},
			{"PUT /faults", "jamm: 1", 400, "jamm is not known"},
			{"PUT /faults", "jam: " + strings.Repeat("1", maxFaultsSize), 400, "too large"},
			{"PUT /machines/" + firstNo + "/faults", "storm: 1m", 400, "whole fleet"},
			{"PUT /machines/1/faults", "jam: 1", 404, "no such machine"},
			{"GET /machines/1", "", 404, "no such machine"},
			{"POST /machines/1/kill", "", 404, "no such machine"},
			{"POST /machines/1/start", "", 404, "no such machine"},
			{"POST /machines/" + secondNo + "/kill", "", 409, "off"},
			{"POST /machines/" + firstNo + "/start", "", 409, "the machine is on"},
			{"POST /machines/" + secondNo + "/offline?for=3s", "", 409, "off"},
			{"POST /machines/" + firstNo + "/offline", "", 400, "for= is a duration"},
			{"POST /machines/" + firstNo + "/offline?for=-3s", "", 400, "for= is a duration"},
			{"POST /machines/" + firstNo + "/offline?for=100h", "", 400, "for= is a duration"},
			{"POST /machines/" + firstNo + "/publish", "", 400, "body is"},
			{"POST /machines/" + firstNo + "/publish", "[]", 400, "body is"},
			{"POST /machines/" + firstNo + "/publish", `{"method":"client.product.restock","x":1}`, 400, "body is"},
			{"POST /machines/" + firstNo + "/publish", `{"method":"client.product.restock"}{}`, 400, "more than one"},
			{"POST /machines/" + firstNo + "/publish", `{"method":"client.dance"}`, 400, "no such method"},
			{"POST /machines/" + firstNo + "/publish", `{"method":"client.product.put"}`, 400, "product_id is missing"},
			{"POST /machines/" + firstNo + "/publish", `{"method":"client.product.restock","fields":{"sign":"x"}}`, 400, "sign is the machine's own"},
			{"POST /machines/" + secondNo + "/publish", `{"method":"client.product.restock"}`, 409, "off"},
		} {
			status, answer := call(h, c.request, c.body)
			if status != c.status || !strings.Contains(answer, c.why) || !strings.HasPrefix(answer, `{"error":`) {
				t.Errorf("%s: %d %s", c.request, status, answer)
			}
		}
		synctest.Wait()
		for i, after := range f.Snapshot() {
			if after != before[i] {
				t.Errorf("changed: %+v", after)
			}
		}
		if s.count("client.product.restock") != methods {
			t.Error("published")
		}
		if status, _ := call(h, "DELETE /machines", ""); status != 405 {
			t.Error(status)
		}
	})
}

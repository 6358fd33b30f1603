package console

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
)

const planogramHeader = "channel,cabinet,motor,good,good_name,price,quantity,capacity,on_sale,floor_status,reserved_codes\n"

// shown is a parsed file as text.
func shown(lines []catalog.PlanogramLine, problems []catalog.Problem) string {
	var out strings.Builder
	value := func(name string, v any) { fmt.Fprintf(&out, " %s=%v", name, v) }
	for _, l := range lines {
		fmt.Fprintf(&out, "%d %s", l.Line, l.Channel)
		if l.Good != nil {
			value("good", *l.Good)
		}
		if l.Quantity != nil {
			value("quantity", *l.Quantity)
		}
		if l.Capacity != nil {
			value("capacity", *l.Capacity)
		}
		if l.OnSale != nil {
			value("on_sale", *l.OnSale)
		}
		out.WriteString("; ")
	}
	for _, p := range problems {
		fmt.Fprintf(&out, "%d %s %s! ", p.Line, p.Channel, p.Reason)
	}
	return strings.TrimRight(out.String(), "; ")
}

func TestParsePlanogram(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"as exported":        {"\ufeff" + planogramHeader + "A1,A,0,cola,Cola,1.50,4,10,true,1,0\r\n", "2 A1 good=cola quantity=4 capacity=10 on_sale=true"},
		"some columns":       {"Quantity, channel\n3,A1\n,A2\n", "2 A1 quantity=3; 3 A2"},
		"an empty good":      {"channel,good\nA1,\n", "2 A1 good="},
		"a quoted formula":   {"channel,good\n'=A1,'-x\n", "2 =A1 good=-x"},
		"a cell with a line": {"channel,good_name,quantity\nA1,\"two\nlines\",1\nA2,x,y\n", "2 A1 quantity=1; 4 A2 number!"},
		"numbers":            {"channel,quantity,on_sale\nA1,1.5,true\nA2,-1,0\nA3,2,perhaps\n", "3 A2 quantity=-1 on_sale=false; 2 A1 number! 4 A3 truth!"},
		"cells":              {"channel,quantity\nA1\nA2,1,2\nA3,3\n", "4 A3 quantity=3; 2  columns! 3  columns!"},
		"an open quote":      {"channel,quantity\nA1,1\n\"A2,2\n", "2 A1 quantity=1; 3  syntax!"},
		"nothing":            {"", "1  column_missing!"},
		"no channel":         {"quantity\n1\n", "1  column_missing!"},
		"an odd column":      {"channel,qty\nA1,1\n", "1  column_unknown!"},
		"a column twice":     {"channel,quantity,quantity\nA1,1,2\n", "1  column_unknown!"},
		"semicolons":         {"channel;quantity\nA1;1\n", "1  column_unknown!"},
		"another encoding":   {"channel,good\nA1,\xbf\xc9\xc0\xd6\n", "1  encoding!"},
		"as pages read it":   {"channel,good\nA1,\ufffd\ufffd\n", "1  encoding!"},
		"too many":           {"channel\n" + strings.Repeat("A1\n", maxEdits+1), "802  too_many!"},
	} {
		if got := shown(parsePlanogram(c.file)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whatever a file holds, every line is an edit or has a reason.
func FuzzParsePlanogram(f *testing.F) {
	f.Add("channel,good,quantity,capacity,on_sale\nA1,cola,4,10,true\nA2,,,,\n")
	f.Add(planogramHeader + "A1,A,0,cola,Cola,1.50,4,10,true,1,0\n")
	f.Add("\ufeffchannel\n\"A\"\"1\"\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		lines, problems := parsePlanogram(text)
		if len(lines) > maxEdits || len(lines)+len(problems) > maxEdits+1 {
			t.Errorf("%d lines, %d problems", len(lines), len(problems))
		}
		last := 1
		for _, l := range lines {
			if l.Line <= last {
				t.Errorf("line %d after %d", l.Line, last)
			}
			last = l.Line
		}
		for _, p := range problems {
			if p.Line < 1 || p.Reason == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

// A file that was exported changes nothing when it comes back.
func FuzzPlanogramThereAndBack(f *testing.F) {
	f.Add("A1", "cola", int64(4), true)
	f.Add("=1+1", "'=x", int64(0), false)
	f.Fuzz(func(t *testing.T, channel, good string, quantity int64, onSale bool) {
		if !utf8.ValidString(channel) || !utf8.ValidString(good) || strings.ContainsRune(channel+good, utf8.RuneError) ||
			strings.TrimSpace(channel) != channel || strings.TrimSpace(good) != good || strings.Contains(channel+good, "\r") {
			t.Skip("no name that people give")
		}
		row := db.PlanogramRow{ProductID: 1, GoodSlug: good, Quantity: quantity, Capacity: 9, OnSale: onSale, Channel: db.Channel{Name: channel, Addr: 1}}
		w := httptest.NewRecorder()
		file[channelRow]{"x", channelRows([]db.PlanogramRow{row, {}})}.answer(w, nil)
		lines, problems := parsePlanogram(w.Body.String())
		if len(lines) != 1 || len(problems) != 0 {
			t.Fatalf("%+v %+v", lines, problems)
		}
		l := lines[0]
		if l.Channel != channel || *l.Good != good || *l.Quantity != quantity || *l.Capacity != 9 || *l.OnSale != onSale {
			t.Errorf("%s", shown(lines, nil))
		}
	})
}

// What a machine holds comes as a file; staged with a change it is that change,
// and lines that cannot be applied are named. Nothing changes by that.
func TestStagePlanogram(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	const path = "/machines/16327129/planogram"
	b.headers["Accept"] = "text/csv"
	exported := b.send("GET", path, nil).Body.String()
	delete(b.headers, "Accept")
	if !strings.HasPrefix(exported, "\ufeff"+planogramHeader+"A1,A,0,cola,可乐,") {
		t.Fatalf("exported %q", exported)
	}
	stage := func(body any) string {
		w := b.send("POST", path+"/stage", body)
		return strings.TrimSpace(w.Body.String())
	}
	const none = `{"changes":[],"goods":[{"id":1,"name":"可乐","thumb":"","price":100}],"problems":[]}`
	if got := stage(map[string]any{"csv": strings.ReplaceAll(exported, "cola", "")}); !strings.Contains(got, `"good_id":0`) {
		t.Errorf("an empty good: %s", got)
	}
	want := `{"changes":[{"product_id":131,"on_sale":false,"quantity":12,"capacity":12}],"goods":[],"problems":[` +
		`{"line":3,"channel":"Z9","reason":"channel_unknown"},{"line":4,"channel":"A2","reason":"number"},` +
		`{"line":5,"channel":"A3","reason":"above_capacity"},{"line":6,"channel":"A1","reason":"channel_twice"}]}`
	if got := stage(map[string]any{"csv": "channel,quantity,capacity,on_sale\nA1,12,12,false\nZ9,1,,\nA2,many,,\nA3,11,,\nA1,1,,\n"}); got != want {
		t.Errorf("staged\n%s\nwant\n%s", got, want)
	}
	if got := stage(map[string]any{"csv": "channel,good\nA1,rival-cola\nA2,\x00\n"}); !strings.Contains(got, `"problems":[{"line":2,"channel":"A1","reason":"good_unknown"},{"line":3`) {
		t.Errorf("the good of a rival: %s", got)
	}
	if got := stage(map[string]any{"from": "16327129"}); got != none {
		t.Errorf("from itself: %s", got)
	}
	b.wantError(404, "30003", "POST", path+"/stage", `{"from":"26327129"}`)
	b.wantError(400, "bad_request", "POST", path+"/stage", `{}`)
	b.wantError(400, "bad_request", "POST", path+"/stage", `{"csv":"","from":"16327129"}`)
	b.wantError(413, "body_too_large", "POST", path+"/stage", map[string]any{"csv": strings.Repeat("x", maxPlanogramFile+1)})
	b.wantError(413, "body_too_large", "POST", path+"/stage", bytes.Repeat([]byte("x"), maxPlanogramBody+1))
	if f.Stock(t, 131) != 10 {
		t.Errorf("staging changed the stock to %d", f.Stock(t, 131))
	}
}

// Each machine gets the planogram whole or not at all, and says why.
func TestCopyPlanogramRoute(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	w := b.send("POST", "/machines/16327129/planogram/copy", `{"machine_nos":["16327129","16327130","26327129"]}`)
	want := `{"items":[{"machine_no":"16327129","done":true,"changes":0,"channel":"","reason":""},` +
		`{"machine_no":"16327130","done":false,"changes":0,"channel":"A1","reason":"channel_unknown"},` +
		`{"machine_no":"26327129","done":false,"changes":0,"channel":"","reason":"30003"}]}`
	if got := strings.TrimSpace(w.Body.String()); got != want {
		t.Errorf("copied\n%s\nwant\n%s", got, want)
	}
	if got := f.lastAudit(); !strings.HasPrefix(got, `planogram.copy machine 16327129 {"channels":[{"product_id":131,`) {
		t.Errorf("audit %s", got)
	}
	b.wantError(400, "bad_request", "POST", "/machines/16327129/planogram/copy", `{"machine_nos":[]}`)
	b.wantError(404, "30003", "POST", "/machines/26327129/planogram/copy", `{"machine_nos":["16327129"]}`)
}

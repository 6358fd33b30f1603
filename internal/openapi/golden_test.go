package openapi_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// golden is api/vectors/golden.json.
type golden struct {
	Clock     int64      `json:"clock"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Name        string            `json:"name"`
	Verb        string            `json:"method"`
	Path        string            `json:"path"`
	Headers     map[string]string `json:"headers"`
	PayloadJSON string            `json:"payload_json"`
	Body        string            `json:"body"`
	Status      int               `json:"http_status"`
	Answer      json.RawMessage   `json:"answer"`
}

func readGolden(t testing.TB) golden {
	t.Helper()
	text, err := os.ReadFile("../../api/vectors/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// goldenAPI is the fixture of consume.md §7.2.
func goldenAPI(t testing.TB) *api {
	t.Helper()
	a := newAPI(t)
	if got := a.AddCode(t, "5288640", 131, 0); got != 1 {
		t.Fatalf("the code is row %d, want 1", got)
	}
	a.AddCode(t, "5288641", 131, 0)
	for table, id := range map[string]int64{"orders": 60, "records": 78} {
		if err := a.Store.SetNextID(t.Context(), table, id); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// The exchanges of the file, in their order, each answer to the byte but for
// white space.
func TestGoldenExchanges(t *testing.T) {
	a := goldenAPI(t)
	g := readGolden(t)
	if now := a.Now().Unix(); now != g.Clock {
		t.Fatalf("the fixture's clock is %d, the file's %d", now, g.Clock)
	}
	if len(g.Exchanges) < 3 {
		t.Fatalf("only %d exchanges", len(g.Exchanges))
	}
	for _, e := range g.Exchanges {
		t.Run(e.Name, func(t *testing.T) {
			if e.PayloadJSON != "" && e.Body != strings.Replace(envelope(e.PayloadJSON), ":", ": ", 1) {
				t.Error("body is not payload_json in an envelope")
			}
			r := httptest.NewRequest(e.Verb, e.Path, strings.NewReader(e.Body))
			for name, value := range e.Headers {
				r.Header.Set(name, value)
			}
			wantAnswer(t, a.send(r), e.Status, string(e.Answer))
		})
	}
}

// consumption is the payload of consume.md §7.2 without timestamp and sign.
var consumption = fields{
	"code": "5288640", "machine_no": "16327129", "method": "event.consume.pickup_code",
	"notify_url": "https://merchant.example/notify", "product_id": "131",
	"trade_id": "800a7e9500d345c8987d3aafa412c77d",
}

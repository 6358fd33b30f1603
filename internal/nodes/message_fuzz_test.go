package nodes

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
)

// Whatever comes from another node, what cannot be read does nothing, and only
// what is meant for this node reaches it.
func FuzzHear(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{"from":"b"}`, `{"from":"b","items":[{"kind":"commands"}]}`, `{"from":"b","items":[{"kind":"taken","to":"other","key":"16327129","n":1}]}`,
		`{"from":"b","items":[{"kind":"count","to":"requests","key":"vm1","n":-9223372036854775808}]}`, `{"items":[null,{"kind":7}]}`, `[{"from":1}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := New("a", &store.Store{Commands: store.NewSignal()}, nil, time.Now, slog.New(slog.DiscardHandler))
		counted := 0
		n.Share("requests", NewTally(func(string, int64) { counted++ }))
		gateway := &takenOver{}
		n.hear(text, gateway)
		var m message
		if json.Unmarshal([]byte(text), &m) != nil && counted+gateway.calls > 0 {
			t.Errorf("%q was heard", text)
		}
		for _, i := range m.Items {
			if i.Kind == kindTaken && i.To == n.id {
				gateway.calls--
			}
		}
		if gateway.calls > 0 {
			t.Errorf("%q took a machine of another node", text)
		}
	})
}

// takenOver counts the machines that are said to be elsewhere.
type takenOver struct {
	Gateway
	calls int
}

func (g *takenOver) TakenOver(string, int64) bool {
	g.calls++
	return true
}

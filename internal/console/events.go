package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	// beatEvery is how often a silent stream says that it lives. Then it also
	// looks whether its session still does.
	beatEvery = 15 * time.Second
	// writePatience is how long a client may take to read a piece of a stream.
	writePatience = 10 * time.Second
	// maxStreams bounds the open streams of one user.
	maxStreams = 16
)

func (s *Server) eventRoutes() []route {
	return []route{{http.MethodGet, "/events", member, account.See, s.events}}
}

// topics are what a page can listen to, with the permission that needs.
func topics() map[string]account.Permission {
	return map[string]account.Permission{
		store.ChangedMachines: account.See,
		store.ChangedAlerts:   account.See,
		store.ChangedOrders:   account.SeeSales,
		store.ChangedCodes:    account.SeeSales,
	}
}

// events opens a stream of server-sent events for a page: `change` names
// something to load again, `reset` tells to load everything. topics=a,b chooses;
// Last-Event-ID goes on where an earlier stream ended.
func (s *Server) events(ctx context.Context, c *call) (any, error) {
	q := c.query()
	wanted := strings.Split(q.text("topics", 200), ",")
	if err := q.done(); err != nil {
		return nil, err
	}
	for _, topic := range wanted {
		may, known := topics()[topic]
		if !known {
			return nil, badRequest(fmt.Sprintf("there is no topic %q", topic))
		}
		if !c.Role.May(may) {
			return nil, account.Forbidden
		}
	}
	after := int64(-1)
	if text := c.r.Header.Get("Last-Event-ID"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return nil, badRequest("Last-Event-ID is not one of ours")
		}
	}
	leave, ok := s.streams.enter(c.User.ID)
	if !ok {
		return nil, fault{http.StatusTooManyRequests, "too_many_streams", ""}
	}
	listener, err := s.use.Live.Listen(ctx, c.Merchant.ID, after)
	if err != nil {
		leave()
		return nil, err
	}
	return &stream{server: s, call: c, topics: wanted, listener: listener, leave: leave}, nil
}

// stream is a stream under way.
type stream struct {
	server   *Server
	call     *call
	topics   []string
	listener *live.Listener
	leave    func()
	// groups remembers the groups of machines until the next beat.
	groups map[int64]string
}

// changeEvent names something that has changed: a machine, an order, or the
// codes or alerts of a machine.
type changeEvent struct {
	Topic     string `json:"topic"`
	Ref       int64  `json:"ref"`
	MachineID int64  `json:"machine_id"`
}

func (t *stream) answer(w http.ResponseWriter, r *http.Request) int {
	defer t.leave()
	defer t.listener.Close()
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's own would end the stream
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writePatience))
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	ok := send(fmt.Sprintf("retry: 2000\nid: %d\nevent: ready\ndata: {}\n\n", t.listener.ID()))
	for ok {
		select {
		case <-r.Context().Done():
			return http.StatusOK
		case <-t.server.streams.closing:
			return http.StatusOK
		case <-t.listener.Ready():
			text, err := t.tell(r.Context(), t.listener.Take())
			if err != nil {
				t.server.log.Error("stream of the console ends", "error", err)
				return http.StatusOK
			}
			ok = text == "" || send(text)
		case <-beat.C:
			t.groups = nil
			ok = t.stillMay(r.Context()) && send(": beat\n\n")
		}
	}
	return http.StatusOK
}

// stillMay tells whether the session lives and acts as it did at the start. A
// page whose stream ends connects again and learns what is different.
func (t *stream) stillMay(ctx context.Context) bool {
	session, err := t.server.use.Account.LookAt(ctx, t.call.token)
	if err != nil {
		return false
	}
	scope, err := t.server.use.Account.Scope(ctx, session)
	return err == nil && scope.Merchant.ID == t.call.Merchant.ID && scope.Role == t.call.Role && scope.Group == t.call.Group
}

// tell writes news as events.
func (t *stream) tell(ctx context.Context, n live.News) (string, error) {
	var out strings.Builder
	if n.Lost {
		fmt.Fprintf(&out, "id: %d\nevent: reset\ndata: {}\n\n", n.ID)
	}
	for _, change := range t.topical(n.Changes) {
		sees, err := t.sees(ctx, change)
		if err != nil {
			return "", err
		}
		if !sees {
			continue
		}
		raw, err := json.Marshal(changeEvent{change.Kind, change.Ref, change.MachineID})
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "id: %d\nevent: change\ndata: %s\n\n", n.ID, raw)
	}
	return out.String(), nil
}

// topical keeps what belongs to the topics. An order takes stock, so it is a
// change of its machine as well.
func (t *stream) topical(changes []db.Change) []db.Change {
	out := []db.Change{}
	add := func(c db.Change) {
		if slices.Contains(t.topics, c.Kind) && !slices.ContainsFunc(out, func(o db.Change) bool { return o.Kind == c.Kind && o.Ref == c.Ref }) {
			out = append(out, c)
		}
	}
	for _, c := range changes {
		add(c)
		if c.Kind == store.ChangedOrders {
			c.Kind, c.Ref = store.ChangedMachines, c.MachineID
			add(c)
		}
	}
	return out
}

func (t *stream) sees(ctx context.Context, c db.Change) (bool, error) {
	if t.call.Group == "" {
		return true, nil
	}
	group, known := t.groups[c.MachineID]
	if !known {
		m, found, err := store.Find(t.server.store.MachineByID(ctx, c.MachineID))
		if err != nil || !found {
			return false, err
		}
		if t.groups == nil {
			t.groups = map[int64]string{}
		}
		group = m.Machine.MachineGroup
		t.groups[c.MachineID] = group
	}
	return group == t.call.Group, nil
}

// streams counts the open streams by user.
type streams struct {
	mu      *sync.Mutex
	open    map[int64]int
	closing chan struct{}
}

func newStreams() streams {
	return streams{mu: &sync.Mutex{}, open: map[int64]int{}, closing: make(chan struct{})}
}

func (s streams) enter(userID int64) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[userID] >= maxStreams {
		return nil, false
	}
	s.open[userID]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[userID]--; s.open[userID] == 0 {
			delete(s.open, userID)
		}
	}, true
}

// CloseStreams ends all streams, once, so that the server can stop.
func (s *Server) CloseStreams() { close(s.streams.closing) }

package devicegw

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// registry knows all open connections, which one owns each machine, and the
// machines' sessions.
type registry struct {
	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	machines map[string]*conn
	sessions map[string]*session // of connected machines, and resumable ones
}

func (r *registry) init() {
	r.conns = make(map[*conn]struct{})
	r.machines = make(map[string]*conn)
	r.sessions = make(map[string]*session)
}

// join counts one more goroutine in wg unless the registry was closed, so that
// nothing starts once Shutdown waits.
func (r *registry) join(wg *sync.WaitGroup) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		wg.Add(1)
	}
	return !r.closed
}

// add notes a new connection unless limit is reached or the registry closed.
func (r *registry) add(c *conn, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.conns) >= limit {
		return false
	}
	r.conns[c] = struct{}{}
	return true
}

// claim is the result of registry.claim.
type claim struct {
	old        *conn // the owner before, or nil
	present    bool  // a session is resumed
	subscribed bool  // in which the machine holds its subscription
}

// claim makes c the owner of its machine and of the machine's session. clean
// starts a new session, keep is how long the session outlives c. ok is false if
// the registry was closed, or c was overtaken by a newer connection of the
// machine meanwhile.
func (r *registry) claim(c *conn, clean bool, keep time.Duration) (result claim, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return claim{}, false
	}
	result.old = r.machines[c.machineNo]
	if result.old != nil && result.old.epoch > c.epoch {
		return claim{}, false
	}
	r.machines[c.machineNo] = c
	s, present := r.resumeLocked(c.machineNo, clean, keep)
	result.present, result.subscribed = present, s.subscribed
	return result, true
}

// leave forgets the owner of a machine and the session if the owner is older
// than an epoch, and returns it, else nil.
func (r *registry) leave(machineNo string, epoch int64) *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.machines[machineNo]
	if c == nil || c.epoch >= epoch {
		return nil
	}
	delete(r.machines, machineNo)
	delete(r.sessions, machineNo)
	return c
}

// remove forgets c. The machine and its session are left alone if a newer
// connection owns them.
func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	if r.machines[c.machineNo] == c {
		delete(r.machines, c.machineNo)
		r.leaveLocked(c.machineNo)
	}
}

// find returns the owner of machineNo or nil.
func (r *registry) find(machineNo string) *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.machines[machineNo]
}

// owners returns the connections that own a machine.
func (r *registry) owners() []*conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.machines))
}

// epochs returns the epochs of the owners by machine.
func (r *registry) epochs() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	epochs := make(map[string]int64, len(r.machines))
	for no, c := range r.machines {
		epochs[no] = c.epoch
	}
	return epochs
}

// close lets no connection in any more and returns the open ones.
func (r *registry) close() []*conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	open := make([]*conn, 0, len(r.conns))
	for c := range r.conns {
		open = append(open, c)
	}
	return open
}

// sizes returns the numbers of connections by transport, and of machines with
// an owner.
func (r *registry) sizes() (conns map[string]int, machines int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	conns = make(map[string]int, 4)
	for c := range r.conns {
		conns[transportOf(c.nc)]++
	}
	return conns, len(r.machines)
}

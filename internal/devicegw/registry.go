package devicegw

import "sync"

// registry knows all open connections and which one owns each machine.
type registry struct {
	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	machines map[string]*conn
	epoch    int64
	clock    func() int64
}

func (r *registry) init(clock func() int64) {
	r.conns = make(map[*conn]struct{})
	r.machines = make(map[string]*conn)
	r.clock = clock
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

// claim makes c the owner of its machine, gives it its epoch and returns the
// owner before it, or nil. ok is false if the registry was closed.
func (r *registry) claim(c *conn) (old *conn, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false
	}
	r.epoch = max(r.epoch+1, r.clock())
	c.epoch = r.epoch
	old = r.machines[c.machineNo]
	r.machines[c.machineNo] = c
	return old, true
}

// remove forgets c. The machine is left alone if a newer connection owns it.
func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	if r.machines[c.machineNo] == c {
		delete(r.machines, c.machineNo)
	}
}

// find returns the owner of machineNo or nil.
func (r *registry) find(machineNo string) *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.machines[machineNo]
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

// sizes returns the numbers of connections and of machines with an owner.
func (r *registry) sizes() (conns, machines int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns), len(r.machines)
}

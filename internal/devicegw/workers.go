package devicegw

import "sync/atomic"

// maxIdleWorkers is how many goroutines wait for work. Beyond them a worker
// ends with its work, so that a burst leaves nothing behind.
const maxIdleWorkers = 128

// workers run what connections have to do. A handler asks a database and needs
// some 16 KB of stack, and Go shrinks a stack that has once grown only halfway:
// on goroutines of their own, few deep stacks serve all connections, and the
// thousands that only wait for their machine stay as small as they began.
type workers struct {
	jobs chan func()
	idle atomic.Int64
}

func newWorkers() workers { return workers{jobs: make(chan func())} }

// do runs f on a worker and returns when f has. It never waits for a worker:
// when none is idle it starts one. f must not panic.
func (g *Gateway) do(f func()) {
	done := make(chan struct{})
	g.begin(func() {
		defer close(done)
		f()
	})
	<-done
}

// begin is do that does not wait.
func (g *Gateway) begin(f func()) {
	select {
	case g.workers.jobs <- f:
	default:
		g.wg.Go(func() { g.work(f) })
	}
}

// work runs jobs until too many are idle or the gateway shuts down.
func (g *Gateway) work(job func()) {
	for {
		job()
		if g.workers.idle.Add(1) > maxIdleWorkers {
			g.workers.idle.Add(-1)
			return
		}
		select {
		case job = <-g.workers.jobs:
			g.workers.idle.Add(-1)
		case <-g.acceptCtx.Done():
			g.workers.idle.Add(-1)
			return
		}
	}
}

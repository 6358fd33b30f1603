package linear

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	clients       = 8
	callsEach     = 8 // of a client at one shelf
	shelves       = 6 // 12 products
	firstProduct  = 131
	codesLiveFor  = time.Minute
	hangUpPercent = 15
)

// faults are what goes wrong in a round.
type faults struct{ hangUp, restart bool }

// round is one history: the clients meet at one shelf after the other.
type round struct {
	*nodes
	*history
	faults faults
	number int
	random *rand.Rand

	starts [shelves]shelf
	ids    [shelves][shelfCodes]int64
	ticked [shelves]atomic.Bool // its expiry has come
}

func newRound(n *nodes, number int, seed uint64, f faults) *round {
	return &round{
		nodes: n, history: newHistory(clients * callsEach * shelves / 2),
		faults: f, number: number, random: rand.New(rand.NewPCG(seed, uint64(number))),
	}
}

// run records the history.
func (r *round) run(t *testing.T) {
	t.Helper()
	victim := r.random.IntN(len(r.shops))
	randoms := make([]*rand.Rand, clients)
	for i := range randoms {
		randoms[i] = rand.New(rand.NewPCG(r.random.Uint64(), r.random.Uint64()))
	}
	r.prepare(t)
	r.armed.Store(true)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for k := range shelves {
			meet(clients, func(i int) {
				for range callsEach {
					r.do(i, randoms[i], r.draw(randoms[i], k))
				}
			})
		}
	}()
	if r.faults.restart {
		<-r.half
		r.restart(t, victim)
	}
	<-over
	r.armed.Store(false)
	r.lookAround()
	r.close(r.fixture.Now().UnixMilli())
}

// meet runs the clients at once.
func meet(n int, client func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			client(i)
		})
	}
	close(start)
	wg.Wait()
}

// prepare fills the shelves: every code is new, half of them run out, and there
// are fewer pieces than codes.
func (r *round) prepare(t *testing.T) {
	t.Helper()
	for k := range r.starts {
		s := &r.starts[k]
		for i := range s.trades {
			s.trades[i].code = none
		}
		for i := range s.codes {
			s.codes[i] = code{state: vending.CodeUnused, trade: none}
			if i >= shelfCodes/2 {
				s.codes[i].expiredAt = r.fixture.Now().Add(codesLiveFor).UnixMilli()
			}
		}
		for i := range s.stock {
			s.stock[i] = 1 + r.random.Int64N(2)
		}
	}
	ctx := t.Context()
	err := r.shops[0].store.InTx(ctx, func(tx *store.Tx) error {
		for k, s := range r.starts {
			if err := r.fill(ctx, tx, k, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *round) fill(ctx context.Context, tx *store.Tx, k int, s shelf) error {
	for i, c := range s.codes {
		id, err := tx.InsertCode(ctx, db.InsertCodeParams{
			MachineID: r.fixture.Machine.ID, ProductID: product(k, i), Code: r.code(k, i), Quantity: 1,
			CreatedAt: r.fixture.Now().UnixMilli(), ExpiredAt: c.expiredAt,
		})
		if err != nil {
			return err
		}
		r.ids[k][i] = id
	}
	for i, level := range s.stock {
		p, err := tx.ProductByID(ctx, product(k, i))
		if err != nil {
			return err
		}
		n, err := tx.SetStock(ctx, level, p.ID, p.CurrentInventory)
		if err := store.Changed("set stock", n, err); err != nil {
			return err
		}
	}
	return nil
}

func product(k, i int) int64 { return int64(firstProduct + k*shelfProducts + i%shelfProducts) }

func (r *round) code(k, i int) string { return fmt.Sprint(100_000_000 + r.number*100 + k*10 + i) }

func (r *round) trade(k, i int) string { return fmt.Sprintf("%020d", r.number*100+k*10+i) }

// draw chooses what a client does next at a shelf.
func (r *round) draw(random *rand.Rand, k int) call {
	in := call{shelf: k, code: random.IntN(shelfCodes), trade: random.IntN(shelfTrades), product: random.IntN(shelfProducts)}
	switch n := random.IntN(100); {
	case n < 55:
		in.kind = consume
	case n < 63:
		in.kind = cancel
	case n < 66:
		in.kind = atMachine
	case n < 72:
		in.kind = sweep
	case n < 80:
		in.kind = list
	case n < 90:
		in.kind = query
	default:
		in.kind = count
	}
	return in
}

// lookAround asks for everything once the clients are gone.
func (r *round) lookAround() {
	for k := range shelves {
		for i := range shelfTrades {
			r.record(context.Background(), 0, r.shops[0], call{kind: query, shelf: k, trade: i})
		}
		for i := range shelfProducts {
			r.record(context.Background(), 0, r.shops[0], call{kind: list, shelf: k, product: i})
			r.record(context.Background(), 0, r.shops[0], call{kind: count, shelf: k, product: i})
		}
		for i := range shelfCodes { // says how each code has ended
			r.record(context.Background(), 0, r.shops[0], call{kind: cancel, shelf: k, code: i})
		}
	}
}

// do makes a call at a client's node.
func (r *round) do(client int, random *rand.Rand, in call) {
	if in.kind == sweep && r.ticked[in.shelf].CompareAndSwap(false, true) {
		r.fixture.Advance(codesLiveFor)
	}
	ctx := context.Background()
	if r.faults.hangUp && random.IntN(100) < hangUpPercent {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		// At once, or at any time while the call is under way.
		steps := random.IntN(200)
		go func() {
			for range steps {
				runtime.Gosched()
			}
			cancel()
		}()
	}
	r.record(ctx, client, r.shop(client), in)
}

// record makes a call and notes it.
func (r *round) record(ctx context.Context, client int, s *shop, in call) {
	in.now = r.fixture.Now().UnixMilli()
	began := r.tick()
	out := r.ask(ctx, s, in)
	ended := r.tick()
	out.now = r.fixture.Now().UnixMilli()
	r.add(client, in, out, began, ended)
}

// ask translates a call for a shop, and its answer for the model.
func (r *round) ask(ctx context.Context, s *shop, in call) answer {
	k := in.shelf
	var out answer
	var err error
	switch in.kind {
	case consume:
		out.order, err = s.consume(ctx, r.code(k, in.code), product(k, in.code), r.trade(k, in.trade))
	case cancel:
		err = s.cancel(ctx, r.ids[k][in.code])
	case atMachine:
		err = s.pickup.UsedAtMachine(ctx, r.fixture.Machine.ID, r.ids[k][in.code])
	case sweep:
		err = s.pickup.ExpireSweep(ctx)
	case list:
		var ids []int64
		ids, err = s.list(ctx, product(k, in.product))
		for i, id := range r.ids[k] {
			out.live[i] = slices.Contains(ids, id)
		}
	case query:
		var codeID int64
		out.order, codeID, err = s.query(ctx, r.trade(k, in.trade))
		out.code = slices.Index(r.ids[k][:], codeID)
	case count:
		out.stock, err = s.count(ctx, product(k, in.product))
	}
	if err != nil {
		out = answer{}
		out.verdict, out.order = verdictOf(err)
	}
	return out
}

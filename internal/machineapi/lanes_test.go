package machineapi

import (
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
)

func TestLanesClaimedTwice(t *testing.T) {
	l := newLanes()
	row := db.Command{ID: 1, MachineID: 7}
	expect := func(what string, want placement) {
		t.Helper()
		if got, _ := l.place(row); got != want {
			t.Fatalf("%s: placement %d, want %d", what, got, want)
		}
	}
	l.beginClaim()
	expect("new", placedNew)
	l.endClaim()

	l.beginClaim()
	expect("while it waits", placedDup)
	l.endClaim()

	if c, ok := l.next(keyOf(row)); !ok || c.ID != 1 {
		t.Fatal("the row is not in its lane")
	}
	l.beginClaim()
	expect("while it is sent", placedDup)
	if claims := l.release(1); claims != 2 {
		t.Fatalf("release tells of %d more claims, want 2", claims)
	}
	expect("until those are taken back", placedDup)
	if first, second := l.release(1), l.release(1); first != 1 || second != 0 {
		t.Fatalf("release tells of %d, then %d more claims, want 1 and 0", first, second)
	}
	// The claim under way may have read the row before its result was
	// recorded: sending from that copy would send twice.
	expect("recorded since the claim began", placedOld)
	l.endClaim()

	if _, ok := l.next(keyOf(row)); ok {
		t.Fatal("the lane is not empty")
	}
	l.beginClaim()
	expect("claimed after it was recorded", placedNew)
}

func TestLanesBounds(t *testing.T) {
	l := newLanes()
	l.beginClaim()
	place := func(id, machine int64) (placement, int64) { return l.place(db.Command{ID: id, MachineID: machine}) }
	for id := range int64(maxLane) {
		if p, _ := place(id, 1); p != placed && p != placedNew {
			t.Fatalf("row %d: placement %d", id, p)
		}
	}
	if p, again := place(100, 1); p != turnedAway || again != overflowPause {
		t.Fatalf("row beyond the lane: placement %d, again in %d ms", p, again)
	}
	for id := range int64(maxLane) {
		_, again := place(1000+id, 1)
		if want := int64(overflowPause); id == maxLane-1 && again != 2*want {
			t.Fatalf("row %d beyond the lane comes again in %d ms, want %d", id, again, 2*want)
		}
	}
	if p, _ := place(5000, 2); p != placedNew {
		t.Fatal("another machine has no room")
	}
	for id := int64(6000); l.beginClaim() > 0; id++ {
		place(id, id)
	}
	select {
	case <-l.freed.C():
		t.Fatal("told of room while there is none")
	default:
	}
	l.release(5000)
	select {
	case <-l.freed.C():
	default:
		t.Fatal("not told that there is room")
	}
	if room := l.beginClaim(); room != 1 {
		t.Fatalf("room for %d, want 1", room)
	}
}

func TestLaneKeepsIDOrder(t *testing.T) {
	l := newLanes()
	for _, id := range []int64{5, 2, 9, 3} {
		l.place(db.Command{ID: id, MachineID: 1})
	}
	l.place(db.Command{ID: 1, MachineID: 1, DeliveryID: 4})
	for _, want := range []int64{2, 3, 5, 9} {
		if c, ok := l.next(laneKey{machineID: 1}); !ok || c.ID != want {
			t.Fatalf("got row %d, want %d", c.ID, want)
		}
	}
	if c, ok := l.next(laneKey{machineID: 1, dispense: true}); !ok || c.ID != 1 {
		t.Fatal("the dispense command has no lane of its own")
	}
}

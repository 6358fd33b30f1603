package gather

import (
	"slices"
	"sync"
	"testing"
)

func TestLine(t *testing.T) {
	var l Line[int]
	if got := l.Take(2); len(got) != 0 {
		t.Errorf("%v in an empty line", got)
	}
	for i := range 3 {
		if start := l.Put(i); start != (i == 0) {
			t.Errorf("Put %d: start is %v", i, start)
		}
	}
	if got := l.Take(2); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("first %v", got)
	}
	if l.Put(3) {
		t.Error("started although somebody is at it")
	}
	for _, want := range [][]int{{2, 3}, {}} {
		if got := l.Take(2); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if !l.Put(4) {
		t.Error("not started although nobody is at it")
	}
}

// Everything is taken once, in the order of who put it, and nothing is left behind.
func TestLineOfMany(t *testing.T) {
	const callers, each = 8, 500
	var l Line[[2]int]
	var mu sync.Mutex
	next := [callers]int{}
	var all, takers sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				if !l.Put([2]int{c, i}) {
					continue
				}
				takers.Go(func() {
					for batch := l.Take(7); len(batch) > 0; batch = l.Take(7) {
						mu.Lock()
						for _, it := range batch {
							if it[1] != next[it[0]] {
								t.Errorf("caller %d: %d, want %d", it[0], it[1], next[it[0]])
							}
							next[it[0]]++
						}
						mu.Unlock()
					}
				})
			}
		})
	}
	all.Wait()
	takers.Wait()
	for c, n := range next {
		if n != each {
			t.Errorf("%d of caller %d were taken", n, c)
		}
	}
}

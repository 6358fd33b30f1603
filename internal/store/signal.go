package store

// Signal wakes one waiting relay. Notifications that arrive while nobody waits
// are kept as one.
type Signal struct{ c chan struct{} }

// NewSignal makes a signal.
func NewSignal() *Signal { return &Signal{c: make(chan struct{}, 1)} }

// Notify wakes the waiter now, or the next one that comes.
func (s *Signal) Notify() {
	select {
	case s.c <- struct{}{}:
	default:
	}
}

// C is the channel to wait on.
func (s *Signal) C() <-chan struct{} { return s.c }

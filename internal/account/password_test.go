package account

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	ctx := context.Background()
	h := newHasher(Cost{MemoryKiB: 8, Passes: 1}, rand.Reader)
	stored, err := h.hash(ctx, "correct-horse")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.hash(ctx, "correct-horse")
	if err != nil || again == stored {
		t.Errorf("the same password has the same hash twice (%v)", err)
	}
	// A hash with other parameters than today's is still good.
	stronger := newHasher(Cost{MemoryKiB: 16, Passes: 2}, rand.Reader)
	for password, want := range map[string]bool{"correct-horse": true, "correct-horsf": false, "": false} {
		if got, err := stronger.matches(password, stored); err != nil || got != want {
			t.Errorf("%q: %v, want %v (%v)", password, got, want, err)
		}
	}
	// Nobody's hash belongs to no password.
	if got, err := h.matches("", ""); err != nil || got {
		t.Errorf("nobody has a password: %v, %v", got, err)
	}
	ended, stop := context.WithCancel(ctx)
	stop()
	for range hashersAtOnce {
		h.places <- struct{}{}
	}
	if _, err := h.hash(ended, "correct-horse"); err == nil {
		t.Error("hashed without a place")
	}
}

// A stored hash that is none is an error and never a match, and costs no more
// memory than the largest that is accepted.
func FuzzDecodeHash(f *testing.F) {
	h := newHasher(Cost{MemoryKiB: 8, Passes: 1}, rand.Reader)
	good, err := h.hash(context.Background(), "correct-horse")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(h.nobody)
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=1$AAAA$AAAA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA")
	f.Add(strings.Repeat("$", 10))
	f.Fuzz(func(t *testing.T, stored string) {
		c, salt, hash, err := decode(stored)
		if err != nil {
			return
		}
		if c.MemoryKiB < 8 || c.MemoryKiB > maxMemoryKiB || c.Passes < 1 || c.Passes > maxPasses || len(hash) != keySize {
			t.Errorf("decoded %+v, %d bytes", c, len(hash))
		}
		again, salt2, hash2, err := decode(encode(c, salt, hash))
		if err != nil || again != c || string(salt) != string(salt2) || string(hash) != string(hash2) {
			t.Errorf("encoded again: %+v, %v", again, err)
		}
	})
}

package require

import (
	"fmt"
	"runtime"
	"testing"
)

// fakeTB records how Binary ended the test.
type fakeTB struct {
	testing.TB
	outcome string
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Skipf(string, ...any) {
	f.outcome = "skip"
	runtime.Goexit()
}

func (f *fakeTB) Fatalf(string, ...any) {
	f.outcome = "fatal"
	runtime.Goexit()
}

func TestBinary(t *testing.T) {
	for _, c := range []struct{ env, name, want string }{
		{"", "go", ""},
		{"all", "go", ""},
		{"", "no-such-binary", "skip"},
		{"small", "no-such-binary", "skip"},
		{"all", "no-such-binary", "fatal"},
		{"race,all", "no-such-binary", "fatal"},
	} {
		t.Run(fmt.Sprintf("%q %s", c.env, c.name), func(t *testing.T) {
			t.Setenv(Env, c.env)
			tb := &fakeTB{}
			done := make(chan struct{})
			go func() {
				defer close(done)
				if path := Binary(tb, c.name); path == "" {
					t.Error("returned without a path")
				}
			}()
			<-done
			if tb.outcome != c.want {
				t.Errorf("outcome %q, want %q", tb.outcome, c.want)
			}
		})
	}
}

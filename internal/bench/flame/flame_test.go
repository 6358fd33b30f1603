package main

import (
	"strings"
	"testing"
	"time"
)

const traces = `File: x.test
Type: cpu
-----------+-------------------------------------------------------
      30ms   runtime.memmove
             github.com/vendlane/vendlane/internal/store.(*Store).InTx (inline)
             main.main
-----------+-------------------------------------------------------
     1.20s   github.com/vendlane/vendlane/internal/store.(*Store).InTx
             main.main
-----------+-------------------------------------------------------
`

func TestParse(t *testing.T) {
	root, err := parse(strings.NewReader(traces))
	if err != nil {
		t.Fatal(err)
	}
	inTx := root.called["main.main"].called["github.com/vendlane/vendlane/internal/store.(*Store).InTx"]
	if root.time != 1230*time.Millisecond || inTx.time != root.time || inTx.called["runtime.memmove"].time != 30*time.Millisecond {
		t.Errorf("%+v", root)
	}
	if _, err := parse(strings.NewReader("File: x\n-----\n")); err == nil {
		t.Error("a profile without samples")
	}
}

func TestDraw(t *testing.T) {
	root, err := parse(strings.NewReader(traces))
	if err != nil {
		t.Fatal(err)
	}
	svg := string(draw(root, "a <title>"))
	for _, want := range []string{"a &lt;title&gt;", "store.(*Store).InTx</text>", "runtime.memmove 2.4%", "</svg>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in\n%s", want, svg)
		}
	}
}

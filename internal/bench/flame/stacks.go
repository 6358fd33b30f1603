package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// frame is a function, and those it called.
type frame struct {
	name   string
	time   time.Duration
	called map[string]*frame
}

// add adds a sample; stack begins with the innermost function.
func (f *frame) add(stack []string, took time.Duration) {
	f.time += took
	if len(stack) == 0 {
		return
	}
	outer := stack[len(stack)-1]
	next := f.called[outer]
	if next == nil {
		next = &frame{name: outer, called: map[string]*frame{}}
		f.called[outer] = next
	}
	next.add(stack[:len(stack)-1], took)
}

// sample is the first line of a stack in what `go tool pprof -traces` says: a
// time and the innermost function. The others follow, one on a line.
var sample = regexp.MustCompile(`^ *([0-9.]+(?:ns|us|ms|s|m|h)) {3}(\S.*)$`)

// parse reads the stacks of a profile.
func parse(r io.Reader) (*frame, error) {
	root := &frame{name: "all", called: map[string]*frame{}}
	var stack []string
	var took time.Duration
	inStacks := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "-----") {
			if len(stack) > 0 {
				root.add(stack, took)
			}
			inStacks, stack = true, nil
			continue
		}
		if !inStacks {
			continue // the head
		}
		name := strings.TrimSpace(line)
		if first := sample.FindStringSubmatch(line); first != nil && len(stack) == 0 {
			var err error
			if took, err = time.ParseDuration(first[1]); err != nil {
				return nil, fmt.Errorf("read a profile: %w", err)
			}
			name = first[2]
		}
		if name = strings.TrimSuffix(name, " (inline)"); name != "" {
			stack = append(stack, name)
		}
	}
	if len(stack) > 0 {
		root.add(stack, took)
	}
	if root.time == 0 {
		return nil, errors.New("the profile has no samples")
	}
	return root, lines.Err()
}

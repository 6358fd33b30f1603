// Package docstest runs what the pages of docs tell their readers to run.
//
// A fence of shell says in its info string what becomes of it:
//
//	sh run=NAME             runs in the shell and the folder of the session NAME, after those before it
//	sh run=NAME,OTHER       runs in each of several sessions
//	sh run=NAME background  goes on until the session ends, as in a terminal of its own
//	sh run=NAME until       is repeated until its output is the expected one
//	sh skip=REASON          cannot run in a test
//	yaml run=NAME file=PATH is written to a file of the session, in whatever language it is
//	console skip=REASON     is typed lines, behind "$ ", among what they print
//
// The text or json fence behind a fence that runs is what it prints; … stands for
// anything.
package docstest

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/vendlane/vendlane/docs"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// fence is a block of code on a page.
type fence struct {
	page, language     string
	run, skip, file    string
	background, repeat bool
	text               string
	line               int
	output             string // what it prints, if the page shows it
	shown              bool
}

// fences reads those of a page; the expected outputs are with what prints them.
func fences(t *testing.T, page string) []fence {
	t.Helper()
	source, err := fs.ReadFile(docs.Pages, page)
	if err != nil {
		t.Fatal(err)
	}
	var out []fence
	tree := goldmark.DefaultParser().Parse(text.NewReader(source))
	for n := tree.FirstChild(); n != nil; n = n.NextSibling() {
		code, isFence := n.(*ast.FencedCodeBlock)
		if !isFence {
			continue
		}
		f := fence{page: page, text: string(code.Lines().Value(source))}
		if code.Info != nil {
			f.read(t, string(code.Info.Segment.Value(source)))
			f.line = 1 + strings.Count(string(source[:code.Info.Segment.Start]), "\n")
		}
		if f.language == "text" || f.language == "json" {
			if before, isFence := n.PreviousSibling().(*ast.FencedCodeBlock); isFence && before.Info != nil && len(out) > 0 && out[len(out)-1].run != "" {
				out[len(out)-1].output, out[len(out)-1].shown = f.text, true
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// read takes the info string apart.
func (f *fence) read(t *testing.T, info string) {
	t.Helper()
	for i, word := range strings.Fields(info) {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case i == 0:
			f.language = word
		case key == "run":
			f.run = value
		case key == "skip":
			f.skip = value
		case key == "file":
			f.file = value
		case word == "background":
			f.background = true
		case word == "until":
			f.repeat = true
		default:
			t.Errorf("%s: a fence says %q, which means nothing", f.page, word)
		}
	}
}

// pages are those in English, or their twins.
func pages(t *testing.T, chinese bool) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(docs.Pages, ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".md") && strings.HasSuffix(name, zh) == chinese {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const zh = ".zh-CN.md"

// Every command on a page runs, or says why it cannot.
func TestEveryFenceSaysWhatItIs(t *testing.T) {
	for _, page := range append(pages(t, false), pages(t, true)...) {
		for _, f := range fences(t, page) {
			shell := slices.Contains([]string{"sh", "bash", "shell", "console"}, f.language)
			switch {
			case f.language == "":
				t.Errorf("%s: a fence names no language: %.40q", page, f.text)
			case shell && (f.run == "") == (f.skip == ""):
				t.Errorf("%s:%d: say run=NAME or skip=REASON", page, f.line)
			case f.run != "" && f.language != "sh" && f.file == "":
				t.Errorf("%s:%d: only sh runs", page, f.line)
			case (f.background || f.repeat) && !f.shown:
				t.Errorf("%s:%d: nothing behind it says what it prints", page, f.line)
			case f.language == "json" && !json.Valid([]byte(f.text)):
				t.Errorf("%s:%d: not JSON", page, f.line)
			case f.language == "yaml":
				var v any
				if err := yaml.Unmarshal([]byte(f.text), &v); err != nil {
					t.Errorf("%s:%d: %v", page, f.line, err)
				}
			}
		}
	}
}

// Both languages tell their readers to run the same; only comments differ.
func TestSnippetsAreTheSameInBothLanguages(t *testing.T) {
	for _, page := range pages(t, false) {
		twin := strings.TrimSuffix(page, ".md") + zh
		if _, err := fs.Stat(docs.Pages, twin); err != nil {
			continue // the pages without a twin are docsite's to know
		}
		en, cn := commands(t, page), commands(t, twin)
		for i := range max(len(en), len(cn)) {
			if i >= len(en) || i >= len(cn) || en[i] != cn[i] {
				t.Errorf("%s and %s differ in their fence %d of %d and %d", page, twin, i+1, len(en), len(cn))
				break
			}
		}
	}
}

// commands are the fences that run or could, without place, comments and what
// typed lines print, which is in the reader's language.
func commands(t *testing.T, page string) []fence {
	t.Helper()
	var out []fence
	for _, f := range fences(t, page) {
		if f.run == "" && f.skip == "" {
			continue
		}
		lines := strings.Split(f.text, "\n")
		if f.language == "console" {
			lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "$ ") })
		}
		for i, line := range lines {
			mark := "# "
			if slices.Contains([]string{"go", "js", "php"}, f.language) {
				mark = "// "
			}
			if code, comment, found := strings.Cut(line, mark); found && comment != "" {
				lines[i] = strings.TrimRight(code, " ")
			}
		}
		f.text, f.page, f.line = strings.Join(lines, "\n"), "", 0
		out = append(out, f)
	}
	return out
}

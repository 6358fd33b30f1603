package qrsheet_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/qrsheet"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

func labels(n int) []qrsheet.Label {
	out := make([]qrsheet.Label, n)
	for i := range out {
		code := fmt.Sprintf("%08d", 52_880_000+i)
		out[i] = qrsheet.Label{URL: "https://vend.example/p/16327129?code=" + code, Title: code, Lines: []string{"16327129 A1", "可乐", "2024-05-01 12:00 +08:00"}}
	}
	return out
}

// A sheet is a PDF with as many pages as it needs.
func TestWrite(t *testing.T) {
	at := time.Unix(1714353655, 0)
	for n, pages := range map[int]int{1: 1, 24: 1, 25: 2} {
		var out bytes.Buffer
		if err := qrsheet.Write(&out, labels(n), at); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(out.Bytes(), []byte("%PDF-")) || bytes.Count(out.Bytes(), []byte("/Type /Page\n")) != pages {
			t.Errorf("%d labels: %d pages, want %d", n, bytes.Count(out.Bytes(), []byte("/Type /Page\n")), pages)
		}
	}
}

// What no QR code can hold is an error.
func TestTooLong(t *testing.T) {
	if err := qrsheet.Write(io.Discard, []qrsheet.Label{{URL: strings.Repeat("x", 5000)}}, time.Now()); err == nil {
		t.Error("no error")
	}
}

// A printed sheet can be scanned: what a reader makes of it is what was put in.
func TestScan(t *testing.T) {
	pdftoppm, zbarimg := require.Binary(t, "pdftoppm"), require.Binary(t, "zbarimg")
	dir := t.TempDir()
	file := filepath.Join(dir, "sheet.pdf")
	var out bytes.Buffer
	if err := qrsheet.Write(&out, labels(3), time.Unix(1714353655, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), pdftoppm, "-r", "150", "-png", file, filepath.Join(dir, "page")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "page*.png"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("pages %v: %v", pages, err)
	}
	read, err := exec.CommandContext(t.Context(), zbarimg, "-q", "--raw", pages[0]).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labels(3) {
		if !strings.Contains(string(read), l.URL+"\n") {
			t.Errorf("%q is not among what was scanned:\n%s", l.URL, read)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	sheet := labels(10_000)
	for b.Loop() {
		var out bytes.Buffer
		if err := qrsheet.Write(&out, sheet, time.Unix(1714353655, 0)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(out.Len()), "bytes")
	}
}

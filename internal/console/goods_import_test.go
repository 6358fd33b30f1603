package console

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/vending"
)

func (b *browser) preview(file string) map[string]any {
	b.f.t.Helper()
	return b.want(http.StatusOK, "POST", "/goods/import/preview", goodsUpload{[]byte(file)})
}

// apply imports a file as its preview showed it.
func (b *browser) apply(file string, preview map[string]any) map[string]any {
	b.f.t.Helper()
	return b.want(http.StatusOK, "POST", "/goods/import", map[string]any{"file": []byte(file), "fingerprint": preview["fingerprint"]})
}

func counts(info map[string]any) string {
	return fmt.Sprint(info["created"], info["changed"], info["unchanged"], info["refused"])
}

// A file that was exported changes nothing, whatever the goods are called.
func TestGoodsExportComesBack(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	for slug, text := range map[string]string{"=1+1": "-5", "'@x": "''=1", " 690 ": "a,\"b\"\r\nc", "-7": "'quoted'"} {
		b.want(http.StatusCreated, "POST", "/goods", map[string]any{"slug": slug, "name": text, "description": text, "price": 150, "original_price": 200})
	}
	saved := *b
	saved.headers = map[string]string{"Accept": "text/csv"}
	file := saved.send("GET", "/goods", nil).Body.String()
	got := b.preview(file)
	if counts(got) != "0 0 5 0" || fmt.Sprint(got["ignored_columns"]) != "[updated_at machines channels]" {
		t.Errorf("preview %v", got)
	}
	if got := b.apply(file, got); counts(got) != "0 0 5 0" {
		t.Errorf("import %v", got)
	}
}

// A preview shows what changes and where; the import does that, and tells who did.
func TestGoodsImport(t *testing.T) {
	f := newFixture(t)
	owner, b := f.as(account.Owner, ""), f.as(account.Operator, "")
	file := "slug,name,price,original_price,shelf\r\n" +
		"cola,Cola,2.75,,A\r\n" +
		"6901234567892,Tea,1.50,2,B\r\n" +
		"6901234567892,Tea again,1.50,2,B\r\n" +
		"6.90123E+12,Juice,1,,B\r\n" +
		"water,,1,,B\r\n" +
		"water,Water,one,,B\r\n" +
		"milk,Milk\r\n"
	got := b.preview(file)
	if counts(got) != "1 1 0 5" || fmt.Sprint(got["ignored_columns"]) != "[shelf]" {
		t.Errorf("preview %v", got)
	}
	changed := got["changed_lines"].([]any)[0].(map[string]any)
	if before, after := changed["before"].(map[string]any), changed["after"].(map[string]any); changed["machines"] != 1.0 ||
		before["price"] == 275.0 || after["price"] != 275.0 || after["original_price"] != 275.0 || after["description"] != before["description"] {
		t.Errorf("changed %v", changed)
	}
	var refused []string
	for _, r := range got["refused_lines"].([]any) {
		line := r.(map[string]any)
		refused = append(refused, fmt.Sprint(line["line"], " ", line["field"], " ", line["reason"]))
	}
	if want := "4 slug conflict, 5 slug format, 6 name range, 7 price format, 8 columns range"; strings.Join(refused, ", ") != want {
		t.Errorf("refused %v, want %s", refused, want)
	}
	if again := b.preview(file); again["fingerprint"] != got["fingerprint"] {
		t.Error("a preview changes something")
	}
	if done := b.apply(file, got); counts(done) != "1 1 0 5" {
		t.Errorf("import %v", done)
	}
	b.wantError(http.StatusConflict, "changed_meanwhile", "POST", "/goods/import", map[string]any{"file": []byte(file), "fingerprint": got["fingerprint"]})
	if again := b.preview(file); counts(again) != "0 0 2 5" {
		t.Errorf("after the import: %v", again)
	}
	entries := owner.want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)
	for i, want := range []string{"good.change cola", "good.create 6901234567892"} {
		e := entries[i].(map[string]any)
		if fmt.Sprint(e["action"], " ", e["subject_id"]) != want || e["email"] != "operator@shop.example" {
			t.Errorf("entry %d: %v, want %s", i, e, want)
		}
	}
}

// A column that is not in the file changes nothing; a price crossed out stays.
func TestGoodsImportOfPricesOnly(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Admin, "")
	b.want(http.StatusCreated, "POST", "/goods", `{"slug":"tea","name":"Tea","description":"Green","price":150,"original_price":200}`)
	got := b.preview("\ufeffPrice, slug\n1.25,tea\n3,new\n")
	after := got["changed_lines"].([]any)[0].(map[string]any)["after"]
	if want := "map[description:Green name:Tea original_price:200 price:125 thumb:]"; counts(got) != "0 1 0 1" || fmt.Sprint(after) != want {
		t.Errorf("preview %v", got)
	}
}

func TestGoodsImportRefusesFiles(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	long := "slug\n" + strings.Repeat("a\n", maxGoodsLines+1)
	for name, c := range map[string]struct{ file, reason string }{
		"empty":     {"", "head"},
		"no slug":   {"name,price\n", "head"},
		"twice":     {"slug,name,Name\n", "head"},
		"columns":   {"slug" + strings.Repeat(",", 200), "head"},
		"encoding":  {"slug,name\na,\xbf\xc9\xc0\xd6\n", "encoding"},
		"quote":     {"slug,name\na,\"b\nc\n", "csv"},
		"too long":  {long, "range"},
		"too large": {"slug\n" + strings.Repeat("a", maxGoodsFile), "range"},
	} {
		w := b.send("POST", "/goods/import/preview", goodsUpload{[]byte(c.file)})
		if !strings.Contains(w.Body.String(), fmt.Sprintf(`"reason":%q`, c.reason)) || errorCode(w) != "10001" {
			t.Errorf("%s: HTTP %d %s, want %s", name, w.Code, w.Body, c.reason)
		}
	}
	b.wantError(http.StatusRequestEntityTooLarge, "body_too_large", "POST", "/goods/import", goodsUpload{make([]byte, maxUpload)})
	f.as(account.Restocker, "").wantError(http.StatusForbidden, "forbidden", "POST", "/goods/import/preview", goodsUpload{[]byte("slug\n")})
}

// Whatever the file, what is read is within the bounds, each line once, and says
// the same when it is written and read again.
func FuzzGoodsFile(f *testing.F) {
	for _, seed := range []string{
		"", "slug\n", "\ufeffslug,name,price\r\na,b,1.50\r\n", "slug,slug\n", "slug,price,original_price\na,1,\nb,,1\nc,x,1\n",
		"slug,name\n'=1,\"a\nb\"\n", "name\tslug", "slug\n\"", "slug,\xff\n", "slug;name\na;b\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := readGoods(raw)
		if err != nil {
			if vending.CodeOf(err) != vending.CodeForm {
				t.Fatal(err)
			}
			return
		}
		last := 1
		var again bytes.Buffer
		out := csv.NewWriter(&again)
		_ = out.Write([]string{"slug", "name"})
		for _, line := range file.lines {
			if line.Number <= last {
				t.Fatalf("line %d, %q", line.Number, line.Slug)
			}
			last = line.Number
			_ = out.Write([]string{harmless(line.Slug), harmless(nameOf(line))})
		}
		out.Flush()
		second, err := readGoods(again.Bytes())
		if err != nil || len(second.lines)+len(second.refused) != len(file.lines) {
			t.Fatalf("%d lines became %d, %v", len(file.lines), len(second.lines), err)
		}
		for i, line := range second.lines {
			if line.Slug != file.lines[i].Slug || nameOf(line) != strings.ReplaceAll(nameOf(file.lines[i]), "\r\n", "\n") {
				t.Fatalf("%+v became %+v", file.lines[i], line)
			}
		}
	})
}

func nameOf(l catalog.GoodLine) string {
	if l.Name == nil {
		return "x"
	}
	return *l.Name
}

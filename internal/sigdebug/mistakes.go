package sigdebug

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/signature"
)

// mistake is one way to get the pairs wrong.
type mistake struct {
	diagnosis Diagnosis
	fields    func(r *report) []field
}

// search looks for the one mistake that gives the received signature.
func (r *report) search() {
	right := sorted(kept(r.fields))
	for _, key := range []struct {
		diagnosis   Diagnosis
		key, shown  string
		unavailable bool
	}{
		{diagnosis: AppIDAsKey, key: "&key=" + r.in.AppID, shown: "&key=<AppId>", unavailable: r.in.AppID == ""},
		{diagnosis: AppSecretAsKey, key: "&key=" + r.in.AppSecret, shown: "&key=<AppSecret>", unavailable: r.in.AppSecret == ""},
		{diagnosis: KeyLeftOut, key: "&key=", shown: "&key="},
		{diagnosis: KeyLeftOut},
	} {
		if !key.unavailable && r.tryForms(key.diagnosis, right, key.key, key.shown) {
			return
		}
	}
	end, shown := "&key="+r.in.AppKey, "&key=<AppKey>"
	for _, dialect := range dialects() {
		if r.try(URLEncodedValues, dialect.form, right, dialect, end, shown) {
			return
		}
	}
	for _, m := range mistakes() {
		if r.tryForms(m.diagnosis, m.fields(r), end, shown) {
			return
		}
	}
}

// tryForms tries pairs in the forms that are accepted.
func (r *report) tryForms(d Diagnosis, fields []field, end, shown string) bool {
	return r.try(d, signature.Raw, fields, dialect{name: same, text: same}, end, shown) ||
		r.try(d, signature.Escaped, fields, dialect{name: url.QueryEscape, text: url.QueryEscape}, end, shown)
}

// try tells whether pairs written in a dialect, with an end, have the received
// signature; if so it is explained. form is what they are compared with.
func (r *report) try(d Diagnosis, form signature.Form, fields []field, in dialect, end, shown string) bool {
	var out strings.Builder
	for i, f := range fields {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(in.name(f.name) + "=" + in.text(f.text))
	}
	if !strings.EqualFold(fmt.Sprintf("%X", md5.Sum([]byte(out.String()+end))), r.Received) {
		return false
	}
	r.Diagnosis = d
	r.expect(form)
	r.SenderCanonical = out.String() + shown
	r.FirstDifference = differ(r.Canonical, r.SenderCanonical)
	return true
}

// dialect is a way to escape that no form has.
type dialect struct {
	form       signature.Form // the nearest
	name, text func(string) string
}

func same(text string) string { return text }

func dialects() []dialect {
	percent := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	component := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
	script := func(text string) string { return component.Replace(percent(text)) }
	out := []dialect{}
	for _, escape := range []func(string) string{url.QueryEscape, percent, script} {
		lower := func(text string) string { return lowerHex(escape(text)) }
		for _, text := range []func(string) string{escape, lower} {
			out = append(out, dialect{signature.Escaped, text, text}, dialect{signature.Escaped, same, text})
		}
	}
	return out
}

// lowerHex writes %2F as %2f.
func lowerHex(text string) string {
	out := []byte(text)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == '%' {
			copy(out[i+1:], strings.ToLower(string(out[i+1:i+3])))
		}
	}
	return string(out)
}

func mistakes() []mistake {
	out := []mistake{
		{SignIncluded, func(r *report) []field { return sorted(keeping(r.fields, "sign")) }},
		{EmptyValuesKept, func(r *report) []field { return sorted(keeping(r.fields, "empty")) }},
		{EmptyValuesKept, func(r *report) []field { return sorted(named(keeping(r.fields, "null_text"), "NULL", "null_text")) }},
		{EmptyValuesKept, func(r *report) []field {
			return sorted(named(keeping(r.fields, "empty", "null_text"), "NULL", "null_text"))
		}},
		{ZeroLeftOut, func(r *report) []field { return sorted(withoutZero(r.fields)) }},
		{NestedAsJSON, func(r *report) []field { return sorted(topLevel(r)) }},
		{Unsorted, func(r *report) []field { return kept(r.fields) }},
		{Unsorted, func(r *report) []field { out := sorted(kept(r.fields)); slices.Reverse(out); return out }},
		{Unsorted, func(r *report) []field { return foldSorted(kept(r.fields)) }},
	}
	for _, null := range []string{"", "null", "NULL", "None"} {
		out = append(out, mistake{EmptyValuesKept, func(r *report) []field {
			return sorted(named(named(keeping(r.fields, "empty", "null_text", "null"), null, "null"), "NULL", "null_text"))
		}}, mistake{EmptyValuesKept, func(r *report) []field {
			return sorted(named(keeping(r.fields, "null"), null, "null"))
		}})
	}
	for _, write := range numberStyles() {
		for _, texts := range []bool{false, true} {
			out = append(out, mistake{NumberDiffers, func(r *report) []field {
				return sorted(rewritten(kept(r.fields), func(f field) string {
					if n, err := strconv.ParseFloat(f.text, 64); err == nil && (f.number || texts && !f.boolean) {
						return write(n)
					}
					return f.text
				}))
			}})
		}
	}
	for _, words := range [][2]string{{"1", "0"}, {"True", "False"}, {"TRUE", "FALSE"}} {
		out = append(out, mistake{BooleanDiffers, func(r *report) []field {
			return sorted(rewritten(kept(r.fields), func(f field) string {
				switch {
				case f.boolean && f.text == "true":
					return words[0]
				case f.boolean:
					return words[1]
				}
				return f.text
			}))
		}})
	}
	return out
}

// numberStyles are how languages write a number they have read as a double.
func numberStyles() []func(float64) string {
	fixed := func(digits int) func(float64) string {
		return func(n float64) string { return strconv.FormatFloat(n, 'f', digits, 64) }
	}
	return []func(float64) string{
		fixed(-1), fixed(1), fixed(2), fixed(6),
		func(n float64) string { return fmt.Sprint(n) }, // 1.714353655e+09
		func(n float64) string { // 1.714353655E9
			text := strings.ReplaceAll(strconv.FormatFloat(n, 'E', -1, 64), "E+0", "E")
			return strings.ReplaceAll(text, "E+", "E")
		},
	}
}

// keeping returns the signed fields and those dropped for some reasons.
func keeping(fields []field, reasons ...string) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool {
		return f.dropped != "" && !slices.Contains(reasons, f.dropped)
	})
}

// named gives the fields dropped for a reason a text.
func named(fields []field, text, reason string) []field {
	for i := range fields {
		if fields[i].dropped == reason {
			fields[i].text = text
		}
	}
	return fields
}

func rewritten(fields []field, text func(field) string) []field {
	for i, f := range fields {
		fields[i].text = text(f)
	}
	return fields
}

// withoutZero leaves out the numbers 0 and false, as two client libraries do
// (signing.md §3.1).
func withoutZero(fields []field) []field {
	return slices.DeleteFunc(kept(fields), func(f field) bool { return f.number && f.text == "0" || f.boolean && f.text == "false" })
}

// topLevel has nested values as their JSON text.
func topLevel(r *report) []field {
	out := []field{}
	for name, v := range r.object.Members() {
		f := field{name: name, text: v.Text}
		if v.Kind == signature.Nested || v.Kind == signature.Array {
			var compact strings.Builder
			var value json.RawMessage = []byte(v.Text)
			enc := json.NewEncoder(&compact)
			enc.SetEscapeHTML(false)
			if enc.Encode(value) == nil {
				f.text = strings.TrimSpace(compact.String())
			}
		}
		if name != "sign" && f.text != "" && f.text != "NULL" {
			out = append(out, f)
		}
	}
	return out
}

func foldSorted(fields []field) []field {
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	return fields
}

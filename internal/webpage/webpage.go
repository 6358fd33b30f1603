// Package webpage is what the pages that the platform renders have in common.
package webpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// The languages that pages are written in, by their tags.
const (
	English = "en"
	Chinese = "zh-CN"
)

// Language returns that of a page: the chosen one if it is one of them, else the one
// that Accept-Language prefers, else English.
func Language(chosen, accept string) string {
	if tag := known(chosen); tag != "" {
		return tag
	}
	best, most := English, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, quality, weighted := strings.Cut(part, ";")
		weight := 1.0
		if weighted {
			weight, _ = strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(quality)), "q="), 64) // what is no number is refused, like 0
		}
		if tag = known(tag); tag != "" && weight > most {
			best, most = tag, weight
		}
	}
	return best
}

// known is the language that a tag means, "" if there is none.
func known(tag string) string {
	switch primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-"); primary {
	case "zh":
		return Chinese
	case "en":
		return English
	}
	return ""
}

// StylePolicy is a Content-Security-Policy that allows a page the style sheet in
// it, and nothing else.
func StylePolicy(page []byte) string {
	_, rest, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

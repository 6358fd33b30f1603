package docsite

import (
	"slices"
	"strings"
)

// part is a section of the navigation, with the pages in it.
type part struct {
	en, zh string
	pages  []string
}

// parts are the sections in their order. A page that stands in none is under
// "More"; decisions have a section of their own.
func parts() []part {
	return []part{
		{"Start", "开始", []string{"index", "quickstart", "concepts", "glossary"}},
		{"For merchants", "商户", []string{"tutorial", "sdks", "callbacks", "signing", "errors", "sandbox"}},
		{"For machines", "设备", []string{"machines", "certify", "simulator"}},
		{"For operators", "运维", []string{"operating", "configuration", "security", "performance"}},
		{"Reference", "参考", []string{"compatibility", "migration"}},
	}
}

const decisionFolder = "adr/"

// navigation leads from a page to every other one in its language.
func navigation(here source, all []source) []section {
	lang := languageOf(here.name)
	links := map[string]link{} // by the name without a language
	var decisions, more []link
	for _, s := range all {
		bare := english().twin(s.name)
		l := link{Title: s.title, Address: address(s.name), Here: s.name == here.name}
		switch {
		case strings.HasPrefix(s.name, decisionFolder):
			decisions = append(decisions, l)
		case languageOf(s.name) == lang || languageOf(s.name) == english() && !has(all, lang.twin(s.name)):
			links[bare] = l
		}
	}
	var out []section
	for _, p := range parts() {
		s := section{Title: p.en}
		if lang == chinese() {
			s.Title = p.zh
		}
		for _, name := range p.pages {
			if l, found := links[name]; found {
				s.Links = append(s.Links, l)
				delete(links, name)
			}
		}
		if len(s.Links) > 0 {
			out = append(out, s)
		}
	}
	for _, l := range links {
		more = append(more, l)
	}
	slices.SortFunc(more, func(a, b link) int { return strings.Compare(a.Address, b.Address) })
	if len(more) > 0 {
		out = append(out, section{Title: lang.more, Links: more})
	}
	if len(decisions) > 0 {
		out = append(out, section{Title: lang.decisions, Folded: true, Links: decisions})
	}
	return out
}

func has(all []source, name string) bool {
	return slices.ContainsFunc(all, func(s source) bool { return s.name == name })
}

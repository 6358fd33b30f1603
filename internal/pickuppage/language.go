package pickuppage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// The languages of the page.
const (
	chinese = "zh-CN"
	english = "en"
)

// language is the one that was chosen, else the one the browser prefers, else
// English.
func language(chosen, accept string) string {
	if chosen == chinese || chosen == english {
		return chosen
	}
	type wish struct {
		tag    string
		weight float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(strings.ToLower(accept), ",") {
		tag, weight, weighted := strings.Cut(strings.TrimSpace(part), ";q=")
		w := wish{tag, 1}
		if weighted {
			w.weight, _ = strconv.ParseFloat(weight, 64) // what is none comes last
		}
		wishes = append(wishes, w)
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	for _, w := range wishes {
		switch main, _, _ := strings.Cut(w.tag, "-"); main {
		case "zh":
			return chinese
		case "en":
			return english
		}
	}
	return english
}

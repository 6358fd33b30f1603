// Package bench holds what the sub-commands of `vendlane bench` share: figures
// that are measured several times for Vendlane and for a baseline beside it,
// and the report of them. It judges nothing: a target stands beside its figure,
// and the reader compares.
package bench

import (
	"cmp"
	"slices"
	"time"
)

// Samples are the values of one figure, one for each time it was measured.
type Samples []float64

// Median returns the middle value, or the mean of the two in the middle; 0
// without samples.
func (s Samples) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Figure is one measured quantity.
type Figure struct {
	// Group is the part of the benchmark the figure belongs to.
	Group string `json:"group"`
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	// Vendlane and Baseline have one value for each time it was measured.
	// Baseline is empty when there is nothing to compare with.
	Vendlane Samples `json:"vendlane"`
	Baseline Samples `json:"baseline,omitempty"`
	// Target is what the project wants to reach, in words; it may be empty.
	Target string `json:"target,omitempty"`
}

// Ratio returns Vendlane's value as a part of the baseline's: the median of the
// rounds' ratios, because the two of a round were measured next to each other,
// or the ratio of the medians where one was measured more often; ok is false
// without a baseline to divide by.
func (f Figure) Ratio() (ratio float64, ok bool) {
	if len(f.Vendlane) == 0 || len(f.Baseline) == 0 || slices.Contains(f.Baseline, 0) {
		return 0, false
	}
	if len(f.Vendlane) != len(f.Baseline) {
		return f.Vendlane.Median() / f.Baseline.Median(), true
	}
	ratios := make(Samples, len(f.Vendlane))
	for i := range ratios {
		ratios[i] = f.Vendlane[i] / f.Baseline[i]
	}
	return ratios.Median(), true
}

// Report is the outcome of one sub-command.
type Report struct {
	Title string `json:"title"`
	// Baseline names what Vendlane is compared with.
	Baseline string `json:"baseline"`
	// BaselineMissing says why there are no baseline figures, for the table;
	// empty when there are.
	BaselineMissing string    `json:"baseline_missing,omitempty"`
	Started         time.Time `json:"started"`
	Rounds          int       `json:"rounds"`
	Host            Host      `json:"host"`
	// Notes say what a reader has to know to read the figures.
	Notes   []string  `json:"notes"`
	Figures []*Figure `json:"figures"`
}

// Figure returns the figure with this group and name, and makes it if it is
// not there yet.
func (r *Report) Figure(group, name, unit, target string) *Figure {
	for _, f := range r.Figures {
		if f.Group == group && f.Name == name {
			return f
		}
	}
	f := &Figure{Group: group, Name: name, Unit: unit, Target: target}
	r.Figures = append(r.Figures, f)
	return f
}

// Percentile returns the smallest of the durations that at least p (0–1) of
// them do not exceed, in milliseconds; 0 without any.
func Percentile(took []time.Duration, p float64) float64 {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(took), cmp.Compare[time.Duration])
	rank := int(p*float64(len(sorted)) + 0.999999)
	return float64(sorted[min(max(rank, 1), len(sorted))-1]) / float64(time.Millisecond)
}

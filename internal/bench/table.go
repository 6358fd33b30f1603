package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
)

// Print writes the report as a table: medians, and the smallest and largest
// value where there are several.
func (r *Report) Print(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s, %d rounds\n%s\n\n", r.Title, r.Rounds, r.Host); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(t, "FIGURE\tUNIT\tVENDLANE\t%s\tRATIO\tTARGET\n", r.Baseline)
	for _, f := range r.Figures {
		ratio := "-"
		if value, ok := f.Ratio(); ok {
			ratio = fmt.Sprintf("%.2f", value)
		}
		_, _ = fmt.Fprintf(t, "%s: %s\t%s\t%s\t%s\t%s\t%s\n",
			f.Group, f.Name, f.Unit, f.Vendlane, r.baseline(f), ratio, f.Target)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		if _, err := fmt.Fprintln(w, "- "+note); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) baseline(f *Figure) string {
	switch {
	case len(f.Baseline) > 0:
		return f.Baseline.String()
	case r.BaselineMissing != "":
		return r.BaselineMissing
	}
	return "-"
}

// String returns the median, and the range behind it if there is one.
func (s Samples) String() string {
	if len(s) == 0 {
		return "-"
	}
	if low, high := slices.Min(s), slices.Max(s); low != high {
		return fmt.Sprintf("%s (%s–%s)", number(s.Median()), number(low), number(high))
	}
	return number(s.Median())
}

// number keeps three digits that count.
func number(v float64) string {
	if v == 0 || math.Abs(v) >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), 64)
}

// Save writes a report, or several, as JSON into a file.
func Save[T *Report | []*Report](file string, figures T) error {
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

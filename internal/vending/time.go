package vending

import (
	"fmt"
	"time"
)

// Clock tells the time. Use cases never read the system clock themselves.
type Clock func() time.Time

// Millis returns the clock's time in UTC milliseconds, the unit of every
// stored time.
func (c Clock) Millis() int64 { return c().UnixMilli() }

const (
	dateLayout     = "2006-01-02"
	dateTimeLayout = "2006-01-02 15:04:05"
)

// Zone returns the zone of a machine: its own IANA name, else the fallback
// (openapi.md §2, "machine zone"). An unknown name falls back too, so that one
// wrong setting never stops a machine from selling.
func Zone(name string, fallback *time.Location) *time.Location {
	if name == "" {
		return fallback
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return fallback
	}
	return loc
}

// FormatDate shows UTC milliseconds as a date in a zone.
func FormatDate(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format(dateLayout)
}

// FormatDateTime shows UTC milliseconds as a date-time in a zone; 0 is "".
func FormatDateTime(ms int64, zone *time.Location) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(zone).Format(dateTimeLayout)
}

// ValidDateTime tells whether text is a real YYYY-MM-DD HH:MM:SS, in any zone.
func ValidDateTime(text string) bool {
	_, err := ParseDateTime(text, time.UTC)
	return err == nil
}

// ParseDateTime reads YYYY-MM-DD HH:MM:SS in a zone and returns UTC
// milliseconds. A time that the zone skips (a summer-time gap) or a date that
// does not exist is refused.
func ParseDateTime(text string, zone *time.Location) (int64, error) {
	t, err := time.ParseInLocation(dateTimeLayout, text, zone)
	if err != nil || t.Format(dateTimeLayout) != text {
		return 0, fmt.Errorf("date-time %q is not a real YYYY-MM-DD HH:MM:SS", text)
	}
	return t.UnixMilli(), nil
}

package alerts

import (
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
)

// QuietUntil returns when a rule may speak again, in UTC milliseconds, or 0 if it
// may now. Its hours are those of the merchant's zone, and may pass midnight.
func QuietUntil(r db.AlertRule, zone *time.Location, now int64) int64 {
	if r.QuietFrom == r.QuietTo {
		return 0
	}
	local := time.UnixMilli(now).In(zone)
	minute := int64(local.Hour()*60 + local.Minute())
	days := 0
	if r.QuietFrom < r.QuietTo {
		if minute < r.QuietFrom || minute >= r.QuietTo {
			return 0
		}
	} else {
		if minute >= r.QuietTo && minute < r.QuietFrom {
			return 0
		}
		if minute >= r.QuietFrom {
			days = 1
		}
	}
	end := time.Date(local.Year(), local.Month(), local.Day()+days, int(r.QuietTo/60), int(r.QuietTo%60), 0, 0, zone)
	return end.UnixMilli()
}

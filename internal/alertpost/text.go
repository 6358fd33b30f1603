package alertpost

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// story is what a message tells.
type story struct {
	event                  string
	merchant               string
	alert                  db.Alert // none for a test
	machineNo, machineName string
	at                     int64
	zone                   *time.Location
}

// words are what e-mails are made of in one language.
type words struct {
	opened, resolved, test, many, testText string
	kinds                                  map[vending.AlertKind]string
}

func wordsOf(language string) words {
	if language == "zh-CN" {
		return words{
			opened: "告警", resolved: "已恢复", test: "测试消息", many: "%d 条告警消息",
			testText: "这是告警规则的测试消息，没有设备发生故障。",
			kinds: map[vending.AlertKind]string{
				vending.AlertOffline: "设备离线", vending.AlertTemperature: "温度超限", vending.AlertChannel: "货道故障",
				vending.AlertDelivery: "出货结果冲突", vending.AlertCode: "取货码冲突", vending.AlertBadSign: "签名错误过多",
				vending.AlertSoldOut: "货道售罄", vending.AlertCallback: "回调失败",
			},
		}
	}
	return words{
		opened: "Alert", resolved: "Resolved", test: "Test message", many: "%d messages about alerts",
		testText: "This tries an alert rule. Nothing is wrong with any machine.",
		kinds: map[vending.AlertKind]string{
			vending.AlertOffline: "machine offline", vending.AlertTemperature: "temperature out of range", vending.AlertChannel: "channel fault",
			vending.AlertDelivery: "conflicting dispense result", vending.AlertCode: "conflicting pickup code",
			vending.AlertBadSign: "too many wrong signatures", vending.AlertSoldOut: "channel sold out", vending.AlertCallback: "callbacks fail",
		},
	}
}

// write makes the e-mail of one story or several.
func write(language string, stories []story) Mail {
	w := wordsOf(language)
	first := stories[0]
	if first.event == alerts.EventTest {
		return Mail{Subject: oneLine("[" + first.merchant + "] " + w.test), Text: w.testText + "\n"}
	}
	subject := w.line(first)
	if len(stories) > 1 {
		subject = fmt.Sprintf(w.many, len(stories))
	}
	var text strings.Builder
	for _, s := range stories {
		fmt.Fprintf(&text, "%s  %s\n", vending.FormatDateTime(s.at, s.zone), w.line(s))
		if detail := oneLine(strings.TrimSpace(s.alert.Subject + " " + s.alert.Detail)); detail != "" {
			fmt.Fprintf(&text, "    %s\n", detail)
		}
	}
	return Mail{Subject: oneLine("[" + first.merchant + "] " + subject), Text: text.String()}
}

// line is a story in one line.
func (w words) line(s story) string {
	what := w.opened
	if s.event == alerts.EventResolved {
		what = w.resolved
	}
	return oneLine(fmt.Sprintf("%s: %s, %s %s", what, w.kinds[s.alert.Kind], s.machineNo, s.machineName))
}

// oneLine keeps names that people chose from adding lines or commands.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
}

// json is the story for a program. Times are UTC milliseconds, 0 is none.
func (s story) json() (string, error) {
	type data struct {
		AlertID     int64             `json:"alert_id,omitempty"`
		Kind        vending.AlertKind `json:"kind,omitempty"`
		MachineNo   string            `json:"machine_no,omitempty"`
		MachineName string            `json:"machine_name,omitempty"`
		Subject     string            `json:"subject,omitempty"`
		Detail      string            `json:"detail,omitempty"`
		OpenedAt    int64             `json:"opened_at,omitempty"`
		ResolvedAt  int64             `json:"resolved_at,omitempty"`
	}
	a := s.alert
	raw, err := json.Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}{
		"alert." + strings.ToLower(s.event), time.UnixMilli(s.at).UTC().Format(time.RFC3339),
		data{a.ID, a.Kind, s.machineNo, s.machineName, a.Subject, a.Detail, a.OpenedAt, a.ResolvedAt},
	})
	if err != nil {
		return "", fmt.Errorf("encode message: %w", err)
	}
	return string(raw), nil
}

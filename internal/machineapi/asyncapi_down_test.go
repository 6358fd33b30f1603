package machineapi

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
)

// Every down example is, byte for byte, what the platform sends for a row of
// the outbox with these fields.
func TestAsyncAPIDownExamples(t *testing.T) {
	messages := loadAsync(t).messages("down")
	for method, m := range messages {
		t.Run(method, func(t *testing.T) {
			want, err := json.Marshal(m.example) // sorted and compact
			if err != nil {
				t.Fatal(err)
			}
			own := maps.Clone(m.example)
			for _, name := range baseFields {
				delete(own, name)
			}
			fields, err := json.Marshal(own)
			if err != nil {
				t.Fatal(err)
			}
			row := db.Command{Method: method, Fields: string(fields), CreatedAt: exampleNumber(t, m, "timestamp") * 1000}
			machine := db.Machine{ID: exampleNumber(t, m, "machine_id"), MachineNo: m.example["client_id"].(string)}
			body, err := encode(row, machine, appKey)
			if err != nil {
				t.Fatal(err)
			}
			got, err := base64.StdEncoding.DecodeString(string(body))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("sent     %s\ndocument %s", got, want)
			}
		})
	}
}

func exampleNumber(t *testing.T, m asyncMessage, name string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(m.example[name].(string), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The down methods of mqtt.md §5 and §6.1.
func TestAsyncAPIDownMethods(t *testing.T) {
	want := []string{
		"client.ads.delete", "client.ads.push", "client.ads.update", "client.channel.debugging",
		"client.channel.fault.clear", "client.factory.reset", "client.machine.config.push",
		"client.machine.invalidate", "client.machine.password.modified", "client.machine.reboot",
		"client.machine.refresh", "client.machine.shutdown", "client.pickup_codes.create",
		"client.pickup_codes.delete", "client.power.schedule.clear", "client.power.schedule.cycle",
		"client.power.schedule.once", "device.delivery.put",
	}
	if got := slices.Sorted(maps.Keys(loadAsync(t).messages("down"))); !slices.Equal(got, want) {
		t.Errorf("document %v\ncontract %v", got, want)
	}
}

// A dispense command of the platform itself satisfies the document.
func TestAsyncAPITakesRealCommand(t *testing.T) {
	f := newFixture(t, Config{})
	d := f.dispenseOne()
	body, err := encode(f.commandOf(d.ID), db.Machine{ID: machineID, MachineNo: machineNo}, appKey)
	f.check(err)
	var members any
	f.check(json.Unmarshal([]byte(decode(t, string(body))), &members))
	if err := loadAsync(t).messages("down")["device.delivery.put"].schema.Validate(members); err != nil {
		t.Error(err)
	}
}

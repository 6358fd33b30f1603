package machineapi

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// commandBody is the body of mqtt.md §6.1, as published there.
const commandBody = "eyJhZGRyIjoiMSIsImNsaWVudF9pZCI6IjE2MzI3MTI5IiwiY29kZSI6IjAiLCJkZWxpdmVyeV9pZCI6IjUxMjE3NjMwNDM4MDk2NzMiLCJmbG9vcl90eXBlIjoiMSIsImlzX2RjIjoiMSIsImlzX2xwIjoiMCIsIm1hY2hpbmVfaWQiOiIxMDAwOSIsIm1ldGhvZCI6ImRldmljZS5kZWxpdmVyeS5wdXQiLCJvcmRlcl9pZCI6IjYwIiwicHJvZHVjdF9pZCI6IjEzMSIsInF1YW50aXR5IjoiMSIsInJlY29yZF9pZCI6Ijc4Iiwic2lnbiI6IkUyRTEwRDJBNzI3MzZGNDM5RTQwNTlDNkU4MEM2MTNCIiwic3RhdHVzIjoiMCIsInRpbWVvdXQiOiIzMCIsInRpbWVzdGFtcCI6IjE3MTQzNzM2ODgifQ=="

func TestEncodeGolden(t *testing.T) {
	machine := db.Machine{ID: machineID, MachineNo: machineNo}
	tests := map[string]struct {
		row  db.Command
		want string
	}{
		"pickup code (mqtt.md §5.14)": {
			row: db.Command{
				Method: "client.pickup_codes.create", CreatedAt: 1714185061999,
				Fields: `{"id":"1","product_id":"131","code":"5288640","quantity":"1","used":"0",` +
					`"expired_at":"1735660799000","expired_day":"2024-12-31 23:59:59"}`,
			},
			want: `{"client_id":"16327129","code":"5288640","expired_at":"1735660799000",` +
				`"expired_day":"2024-12-31 23:59:59","id":"1","machine_id":"10009",` +
				`"method":"client.pickup_codes.create","product_id":"131","quantity":"1",` +
				`"sign":"626FB25DA21FF998A8C3F4492A84E299","status":"0","timestamp":"1714185061","used":"0"}`,
		},
		"dispense (mqtt.md §6.1)": {
			row: db.Command{
				Method: "device.delivery.put", CreatedAt: 1714373688000,
				Fields: `{"delivery_id":"5121763043809673","order_id":"60","record_id":"78","product_id":"131",` +
					`"code":"0","addr":"1","floor_type":"1","is_lp":"0","is_dc":"1","quantity":"1","timeout":"30"}`,
			},
			want: decode(t, commandBody),
		},
		"no own fields": {
			row: db.Command{Method: "client.machine.refresh", CreatedAt: 1714373688000, Fields: "null"},
			want: `{"client_id":"16327129","machine_id":"10009","method":"client.machine.refresh",` +
				`"sign":"` + signOf(t, "client.machine.refresh") + `","status":"0","timestamp":"1714373688"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := encode(test.row, machine, appKey)
			if err != nil {
				t.Fatal(err)
			}
			if text := decode(t, string(got)); text != test.want {
				t.Fatalf("got  %s\nwant %s", text, test.want)
			}
			again, err := encode(test.row, machine, appKey)
			if err != nil || string(again) != string(got) {
				t.Fatal("the same row gave other bytes", err)
			}
		})
	}
	body, err := encode(tests["dispense (mqtt.md §6.1)"].row, machine, appKey)
	if err != nil || string(body) != commandBody {
		t.Fatalf("body of mqtt.md §6.1 differs: %s %v", body, err)
	}
}

func TestEncodeRefusesBrokenRow(t *testing.T) {
	if _, err := encode(db.Command{Fields: `{"a":1}`}, db.Machine{}, appKey); err == nil {
		t.Fatal("fields that are not texts were accepted")
	}
}

func decode(t testing.TB, body string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// signOf signs a message without own fields the way body does.
func signOf(t *testing.T, method string) string {
	t.Helper()
	text := decode(t, string(body(t, map[string]any{
		"client_id": machineNo, "machine_id": "10009", "method": method, "status": "0", "timestamp": "1714373688",
	}, appKey)))
	return memberOf(t, text, "sign")
}

// memberOf returns a text member of a JSON object.
func memberOf(t testing.TB, text, name string) string {
	t.Helper()
	object, err := signature.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, _ := object.Lookup(name)
	return v.Text
}

func parse(members map[string]any) (*signature.Object, error) {
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return signature.ParseObject(text)
}

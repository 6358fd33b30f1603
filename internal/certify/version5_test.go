package certify

import (
	"io"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/signature"
)

// A machine that speaks MQTT 5.0 is read as well, also if its packets come in
// pieces.
func TestVersion5(t *testing.T) {
	for name, c := range map[string]struct {
		expiry uint32
		want   Verdict
	}{
		"as told": {3600, Pass},
		"none":    {0, Warn},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.cfg.Steps = []string{"boot", "heartbeat", "messages"}
				done := make(chan struct{})
				go func() {
					defer close(done)
					b.version5(c.expiry)
				}()
				report, err := Run(t.Context(), b.cfg)
				<-done
				if err != nil {
					t.Fatal(err)
				}
				wantRows(t, report, Fail)
				wantRows(t, report, Skip, "heartbeat.interval")
				if row := report.Checks[1]; row.ID != "boot.session" || row.Verdict != c.want {
					t.Errorf("%+v", row)
				}
			})
		})
	}
}

// version5 says what a machine says first, a byte at a time, and listens until
// the connection ends.
func (b *bench) version5(expiry uint32) {
	conn, err := b.dial(b.t.Context())
	if err != nil {
		b.t.Error(err)
		return
	}
	defer conn.Close()
	sign := func(method string, fields map[string]string) []byte {
		for name, text := range map[string]string{
			"client_id": machineNo, "machine_id": "000", "method": method, "status": "0",
			"timestamp": strconv.FormatInt(clock().Unix(), 10),
		} {
			fields[name] = text
		}
		return signature.EncodeMessage(fields, appKey)
	}
	own := "/server/app/" + machineNo
	env := map[string]string{}
	for _, name := range []string{"app_version", "android_version", "java_version", "sdk_version", "device_model", "manufacturer",
		"serial_no", "screen_width", "screen_height", "brightness", "volume", "language"} {
		env[name] = "1"
	}
	go func() {
		for _, p := range []packet.Packet{
			&packet.Connect{
				Version: packet.V5, KeepAlive: 60, ClientID: machineNo, HasUsername: true, Username: machineNo, Password: []byte(password),
				Props: packet.Properties{{ID: packet.SessionExpiry, Num: expiry}},
				Will:  &packet.Will{Topic: own, QoS: 1, Payload: sign(methodOffline, map[string]string{"reason": "network_timeout"})},
			},
			&packet.Subscribe{PacketID: 1, Filters: []packet.Filter{{Topic: "/clients/" + machineNo, QoS: 1}}},
			&packet.Publish{Topic: own, Payload: sign(methodHeartbeat, map[string]string{
				"network_type": "4G", "network_rssi": "null", "uptime_minutes_today": "0",
			})},
			&packet.Publish{Topic: own, QoS: 1, PacketID: 2, Payload: sign(methodEnv, env)},
		} {
			raw, err := packet.Append(nil, packet.V5, p)
			if err != nil {
				b.t.Error(err)
			}
			for i := range raw {
				if _, err := conn.Write(raw[i : i+1]); err != nil {
					b.t.Error(err)
				}
			}
		}
	}()
	_, _ = io.Copy(io.Discard, conn)
}

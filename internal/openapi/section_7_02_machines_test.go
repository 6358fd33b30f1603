package openapi_test

import (
	"log/slog"
	"testing"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/provision"
)

func TestSection702(t *testing.T) {
	a := newAPI(t)
	a.exec(t, `UPDATE machines SET address = '未知', lng_lat = '116.549815,39.922273', created_at = 1710766103000 WHERE id = 1`)
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id IN (2, 3)")
	a.exec(t, "UPDATE presence SET notify_message = '[系统检测]: 设备已连接至服务器，设备目前在线!' WHERE machine_id = 1")
	wantValue(t, a.do(t, post("/rent/machines", nil)), `{
  "code": 0,
  "message": "ok",
  "data": [
    {
      "machine_name": "Lobby 1",
      "machine_no": "16327129",
      "is_online": true,
      "status": true,
      "address": "未知",
      "notify_message": "[系统检测]: 设备已连接至服务器，设备目前在线!",
      "lng_lat": "116.549815,39.922273",
      "created_at": "2024-03-18 20:48:23"
    }
  ]
}`)
}

func TestMachines(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		first := &m.Machines[0]
		first.Address, first.LngLat, first.Contact, first.Tel = "未知", "116.549815,39.922273", "Li", "13800000000"
		m.Machines[1].Status = "MAINTENANCE"
		m.Machines[2].Timezone = "Europe/Berlin"
	})
	a.Online(t, false)
	log := slog.New(slog.DiscardHandler)
	heartbeat := fleet.New(a.Store, a.Box, a.Now, fleet.Config{Zone: zone}, log)
	if err := heartbeat.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: a.Machine.ID}); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, a.do(t, post("/rent/machines", nil)), 200, `{"code":0,"message":"ok","data":[
		{"machine_name":"Lobby 1","machine_no":"16327129","is_online":true,"status":true,"address":"未知",
		 "notify_message":"[系统检测]: 设备已连接至服务器，设备目前在线!","lng_lat":"116.549815,39.922273",
		 "created_at":"2024-04-29 09:20:55","contact":"Li","tel":"13800000000"},
		{"machine_name":"Lobby 2","machine_no":"16327130","notify_message":"","created_at":"2024-04-29 09:20:55"},
		{"machine_name":"Lobby 3","machine_no":"16327131","status":true,"notify_message":"","created_at":"2024-04-29 03:20:55"}]}`)

	// Machines in transfer are left out; a list without rows is [].
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE machine_no LIKE '163%'")
	wantAnswer(t, a.do(t, post("/rent/machines", nil)), 200, `{"code":0,"message":"ok","data":[]}`)
}

package fleet

import (
	"strconv"

	"github.com/vendlane/vendlane/signature"
)

// What every process of the benchmark knows of the machines.
const (
	sharedTopic = "/server/app"
	downPrefix  = "/clients/"
	appKey      = "the key of the fleet in the benchmark"
	password    = "the password of a machine"
	// firstNo is the number of the first machine; the others follow.
	firstNo = 10_000_000
	// moment is the timestamp of messages that are made before they are sent.
	// The platform does not compare it with its clock.
	moment = "1748330699"
)

func machineNo(i int) string { return strconv.Itoa(firstNo + i) }

// upMessage makes the body of a message from a machine.
func upMessage(no, method string, own map[string]string) []byte {
	members := map[string]string{
		"client_id": no, "machine_id": "000", "method": method, "status": "0", "timestamp": moment,
	}
	for name, value := range own {
		members[name] = value
	}
	return signature.EncodeMessage(members, appKey)
}

// heartbeat is the message machines send all the time (mqtt.md §4.3).
func heartbeat(no string) []byte {
	return upMessage(no, "client.heartbeat", map[string]string{
		"network_type": "4G", "network_rssi": "-67", "uptime_minutes_today": "864",
	})
}

// will is the last will of a machine (mqtt.md §2.3).
func will(no string) []byte {
	return upMessage(no, "client.offline", map[string]string{"reason": "network_timeout"})
}

// report answers a dispense command (mqtt.md §6.2).
func report(no, deliveryID, orderID, recordID string) []byte {
	return upMessage(no, "device.delivery.response", map[string]string{
		"delivery_id": deliveryID, "order_id": orderID, "record_id": recordID,
		"deliver_status": "1", "delivered": "1", "floor_status": "1",
	})
}

// command is a dispense command that no order stands behind (mqtt.md §6.1), as
// long as a real one.
func command(no string) []byte {
	return signature.EncodeMessage(map[string]string{
		"client_id": no, "machine_id": "10009", "method": "device.delivery.put", "status": "0", "timestamp": moment,
		"delivery_id": "5121763043809673", "order_id": "60", "record_id": "78", "product_id": "131", "code": "0",
		"addr": "1", "floor_type": "1", "is_lp": "0", "is_dc": "1", "quantity": "1", "timeout": "30",
	}, appKey)
}

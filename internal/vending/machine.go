package vending

import "fmt"

// MachineStatus is the operating state of a machine (openapi.md §4.2).
type MachineStatus string

// Operating states of a machine.
const (
	MachineOperational MachineStatus = "OPERATIONAL"
	MachineMaintenance MachineStatus = "MAINTENANCE"
	MachineTransfer    MachineStatus = "TRANSFER"
)

// MerchantVerified is the only merchant status that may use the API
// (openapi.md §3.1 G6).
const MerchantVerified = "VERIFIED"

// CheckMerchant refuses a merchant that may not sell: 10010, 10009 (openapi.md
// §3.1, G6 and G7). expiredAt is UTC milliseconds, 0 for never.
func CheckMerchant(status string, expiredAt, now int64) error {
	if status != MerchantVerified {
		return Refuse(CodeMerchantUnverified)
	}
	if expiredAt != 0 && now >= expiredAt {
		return Refuse(CodeMerchantExpired)
	}
	return nil
}

// Notices shown as notify_message of a machine (openapi.md §7.2).
const (
	NoticeOnline  = "[系统检测]: 设备已连接至服务器，设备目前在线!"
	NoticeOffline = "[系统检测]: 设备已离线!"
)

// Gate is what an endpoint demands of a machine's state (openapi.md §3.2).
type Gate struct {
	NoTransfer  bool
	Operational bool
	Online      bool
	// DebugExcusesOffline lets calls of a merchant in debug mode pass although
	// the machine is offline.
	DebugExcusesOffline bool
}

// Check applies the gate in the order of openapi.md §3.2: 30006, 30004, 30002.
func (g Gate) Check(status MachineStatus, online, debug bool) error {
	switch {
	case g.NoTransfer && status == MachineTransfer:
		return Refuse(CodeMachineTransfer)
	case g.Operational && status != MachineOperational:
		return Refuse(CodeMachineMaintenance)
	case g.Online && !online && (!debug || !g.DebugExcusesOffline):
		return Refuse(CodeMachineOffline)
	}
	return nil
}

// ShowGate is the gate of endpoints that show a machine's shop window:
// rent/machines/{machine_no}, products, floors, categories, banners.
func ShowGate() Gate { return Gate{NoTransfer: true, Online: true, DebugExcusesOffline: true} }

// ManageGate is the gate of pickup-code administration and replenishment.
func ManageGate() Gate { return Gate{NoTransfer: true} }

// SellGate is the gate of consumes and of new orders.
func SellGate() Gate {
	return Gate{NoTransfer: true, Operational: true, Online: true, DebugExcusesOffline: true}
}

// DispenseGate is the gate of deliveries: an offline machine cannot drop
// anything, whatever debug mode says.
func DispenseGate() Gate { return Gate{NoTransfer: true, Operational: true, Online: true} }

// TestGate is the gate of test dispenses, which a machine in maintenance takes.
func TestGate() Gate { return Gate{NoTransfer: true, Online: true} }

// CabinetName returns the letter of a board: addr 1 is "A", 8 is "H"
// (openapi.md §4.1).
func CabinetName(addr int64) string { return string(rune('A' + addr - 1)) }

// FloorNormal is the only channel status that sells (errors.md §3.1).
const FloorNormal = "1"

// States of the lock or door of a channel (mqtt.md §4.7, §4.8).
const (
	LockNone   = "-1"
	LockOpen   = "0"
	LockClosed = "1"
	LockFault  = "2"
)

// ChannelCode returns the three-digit code of a channel: 000–099 on board 1,
// 200–299 on board 2 (openapi.md §4.1).
func ChannelCode(addr, motor int64) string {
	if addr > 1 {
		motor += addr * 100
	}
	return fmt.Sprintf("%03d", motor)
}

// Currency is a currency the API knows (openapi.md §4.2).
type Currency struct {
	ID                 int64
	Name, Code, Symbol string
}

// CurrencyByID returns a currency by its number.
func CurrencyByID(id int64) (Currency, bool) {
	all := []Currency{
		{1, "Chinese Yuan", "CNY", "¥"},
		{2, "United States Dollar", "USD", "$"},
		{3, "Euro", "EUR", "€"},
		{4, "Japanese Yen", "JPY", "¥"},
		{5, "British Pound", "GBP", "£"},
		{6, "Hong Kong Dollar", "HKD", "HK$"},
	}
	if id < 1 || id > int64(len(all)) {
		return Currency{}, false
	}
	return all[id-1], true
}

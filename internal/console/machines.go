package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) machineRoutes() []route {
	return []route{
		{http.MethodGet, "/machines", member, account.See, s.machines},
		{http.MethodGet, "/machines/{machine_no}", member, account.See, s.machineDetail},
		{http.MethodGet, "/machines/{machine_no}/events", member, account.See, s.machineEvents},
		{http.MethodGet, "/machines/{machine_no}/orders", member, account.SeeSales, s.machineOrders},
		{http.MethodGet, "/machines/{machine_no}/codes", member, account.SeeSales, s.machineCodes},
		{http.MethodGet, "/machines/{machine_no}/settings", member, account.See, s.machineSettings},
	}
}

// machineRow is a machine in the list. Stock and capacity are pieces; channels,
// sold_out and faulty count channels.
type machineRow struct {
	ID              int64  `json:"id"`
	MachineNo       string `json:"machine_no"`
	Name            string `json:"name"`
	Group           string `json:"machine_group"`
	Status          string `json:"status"`
	Address         string `json:"address"`
	Timezone        string `json:"timezone"`
	IsOnline        bool   `json:"is_online"`
	LastHeartbeatAt int64  `json:"last_heartbeat_at"`
	NetworkType     string `json:"network_type"`
	NetworkRSSI     string `json:"network_rssi"`
	Stock           int64  `json:"stock"`
	Capacity        int64  `json:"capacity"`
	Channels        int64  `json:"channels"`
	SoldOut         int64  `json:"sold_out"`
	Faulty          int64  `json:"faulty"`
	OpenAlerts      int64  `json:"open_alerts"`
}

func (machineRow) csvHeader() []string {
	return []string{
		"machine_no", "name", "machine_group", "status", "address", "is_online", "last_heartbeat_at", "stock", "capacity",
		"channels", "sold_out", "faulty", "open_alerts",
	}
}

func (r machineRow) csvRow() []string {
	return []string{
		r.MachineNo, r.Name, r.Group, r.Status, r.Address, strconv.FormatBool(r.IsOnline), isoTime(r.LastHeartbeatAt),
		number(r.Stock), number(r.Capacity), number(r.Channels), number(r.SoldOut), number(r.Faulty), number(r.OpenAlerts),
	}
}

// machinePlace is where a page of machines ends: they are sorted by name.
type machinePlace struct {
	Name string `json:"n"`
	ID   int64  `json:"i"`
}

// machines lists the machines in the scope. state=low_stock means a channel that
// is sold out or less than a quarter of the pieces; attention means that a
// machine is offline, low, faulty, or has an open alert.
func (s *Server) machines(ctx context.Context, c *call) (any, error) {
	q := c.query()
	state := q.oneOf("state", "attention", "offline", "low_stock", "faulty")
	text := q.text("q", 100)
	limit := q.limit()
	var after machinePlace
	q.cursor(&after)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.MachineOverview(ctx, db.MachineOverviewParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, State: state, Pattern: pattern(text),
		AfterName: after.Name, AfterID: after.ID, PageSize: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	rows := items(stored, showMachine).Items
	return paged(c, rows, limit, "machines", func(last machineRow) any { return machinePlace{last.Name, last.ID} })
}

func showMachine(m db.MachineOverviewRow) machineRow {
	return machineRow{
		ID: m.ID, MachineNo: m.MachineNo, Name: m.Name, Group: m.MachineGroup, Status: m.Status,
		Address: m.Address, Timezone: m.Timezone, IsOnline: m.IsOnline, LastHeartbeatAt: m.LastHeartbeatAt,
		NetworkType: m.NetworkType, NetworkRSSI: m.NetworkRssi, Stock: m.Stock, Capacity: m.Capacity,
		Channels: m.Channels, SoldOut: m.SoldOut, Faulty: m.Faulty, OpenAlerts: m.Alerts,
	}
}

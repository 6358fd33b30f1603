package provision_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// Whatever is wrong with a file: nothing of it is applied, and the error says
// where.
func TestApplyRefusals(t *testing.T) {
	f := newFixture(t)
	_, err := f.applier.Apply(t.Context(), provision.File{Merchants: []provision.Merchant{{
		Slug: "other", Title: "Other", AppID: "vm2222222222222222", Models: []provision.Model{{Name: "theirs"}},
		Goods:    []provision.Good{{Slug: "theirs", Name: "n", Price: "1"}},
		Machines: []provision.Machine{{MachineNo: "30000001", Name: "n", Model: "theirs"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	merchant := func(change func(*provision.Merchant)) func(*provision.File) {
		return func(f *provision.File) { change(&f.Merchants[0]) }
	}
	machine := func(change func(*provision.Machine)) func(*provision.File) {
		return func(f *provision.File) { change(&f.Merchants[0].Machines[2]) }
	}
	channel := func(c provision.Channel) func(*provision.File) {
		return machine(func(m *provision.Machine) { m.Planogram = []provision.Channel{c} })
	}
	code := func(c provision.Code) func(*provision.File) {
		return machine(func(m *provision.Machine) {
			m.Planogram, m.Codes = []provision.Channel{{Motor: 1, Good: "cola"}}, []provision.Code{c}
		})
	}
	for name, test := range map[string]struct {
		change func(*provision.File)
		want   string
	}{
		"merchant without a slug": {merchant(func(m *provision.Merchant) { m.Slug = "" }), "merchants[0]"},
		"slug twice": {func(f *provision.File) {
			f.Merchants = append(f.Merchants, provision.Merchant{Slug: "shop", Title: "x"})
		}, "merchants[1]"},
		"merchant without a title": {merchant(func(m *provision.Merchant) { m.Title = "" }), "title"},
		"merchant status":          {merchant(func(m *provision.Merchant) { m.Status = "verified" }), "status"},
		"merchant zone":            {merchant(func(m *provision.Merchant) { m.Timezone = "Nowhere/Atlantis" }), "timezone"},
		"merchant expiry":          {merchant(func(m *provision.Merchant) { m.ExpiredAt = "2030-02-30 00:00:00" }), "expired_at"},
		"appid changed":            {merchant(func(m *provision.Merchant) { m.AppID = "vm9999999999999999" }), "appid"},
		"appid of another merchant": {func(f *provision.File) {
			f.Merchants = append(f.Merchants, provision.Merchant{Slug: "third", Title: "x", AppID: "vm2222222222222222"})
		}, "appid"},
		"app_key too long":        {merchant(func(m *provision.Merchant) { m.AppKey = strings.Repeat("x", 65) }), "app_key"},
		"app_key with a space":    {merchant(func(m *provision.Merchant) { m.AppKey = "a b" }), "app_key"},
		"app_key not ASCII":       {merchant(func(m *provision.Merchant) { m.AppKey = "é" }), "app_key"},
		"webhook secret empty":    {merchant(func(m *provision.Merchant) { m.WebhookSecret = "whsec_" }), "webhook_secret"},
		"webhook secret short":    {merchant(func(m *provision.Merchant) { m.WebhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=" }), "webhook_secret"},
		"webhook secret prefix":   {merchant(func(m *provision.Merchant) { m.WebhookSecret = "AAAA" }), "webhook_secret"},
		"webhook secret base64":   {merchant(func(m *provision.Merchant) { m.WebhookSecret = "whsec_!" }), "webhook_secret"},
		"model without a name":    {merchant(func(m *provision.Merchant) { m.Models[0].Name = "" }), "model"},
		"board 0":                 {merchant(func(m *provision.Merchant) { m.Models[0].Boards[0].Addr = 0 }), "board 0"},
		"board 9":                 {merchant(func(m *provision.Merchant) { m.Models[0].Boards[0].Addr = 9 }), "board 9"},
		"floor type":              {merchant(func(m *provision.Merchant) { m.Models[0].Boards[0].FloorType = 0 }), "floor_type"},
		"good without a slug":     {merchant(func(m *provision.Merchant) { m.Goods[0].Slug = "" }), "good"},
		"good without a name":     {merchant(func(m *provision.Merchant) { m.Goods[0].Name = "" }), "good"},
		"good without a price":    {merchant(func(m *provision.Merchant) { m.Goods[0].Price = "" }), "price"},
		"negative price":          {merchant(func(m *provision.Merchant) { m.Goods[0].Price = "-1" }), "price"},
		"original price":          {merchant(func(m *provision.Merchant) { m.Goods[0].OriginalPrice = "x" }), "original_price"},
		"machine_no":              {machine(func(m *provision.Machine) { m.MachineNo = "x" }), "machine_no"},
		"machine_no too long":     {machine(func(m *provision.Machine) { m.MachineNo = strings.Repeat("1", 21) }), "machine_no"},
		"machine twice":           {machine(func(m *provision.Machine) { m.MachineNo = "16327129" }), "listed twice"},
		"machine of another":      {machine(func(m *provision.Machine) { m.MachineNo = "30000001" }), "another merchant"},
		"machine without a name":  {machine(func(m *provision.Machine) { m.Name = "" }), "name"},
		"machine without a model": {machine(func(m *provision.Machine) { m.Model = "" }), "model"},
		"unknown model":           {machine(func(m *provision.Machine) { m.Model = "x" }), "model"},
		"model of another":        {machine(func(m *provision.Machine) { m.Model = "theirs" }), "model"},
		"machine status":          {machine(func(m *provision.Machine) { m.Status = "BROKEN" }), "status"},
		"machine zone":            {machine(func(m *provision.Machine) { m.Timezone = "x" }), "timezone"},
		"password too long":       {machine(func(m *provision.Machine) { m.Password = strings.Repeat("x", 73) }), "password"},
		"channel board 9":         {channel(provision.Channel{Addr: 9}), "addr"},
		"channel board -1":        {channel(provision.Channel{Addr: -1}), "addr"},
		"channel motor 100":       {channel(provision.Channel{Motor: 100}), "motor"},
		"channel motor -1":        {channel(provision.Channel{Motor: -1}), "motor"},
		"product_id negative":     {channel(provision.Channel{ProductID: -5}), "product_id"},
		"product_id taken":        {channel(provision.Channel{ProductID: 131}), "131"},
		"channel on no board":     {channel(provision.Channel{Addr: 2, Motor: 1, Good: "cola"}), "channel B2: the model has no board 2"},
		"stock above the board's": {channel(provision.Channel{Good: "cola", Stock: 1}), "stock"},
		"negative board capacity": {merchant(func(m *provision.Merchant) { m.Models[0].Boards[0].Capacity = -1 }), "capacity"},
		"banner expiry": {machine(func(m *provision.Machine) {
			m.Banners = []provision.Banner{{CoverImage: "x", ExpiredAt: "2030-02-30 00:00:00"}}
		}), "expired_at"},
		"stock above capacity": {channel(provision.Channel{Stock: 2, Capacity: 1}), "stock"},
		"negative capacity":    {channel(provision.Channel{Capacity: -1, Stock: -1}), "stock"},
		"unknown good":         {channel(provision.Channel{Good: "x"}), "good"},
		"good of another":      {channel(provision.Channel{Good: "theirs"}), "good"},
		"unknown category":     {channel(provision.Channel{Good: "cola", Category: "x"}), "category"},
		"capacity below the stock": {merchant(func(m *provision.Merchant) {
			m.Machines[0].Planogram[0].Capacity, m.Machines[0].Planogram[0].Stock = 9, 0
		}), "capacity"},
		"slot twice": {machine(func(m *provision.Machine) {
			m.Planogram = []provision.Channel{{Motor: 1, Name: "a"}, {Addr: 1, Motor: 1, Name: "b"}}
		}), "twice"},
		"channel name twice":     {machine(func(m *provision.Machine) { m.Planogram = []provision.Channel{{Motor: 1}, {Motor: 2, Name: "A2"}} }), "twice"},
		"short code":             {code(provision.Code{Code: "12345", Channel: "A2"}), "code"},
		"code with letters":      {code(provision.Code{Code: "12345x", Channel: "A2"}), "code"},
		"negative quantity":      {code(provision.Code{Code: "123456", Channel: "A2", Quantity: -1}), "quantity"},
		"code without a channel": {code(provision.Code{Code: "123456", Channel: "A1"}), "channel"},
		"code expiry":            {code(provision.Code{Code: "123456", Channel: "A2", ExpiredAt: "tomorrow"}), "expired_at"},
	} {
		t.Run(name, func(t *testing.T) {
			before := f.dump(t)
			file := storetest.File()
			// A change that comes before whatever is wrong.
			file.Merchants[0].Description = "must not be seen"
			file.Merchants[0].Machines[1].Name = "must not be seen"
			test.change(&file)
			_, err := f.applier.Apply(t.Context(), file)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q named", err, test.want)
			}
			if after := f.dump(t); after != before {
				t.Errorf("after\n%s\nbefore\n%s", after, before)
			}
		})
	}
}

// Failures of the machinery are errors, and leave nothing behind.
func TestApplyFailures(t *testing.T) {
	f := newFixture(t)
	before := f.dump(t)
	broken := errors.New("no randomness")
	deps := f.ProvisionDeps()
	deps.Random = iotest.ErrReader(broken)
	applier := provision.New(deps)
	for _, file := range []provision.File{
		{Merchants: []provision.Merchant{{Slug: "new", Title: "New"}}},
		{Merchants: []provision.Merchant{{Slug: "new", Title: "New", Models: []provision.Model{{Name: "m"}}, Machines: []provision.Machine{{MachineNo: "1", Name: "n", Model: "m"}}}}},
	} {
		if _, err := applier.Apply(t.Context(), file); !errors.Is(err, broken) {
			t.Errorf("without randomness: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.applier.Apply(ctx, storetest.File()); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if after := f.dump(t); after != before {
		t.Errorf("after\n%s\nbefore\n%s", after, before)
	}
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.applier.Apply(t.Context(), storetest.File()); err == nil {
		t.Error("applied to a closed store")
	}
}

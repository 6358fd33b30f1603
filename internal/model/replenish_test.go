package model

// setLevel is the effect of a replenishment on one product.
func (p *product) setLevel(level int64) (changed bool) {
	changed = p.stock != level
	p.restocked += level - p.stock
	p.stock = level
	return changed
}

// replenish is openapi.md §7.20.
func (w *world) replenish(m *merchant, machineNo string, productID, level int64) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if !r.ok() {
		return r
	}
	p, r := at.product(productID)
	if !r.ok() {
		return r
	}
	if level > p.capacity {
		return refuseWith(60004, object{"product_id": p.id, "max": p.capacity})
	}
	w.refreshIf(at, p.setLevel(level))
	return reply{}
}

// refreshIf tells the machine that its stock changed.
func (w *world) refreshIf(at *machine, changed bool) {
	if changed {
		w.send(at, "client.machine.refresh", nil)
	}
}

// replenishCategory is openapi.md §7.21.
func (w *world) replenishCategory(m *merchant, machineNo string, categoryID, addr, level int64) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if !r.ok() {
		return r
	}
	own := false
	for _, id := range at.categories {
		own = own || id == categoryID
	}
	if !own {
		return refuse(80002)
	}
	if addr > 2 {
		return refuse(60005) // every machine of the shop has two boards
	}
	var updated int64
	failed, changed := []any{}, false
	for _, p := range at.products { // ascending by board and motor
		switch {
		case p.category != categoryID || p.addr != addr || !p.hasGood:
		case level > p.capacity:
			failed = append(failed, p.name)
		default:
			updated++
			changed = p.setLevel(level) || changed
		}
	}
	w.refreshIf(at, changed)
	if len(failed) > 0 {
		return refuseWith(60004, object{"updated": updated, "failed": len(failed), "channels": failed})
	}
	return reply{}
}

// replenishAll is openapi.md §7.22.
func (w *world) replenishAll(m *merchant, machineNo string, addr int64) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if !r.ok() {
		return r
	}
	if addr > 2 {
		return refuse(60005)
	}
	changed := false
	for _, p := range at.products {
		if p.addr == addr && p.hasGood {
			changed = p.setLevel(p.capacity) || changed
		}
	}
	w.refreshIf(at, changed)
	return reply{}
}

// shownStock is openapi.md §7.4 with select_all, reduced to ids and levels.
func (w *world) shownStock(m *merchant, machineNo string) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true, online: true, debugHelps: true})
	if !r.ok() {
		return r
	}
	rows := []any{}
	for _, p := range at.products {
		if p.hasGood && p.onSale {
			rows = append(rows, object{"id": p.id, "current_inventory": p.stock, "inventory": p.capacity})
		}
	}
	return reply{data: rows}
}

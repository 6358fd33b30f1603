package main

// queryMutants drop the guard of one statement.
func queryMutants() []mutant {
	const (
		pickupSQL    = "internal/store/db/pickup.sql.go"
		catalogSQL   = "internal/store/db/catalog.sql.go"
		ordersSQL    = "internal/store/db/orders.sql.go"
		dispenseSQL  = "internal/store/db/dispense.sql.go"
		commandsSQL  = "internal/store/db/commands.sql.go"
		callbacksSQL = "internal/store/db/callbacks.sql.go"
		presenceSQL  = "internal/store/db/presence.sql.go"
		nodesSQL     = "internal/store/db/nodes.sql.go"
		jobsSQL      = "internal/store/db/machine_jobs.sql.go"
	)
	return []mutant{
		one("a lost race for a code is won", postgresPkg, "^TestStorePortable$/^Consume$/^CancelRace$",
			pickupSQL, "order_id = $2, trade_id = $3\nWHERE id = $4 AND state = 'UNUSED' AND", "order_id = $2, trade_id = $3\nWHERE id = $4 AND"),
		one("a code is cancelled after its redemption", "internal/openapi", "^Test(Cancel|MovedMachineHidesUsedCodes)$",
			pickupSQL, "SET state = 'CANCELLED', finished_at = $1\nWHERE id = $2 AND state = 'UNUSED' AND", "SET state = 'CANCELLED', finished_at = $1\nWHERE id = $2 AND"),
		one("a code expires while it is redeemed", postgresPkg, "^TestStore$/^Codes$/^ExpireAgainstUse$",
			pickupSQL, "WHERE state = 'UNUSED' AND id IN (", "WHERE id IN ("),
		one("a batch goes on that was cancelled or belongs to another node", "internal/pickup", "^TestBatchIsCancelledUnderWay$",
			"internal/store/lease.go", "if n == 0 {\n\t\t\treturn ErrLeaseLost", "if n < 0 {\n\t\t\treturn ErrLeaseLost"),
		one("a machine is told something for a job that was stopped", "internal/fleet", "^TestJobIsStopped",
			jobsSQL, "WHERE job_id = $6 AND machine_id = $7 AND state = 'WAITING'", "WHERE job_id = $6 AND machine_id = $7"),
		one("a stop leaves out a machine that has its message", "internal/fleet", "^TestJobIsStopped",
			jobsSQL, "WHERE job_id = $3 AND machine_job_rows.state = 'WAITING'", "WHERE job_id = $3"),
		one("stock is taken that is not there", postgresPkg, "^TestStorePortable$/^Consume$/^StockNeverNegative$",
			catalogSQL, "SET current_inventory = current_inventory - $1\nWHERE id = $2 AND current_inventory >= $1", "SET current_inventory = current_inventory - $1\nWHERE id = $2"),
		one("the dispense lock holds nobody", sqlitePkg, "^TestStore$/^Dispense$/^OneLockManyCallers$",
			dispenseSQL, "WHERE dispense_locks.locked_until <= $4", "WHERE dispense_locks.locked_until <= $4 OR TRUE"),
		one("those who settle an order do not wait for each other", postgresPkg, "^TestStore$/^Dispense$",
			ordersSQL, "UPDATE orders SET status = status WHERE id = $1", "UPDATE orders SET status = status WHERE id = $1 AND FALSE"),
		one("a command is taken back that has left", "internal/dispense", "^TestSettlingInEveryOrderOfArrival$",
			commandsSQL, "state = 'QUEUED' AND attempts = 0", "state = 'QUEUED'"),
		one("a claimed command is claimed again", sqlitePkg, "^TestStore$/^Outbox$/^LeaseRunsOut$",
			commandsSQL, "(c.lease_until <= $3\n           OR c.leased_by NOT IN ('', $2) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))\n      AND (SELECT COUNT(*) FROM presence p JOIN nodes n ON n.id = p.node\n           WHERE p.machine_id = c.machine_id AND n.id <> $2) = 0\n    ORDER BY c.due_at, c.id LIMIT $4\n)",
			"TRUE\n      AND (SELECT COUNT(*) FROM presence p JOIN nodes n ON n.id = p.node\n           WHERE p.machine_id = c.machine_id AND n.id <> $2) = 0\n    ORDER BY c.due_at, c.id LIMIT $4\n)"),
		one("a node claims the commands of another's machine", sqlitePkg, "^TestStore$/^Nodes$/^ClaimsOfOwnMachines$",
			commandsSQL, "AND n.id <> $2) = 0\n    ORDER BY c.due_at, c.id LIMIT $4\n)", "AND n.id <> $2) >= 0\n    ORDER BY c.due_at, c.id LIMIT $4\n)"),
		one("a claimed callback is claimed again", sqlitePkg, "^TestStore$/^Outbox$/^CallbackLeaseRunsOut$",
			callbacksSQL, "(c.lease_until <= $4\n           OR c.leased_by NOT IN ('', $2) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))\n    ORDER BY c.due_at, c.id LIMIT $5\n)", "TRUE\n    ORDER BY c.due_at, c.id LIMIT $5\n)"),
		one("a node that lives loses its leases", sqlitePkg, "^TestStore$/^Nodes$/^LeaseEndsWithItsNode$",
			callbacksSQL, "AND c.leased_by NOT IN (SELECT n.id FROM nodes n))\n    ORDER BY c.due_at, c.id LIMIT $5\n)", ")\n    ORDER BY c.due_at, c.id LIMIT $5\n)"),
		one("a node that was taken for dead decides all the same", sqlitePkg, "^TestStore$/^Nodes$/^ResultAfterTheLease$",
			callbacksSQL, "lane = ''\nWHERE id = $2 AND state = 'PENDING' AND leased_by = $3", "lane = ''\nWHERE id = $2 AND state = 'PENDING' OR leased_by = $3"),
		one("a connection's end does not count for itself", sqlitePkg, "^TestStore$/^Presence$/^OlderEpochIsIgnored$",
			presenceSQL, "AND is_online AND epoch <= $2", "AND is_online AND epoch < $2"),
		one("two nodes sweep at a time", sqlitePkg, "^TestStore$/^Nodes$/^OneDoesTheSweep$",
			nodesSQL, "WHERE leases.node = excluded.node OR leases.expires_at <= $4", "WHERE leases.node <> '' OR leases.expires_at <= $4"),
	}
}

// machineMutants break what happens between the platform and a machine.
func machineMutants() []mutant {
	return []mutant{
		one("a message leaves from a stale copy", "internal/machineapi", "^TestLanes",
			"internal/machineapi/lanes.go", "l.recorded[c.ID]; recorded {", "l.recorded[c.ID]; recorded && c.ID < 0 {"),
		one("a callback under way leaves again", "internal/callback", "^TestNoMessageIsSentTwiceWithoutACrash$",
			"internal/callback/dispatch.go", "d.held[c.ID]; holding {", "d.held[c.ID]; holding && c.ID < 0 {"),
		one("PUBACK comes before the commit", "internal/devicegw", "^TestHandlerErrorClosesWithoutAcknowledgement$",
			"internal/devicegw/inbound.go", "\terr := c.g.h.OnMessage(", "\t_, _ = c.acknowledge(p, packet.Success)\n\terr := c.g.h.OnMessage("),
		one("an answer overtakes the one before it", "internal/devicegw", "^TestAnswersStayInOrder$",
			"internal/devicegw/inbound.go", "\tc.settle() // answers go out", "\t_ = c // answers go out"),
		one("a heartbeat comes behind the will", "internal/devicegw", "^TestEndWaitsForTheAnswer$",
			"internal/devicegw/conn.go", "\tc.settle() // a heartbeat must not come behind the will\n", ""),
		one("a machine speaks for another", "internal/devicegw", "^TestDeniedTopics$",
			"internal/devicegw/inbound.go", "rest[0] == '/' && rest[1:] == machineNo)", "rest[0] == '/')"),
		one("a machine needs no password", "internal/fleet", "^TestAuthenticate$",
			"internal/fleet/password.go", "\t\ts.passwords.failed(machineNo)\n\t\treturn Admission{}, ErrBadPassword\n", "\t\ts.passwords.failed(machineNo)\n\t\treturn Admission{}, nil\n"),
		one("a revoked password keeps its connection", "internal/fleet", "^TestRevokedPasswordEndsTheConnection$",
			"internal/store/db/presence.sql.go", "CASE WHEN refused_from = 0 OR", "CASE WHEN"),
		one("a password counts that was revoked behind its check", "internal/fleet", "^TestPasswordChangedWhileConnecting$",
			"internal/store/db/presence.sql.go", "AND password_version = $2", "AND password_version <= $2 + 9"),
		one("a machine obeys a command twice", "internal/simulator", "^Test(FinishedCommandIsReportedAgain|RunningCommandIsNotRepeated|DuplicatesStartOnce)$",
			"internal/simulator/dispense.go", "case inJournal: // row 3", "case inJournal && known.State == stateFinished: // row 3"),
		one("a password stands in the machine log", "internal/machinelog", "^TestPayload$",
			"internal/machinelog/entry.go", "return strings.Contains(strings.ToLower(name), \"password\")", "return strings.Contains(name, \"\\x00\")"),
	}
}

// edgeMutants open the platform to those it must not trust.
func edgeMutants() []mutant {
	return []mutant{
		one("every signature is right", "signature", "^Test(NegativeVectors|VerifyKeys)$",
			"signature/sign.go", "return match == 1", "return match >= 0"),
		one("a request never grows old", "internal/openapi", "^TestTimestamp$",
			"signature/object.go", "return window == 0 ||", "return window >= 0 ||"),
		one("a merchant reaches another's machine", "internal/openapi", "^TestTenants$",
			"internal/store/lookup.go", "if !found || m.Machine.MerchantID != merchantID {", "if !found {"),
		one("a callback goes to a private address", "internal/callback", "^Test(Guard|BlockedTarget)",
			"internal/callback/guard.go", "\t\t\treturn nil, errBlocked\n", "\t\t\tcontinue\n"),
		one("a redirect or an error acknowledges a callback", "internal/callback", "^TestOnlyStatus2xxIsAnAcknowledgement$",
			"internal/callback/post.go", "v.status <= 299", "v.status <= 599"),
		one("wrong codes are not counted", "internal/openapi", "^TestWrongCodeLock",
			"internal/vending/wrongcodes.go", "if len(at) >= limits.Max {", "if len(at) > limits.Max {"),
		one("a tap at the pickup page drops once more", "internal/pickuppage", "^Test(TapsAtOnce|StartLater)$",
			"internal/dispense/start.go", "(!r.First || record.DeliveryID == 0)", "(!r.First || record.DeliveryID >= 0)"),
		one("an address guesses codes at the pickup page forever", "internal/pickuppage", "^TestTriesOfAnAddress$",
			"internal/pickuppage/refusals.go", "\t\ts.atMachine.Failed(here)\n", ""),
		one("a result is shown at another machine", "internal/pickuppage", "^TestResultOfOthers$",
			"internal/pickuppage/redeem.go", "found && order.MachineID == v.machine.Machine.ID, err", "found, err"),
		one("an ended order keeps its stock", "internal/ordering", "^TestEveryOrderTransition$",
			"internal/ordering/update.go", "if !change.Returns {", "if !change.Returns || to != vending.OrderPickupCode {"),
	}
}

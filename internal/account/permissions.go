package account

import "slices"

// Role is what a user is at a merchant.
type Role string

// The roles.
const (
	Owner     Role = "owner"
	Admin     Role = "admin"
	Operator  Role = "operator"
	Restocker Role = "restocker"
	Developer Role = "developer"
	Viewer    Role = "viewer"
)

// Permission is something that can be done at a merchant.
type Permission string

// The permissions. Whoever is a member may See.
const (
	See             Permission = "see"               // machines, their planogram, stock and faults; goods
	SeeSales        Permission = "see_sales"         // orders and comments on them, deliveries, reports, codes with their digits masked
	SeeCodes        Permission = "see_codes"         // all digits of pickup codes
	SellCodes       Permission = "sell_codes"        // issue and cancel pickup codes
	EditPlanogram   Permission = "edit_planogram"    // what is in which channel, layout templates
	EditGoods       Permission = "edit_goods"        // goods, prices, pictures
	ControlMachines Permission = "control_machines"  // settings, maintenance, reboot, tags
	Restock         Permission = "restock"           // report stock
	TestDispense    Permission = "test_dispense"     // turn a motor, clear a fault
	HandleAlerts    Permission = "handle_alerts"     // acknowledge and resolve
	Redispense      Permission = "redispense"        // dispense an order again
	Refund          Permission = "refund"            // mark an order refunded
	ManageKeys      Permission = "manage_keys"       // make and rotate credentials
	SeeDeveloperLog Permission = "see_developer_log" // requests, signatures, callbacks with their bodies
	ResendCallbacks Permission = "resend_callbacks"  // send the true result again
	ManageMembers   Permission = "manage_members"    // invite, change and remove members
	EditMerchant    Permission = "edit_merchant"     // title, zone and other settings of the merchant
	SeeAudit        Permission = "see_audit"         // who changed what
)

// matrix is the one place that says who may do what.
func matrix() map[Permission][]Role {
	desk := []Role{Owner, Admin, Operator}
	field := []Role{Owner, Admin, Operator, Restocker}
	dev := []Role{Owner, Admin, Developer}
	lead := []Role{Owner, Admin}
	return map[Permission][]Role{
		See:             Roles(),
		SeeSales:        {Owner, Admin, Operator, Developer, Viewer},
		SeeCodes:        desk,
		SellCodes:       desk,
		EditPlanogram:   desk,
		EditGoods:       desk,
		ControlMachines: desk,
		Restock:         field,
		TestDispense:    field,
		HandleAlerts:    field,
		Redispense:      desk,
		Refund:          lead,
		ManageKeys:      dev,
		SeeDeveloperLog: dev,
		ResendCallbacks: dev,
		ManageMembers:   lead,
		EditMerchant:    lead,
		SeeAudit:        lead,
	}
}

// Roles lists all roles, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Operator, Restocker, Developer, Viewer} }

// May tells whether the role has a permission.
func (r Role) May(p Permission) bool { return slices.Contains(matrix()[p], r) }

// Permissions lists what the role may do, sorted.
func (r Role) Permissions() []Permission {
	out := []Permission{}
	for p, roles := range matrix() {
		if slices.Contains(roles, r) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// groupable tells whether a member with the role can be bound to a group of
// machines. The others deal with things that belong to no machine.
func (r Role) groupable() bool { return r == Operator || r == Restocker || r == Viewer }

func checkRole(r Role, group string) error {
	if !slices.Contains(Roles(), r) || group != "" && !r.groupable() || len(group) > maxGroup {
		return RoleInvalid
	}
	return nil
}

// maxGroup bounds the name of a group of machines, in bytes.
const maxGroup = 100

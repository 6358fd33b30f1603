package vending

// Review states of an ad (openapi.md §7.7, later.md §4.11). Only approved ones
// are shown and sent to machines.
const (
	AdApproved = "APPROVED"
	AdPending  = "PENDING"
)

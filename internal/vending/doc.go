// Package vending is the domain: entities' states and transitions, money,
// codes, order numbers and coded errors. It does no I/O and imports nothing of
// ours, so every rule in it can be read and tested on its own.
package vending

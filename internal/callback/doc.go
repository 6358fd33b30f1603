// Package callback sends the messages of the outbox table callbacks to the
// merchants' notify_url (consume.md §9): at least once, unordered, signed,
// retried on a fixed schedule and kept as dead letters when that is exhausted.
//
// One goroutine, the dispatcher, claims due rows by lease and hands each to a
// goroutine of its own, which posts it and records the result. An endpoint
// (scheme, host and port) has a few sends at once; what it has too much of is
// parked in the endpoint's lane of the table, so that the rows of a hanging
// endpoint are never in the way of another's.
package callback

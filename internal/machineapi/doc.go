// Package machineapi speaks the machine protocol (mqtt.md) on top of the device
// gateway: a Handler verifies and dispatches what machines send, a Relay sends
// the down messages of the commands outbox.
//
// # Up
//
// A message is checked in the order of mqtt.md §3.2. One that fails is dropped:
// it has no effect, it is counted as mqtt_dropped_total{reason, method}, and it
// is acknowledged to the machine all the same, because sending it again would
// change nothing. Only when the platform itself fails (the store is down) is the
// acknowledgement withheld, so that the machine sends again.
//
// The contract identifies the sender of a message on the shared topic by its
// client_id, which every machine that knows the merchant's AppKey could forge.
// The gateway knows whose connection a message came in on, so that number stands
// in for the topic's: a client_id that names another machine is dropped as
// topic_mismatch on both topics, and one that names no machine at all as
// unknown_machine. A message without client_id belongs to the connection.
//
// What a use case refuses (a product of another machine, a level above the
// capacity) is dropped as bad_fields. What it accepts is counted as
// mqtt_accepted_total{method} and noted in the machine log.
//
// # Down
//
// A row of the outbox holds method, own fields and time of a message; the Relay
// adds the base fields and the signature when it sends. The same row always
// gives the same bytes, so a repeat is identical to the first publication
// (mqtt.md §6.1).
//
// Messages to one machine go out in the order they were queued, and each waits
// until the one before is acknowledged: a pickup code must not be created on a
// machine after the message that deletes it. Dispense commands keep no order
// with the others and never wait for them, because their start window is short.
package machineapi

// Package simulator is a virtual vending machine: a real MQTT client with a
// durable journal that behaves as mqtt.md §3.4 and §6 ask of a machine. The demo
// runs it beside the platform, the fleet simulator runs a thousand of it, and
// tests judge the platform by its journal. It understands every message of
// mqtt.md §5 and sends those of §4. It knows the platform only by the wire, so
// nothing of Vendlane is imported except the signature package.
//
// # One goroutine decides
//
// Everything a machine knows (connection, current run, queue, results on their
// way) belongs to one goroutine that executes one closure after the other.
// Timers, acknowledgements and received messages are posted to it. A second
// goroutine connects, and hands over what is to be sent.
//
// # Who repeats a message
//
// The journal alone. A machine asks for clean session off, as mqtt.md §2.1
// wants, but every connection gets a new MQTT client with empty memory, so the
// client library has nothing to resume: not an old subscription, not an old
// publication with an outdated timestamp, not a half-finished acknowledgement.
// A result is published again, freshly signed, until the server's PUBACK of any
// of its copies arrives, also after a reconnect or a restart. Of the other
// messages none needs repeating: they open each connection anew.
//
// In the other direction the PUBACK of a command leaves after the command had
// its effect (journaled, queued, stored or ignored). A server that repeats a
// command after a lost connection meets rows 2 and 3 of mqtt.md §6.3.
//
// # Where misbehaviour belongs
//
// Config.Behaviour decides what comes of a run (jam, no drop, slow, silent) and
// what befalls its report or the machine meanwhile (early, late, repeated or
// wrongly signed; offline, power loss). Config.Redeliver repeats and swaps
// received messages, Config.Clock may drift, Config.Dial may return a connection
// that delays or cuts. Machine.Kill is a power loss, GoOffline and Reconnect lose
// the connection only. After a power loss Start continues in the same folder.
//
// Whatever of this happens, the motor starts at most once per delivery_id.
package simulator

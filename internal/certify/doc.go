// Package certify plays the platform for one machine under test and judges how
// it keeps the machine protocol (mqtt.md). It is for makers of firmware: the
// machine connects as it would to the platform, a series of steps sends it
// commands and disturbs it, and every check becomes one row of a table with a
// verdict and what was seen.
//
// # How it sees
//
// The device gateway answers the machine, so MQTT is not written twice. Between
// the network and the gateway sits a tap: it notes every packet of the machine,
// also those the gateway refuses, and it can hold back the acknowledgements of
// results. Checks look at these notes and at nothing else.
//
// # What it cannot see
//
// A machine tells only what it reports. Whether a motor turned a second time
// shows in the reports only if the machine is honest: another result, a second
// result, or a "stored" result that takes as long as a run. With Config.Ask a
// person looks at the motor and decides.
//
// # One cause, one row
//
// An answer is found by its delivery_id even if its signature is wrong, so that
// a wrong signature fails the row about signatures and not all of them.
package certify

// Package devicegw is an MQTT 3.1.1 and 5.0 endpoint for machines
// (mqtt.md §1, §2). It is not a broker: a machine publishes to the platform and
// receives its commands, nothing is routed between clients, nothing is
// retained, and no message waits in a session. It knows MQTT and machine
// numbers, and leaves credentials and message contents to a Handler.
//
// # What a machine may do
//
// Client id and user name are equal and not empty; Handler.Authenticate decides
// the rest. A machine publishes to /server/app and /server/app/{own number} and
// subscribes to /clients/{own number}. Other publications are dropped and
// counted: MQTT 5.0 answers reason 0x87, while 3.1.1 has only the positive
// acknowledgement to offer. Other subscriptions get 0x80 (3.1.1) or 0x87 (5.0).
// The subscription is granted at QoS 1 whatever was asked for, because the
// platform needs the PUBACK of every command; a client library acknowledges a
// QoS 1 message however it subscribed.
//
// Machines may publish at QoS 2, so CONNACK sends no Maximum QoS. The exactly
// once of QoS 2 holds inside one session.
//
// Retained publications end a 5.0 connection with reason 0x9A, for CONNACK said
// Retain Available 0; in 3.1.1 they are acknowledged, dropped and counted.
//
// # Refusals at CONNECT
//
//	client id empty or unequal to user name   2 / 0x85
//	ErrBadCredentials, no user name           4 / 0x86
//	ErrNotAuthorized                          5 / 0x87
//	other error of Authenticate, shutdown     3 / 0x88
//	will on a topic the machine may not use   5 / 0x87
//	will retained                             5 / 0x9A
//	will too large                            5 / 0x95
//	CheckWill refused the will                5 / 0x83
//	protocol version                          1 / 0x84
//	enhanced authentication                   - / 0x8C
//
// # Sessions without a queue
//
// A session outlives its connection as the machine asks, at most an hour
// (mqtt.md §2.1), in this process only. It holds the subscription, so that a
// machine that finds Session Present 1 need not subscribe again, and the
// identifiers of unfinished QoS 2 messages. It holds no messages: a queue would
// hand out commands whose time is over, and a "dispense" must not wait anywhere
// without the application knowing. Commands wait in the application's outbox
// with an expiry, and Send reports what became of one attempt. A will is
// published as soon as its connection is gone, whatever its Will Delay
// Interval, because the platform wants to know at once.
//
// # Transports
//
// TCP, TLS (a TLS listener with Certificate.TLS) and WebSocket on either. Their
// handshakes share the connect timeout, the handshake slots and the connection
// limit with CONNECT, and nothing above them knows the difference.
//
// # Take-over
//
// The newest connection of a machine owns it. Each gets an epoch, greater than
// any before, also across restarts. An older connection is closed (5.0: reason
// 0x8E), its will and its end are reported under its own epoch, and it can
// remove nothing but itself from the registry. Its last events may arrive after
// the first ones of its successor, so the application ignores older epochs.
// TakenOver ends a connection in the same way whose machine has connected to
// another node.
//
// Refuse ends one whose machine would not be let in any more (5.0: reason 0x98).
// There is no newer connection, so its will counts.
package devicegw

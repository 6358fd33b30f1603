// Package signature reads, verifies and writes the signed messages of Vendlane.
//
// Merchants (HTTP), machines (MQTT) and Vendlane itself (callbacks) all exchange
// the same thing: a JSON object, the payload object, that carries a member "sign".
// The sender lists the members in a fixed order, appends a secret key called the
// AppKey and sends the MD5 of that text; the receiver repeats the calculation.
// The rest is detail:
//
// # How is the payload object packed?
//
//   - HTTP: base64 inside another object, {"payload":"eyJ…"}. Read it with
//     [DecodeEnvelope], write it with [NewEnvelope].
//   - MQTT: base64 alone. Read it with [DecodeMessage], write it with [EncodeMessage].
//   - Callbacks: plain JSON. Write it with [SignJSON].
//
// Reading is strict about what a payload object is (see [ParseObject]) and lenient
// about how base64 was written (see [DecodeBase64]). Every refusal wraps
// [ErrMalformed] and names a position, never a value.
//
// # What exactly is signed?
//
// [Object.Canonical] shows it. Members are flattened to name=text pairs: the member
// {"a":{"b":[1]}} becomes a[b][0]=1. Numbers count as they were typed, so 9.50 and 9.5
// differ. Empty texts, the text NULL and JSON null do not count. Pairs are sorted by
// the bytes of their names, joined with "&", and "&key=" plus the key comes last.
//
// Clients in the field disagree whether the pairs are URL-escaped, so there is more
// than one [Form]. Vendlane always signs [Raw] and accepts all of them.
//
// # How do I check a message?
//
//	obj, err := signature.DecodeEnvelope(body)
//	if err != nil { … }                      // HTTP 400
//	if !obj.Verify(appKey) { … }             // code 10015
//	if !obj.WithinWindow(now, 600) { … }     // code 10016
//	code, ok := obj.Lookup("code")
//
// # What a signature is worth
//
// The scheme is kept because existing clients use it, not because it is strong: MD5
// is old, nothing prevents a replay inside the time window, and the raw form is
// ambiguous, since a text may contain "&" and "=" and so pass for several pairs.
// Treat a good signature as a check against mistakes on top of TLS and the AppSecret,
// never as the only proof of who is calling.
//
// Test data for implementations in other languages is in api/vectors.
package signature

// Package fleetsim runs many virtual machines against one server, lets them
// misbehave, and counts what comes of it. It is what `vendlane simulate` does.
//
// Faults says how often what goes wrong; Fleet starts the machines, switches
// killed ones on again in the same folder, and holds the counters; Control is
// an HTTP handler to steer a fleet while it runs.
//
// The number that matters is Counts.DoubleStarts: deliveries whose motor
// started more than once. It has to be 0 whatever goes wrong.
package fleetsim

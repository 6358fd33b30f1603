//go:build !race

package e2e

// raceDetector tells that these tests, but not the server, are slowed down.
const raceDetector = false

// Package openapi is the merchants' HTTP API: routes, envelope, the common
// checks of openapi.md §3.1 in their exact order, and one mapping of domain
// errors to the wire. Rules of the business live in the use cases.
package openapi

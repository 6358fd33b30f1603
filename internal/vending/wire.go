package vending

import (
	"net/url"
	"strings"
)

// Flag writes a boolean as machines read it: "1" or "0" (mqtt.md §3.1).
func Flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// PictureURL shows a stored picture, which is a path, under the platform's
// public address; other URLs are as the operator gave them.
func PictureURL(publicURL, picture string) string {
	if strings.HasPrefix(picture, "/") {
		return publicURL + picture
	}
	return picture
}

// PickupPagePrefix starts the path of the pages where customers redeem their codes.
const PickupPagePrefix = "/p/"

// PickupPageURL is the address of that page of a machine; base is where browsers
// reach the platform, without a slash at its end.
func PickupPageURL(base, machineNo string) string {
	return base + PickupPagePrefix + url.PathEscape(machineNo)
}

package vending

import "strings"

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

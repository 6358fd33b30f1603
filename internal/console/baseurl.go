package console

import (
	"net/url"

	"github.com/vendlane/vendlane/internal/pickuppage"
)

// baseURL is where browsers reach the platform: http.public_url, or else where
// this one found the console.
func (s *Server) baseURL(c *call) string {
	switch {
	case s.cfg.PublicURL != "":
		return s.cfg.PublicURL
	case c.secure:
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// pickupPage is the address of the page where customers redeem their codes at a
// machine.
func (s *Server) pickupPage(c *call, machineNo string) string {
	return s.baseURL(c) + pickuppage.Prefix + url.PathEscape(machineNo)
}

package console

import "github.com/vendlane/vendlane/internal/vending"

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
	return vending.PickupPageURL(s.baseURL(c), machineNo)
}

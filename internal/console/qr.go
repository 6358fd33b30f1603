package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"rsc.io/qr"
)

func (s *Server) qrRoutes() []route {
	return []route{{http.MethodGet, "/machines/{machine_no}/qr", member, account.See, s.machineQR}}
}

// quietZone is the white border that readers need, in modules.
const quietZone = 4

// svg is a picture.
type svg string

func (picture svg) answer(w http.ResponseWriter, _ *http.Request) int {
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	_, _ = w.Write([]byte(picture)) // the client is gone; there is nobody to tell
	return http.StatusOK
}

// machineQR is the QR code to stick on a machine: it leads to its pickup page.
func (s *Server) machineQR(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	return qrOf(s.pickupPage(c, m.Machine.MachineNo))
}

func qrOf(text string) (svg, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("encode a QR code: %w", err)
	}
	size := code.Size
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %[3]d %[3]d" shape-rendering="crispEdges">`,
		-quietZone, -quietZone, size+2*quietZone)
	fmt.Fprintf(&out, `<rect x="%[1]d" y="%[1]d" width="%[2]d" height="%[2]d" fill="#fff"/><path d="`, -quietZone, size+2*quietZone)
	for y := range size {
		for x := range size {
			if code.Black(x, y) {
				fmt.Fprintf(&out, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	out.WriteString(`"/></svg>`)
	return svg(out.String()), nil
}

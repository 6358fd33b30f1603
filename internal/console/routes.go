package console

import (
	"context"
	"net/http"
	"slices"

	"github.com/vendlane/vendlane/internal/account"
)

// access says what a request must bring.
type access int

const (
	// anybody needs no session; if there is one, the handler sees it.
	anybody access = iota
	// signedIn needs a session, and nothing at any merchant.
	signedIn
	// member needs a session and the route's permission at its merchant.
	member
	// platform needs the session of a platform administrator.
	platform
)

// handler answers a request with what becomes JSON, nil for nothing, or an
// answerer.
type handler func(ctx context.Context, c *call) (any, error)

// route binds a verb and a path to a handler and to what it needs.
type route struct {
	verb, path string
	access     access
	// may is the permission of a member; it is "" for all other routes.
	may     account.Permission
	handler handler
}

// routes lists all endpoints; each resource has its own in its file.
func (s *Server) routes() []route {
	return slices.Concat(
		s.setUpRoutes(),
		s.sessionRoutes(),
		s.oidcRoutes(),
		s.merchantRoutes(),
		s.healthRoutes(),
		s.ownMerchantRoutes(),
		s.memberRoutes(),
		s.auditRoutes(),
		s.machineRoutes(),
		s.eventRoutes(),
		s.planogramRoutes(),
		s.failureRoutes(),
		s.modelRoutes(),
		s.visitRoutes(),
		s.restockRoutes(),
		s.qrRoutes(),
		s.controlRoutes(),
		s.jobRoutes(),
		s.viewRoutes(),
		s.orderRoutes(),
		s.codeRoutes(),
		s.batchRoutes(),
		s.manyCodeRoutes(),
		s.sheetRoutes(),
		s.nowRoutes(),
		s.goodRoutes(),
		s.alertRoutes(),
		s.alertRuleRoutes(),
		s.callbackToolRoutes(),
		s.developerRoutes(),
		s.tryRoutes(),
		s.simulatorRoutes(),
		s.searchRoutes(),
	)
}

func unknownRoute(context.Context, *call) (any, error) {
	return nil, fault{http.StatusNotFound, "not_found", ""}
}

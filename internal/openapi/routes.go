package openapi

import (
	"maps"
	"net/http"
	"slices"
)

// Route is an endpoint of the API.
type Route struct {
	Verb string
	// Path is what follows Prefix, parameters in braces.
	Path string
	// Methods are the values of the payload's `method` that the endpoint knows,
	// ascending; empty when it does not look at it.
	Methods []string
}

// Routes lists the endpoints, for documents that have to name every one.
func Routes() []Route {
	var none *Server
	out := []Route{}
	for _, r := range none.routes() {
		out = append(out, Route{Verb: r.verb, Path: r.path, Methods: slices.Sorted(maps.Keys(r.methods))})
	}
	return out
}

// route binds a verb and a path to a handler, or to one for each method, and
// to the common checks that come before it.
type route struct {
	verb, path string
	checks     func(handler) endpoint
	handler    handler
	methods    methods
}

func (r route) endpoint() endpoint {
	if r.methods != nil {
		return r.checks(r.methods.dispatch)
	}
	return r.checks(r.handler)
}

func (s *Server) routes() []route {
	const post, put = http.MethodPost, http.MethodPut
	return []route{
		// Endpoints without a payload.
		{post, "/ping", s.bare, s.ping, nil},
		{post, "/rent/machines", s.bare, s.machines, nil},
		{post, "/rent/machines/{machine_no}", s.bare, s.machine, nil},
		// Endpoints with a signed payload.
		{post, "/products", s.signed, s.products, nil},
		{post, "/floors", s.signed, s.floors, nil},
		{post, "/categories", s.signed, s.categories, nil},
		{post, "/banners", s.signed, s.banners, nil},
		{post, "/pickup_codes", s.signed, nil, methods{
			"pickup_code.product.id":  s.issueForProduct,
			"pickup_code.product.all": s.issueForAll,
		}},
		{put, "/pickup_codes", s.signed, nil, methods{
			"pickup_code.delete.id":  s.cancelCode,
			"pickup_code.delete.all": s.cancelAllCodes,
		}},
		{post, "/products/{product_id}/pickup_code", s.signed, s.productCodes, nil},
		{post, "/consumes", s.redeeming, nil, methods{"event.consume.pickup_code": s.consume}},
		{post, "/orders/{order_id}", s.signed, s.order, nil},
		{put, "/orders/{order_id}", s.signed, s.updateOrder, nil},
		{post, "/deliveries", s.signed, nil, methods{"device.delivery.put": s.startDelivery}},
		{post, "/deliveries/debug", s.signed, nil, methods{"device.delivery.put": s.startTest}},
		{post, "/deliveries/{delivery_id}", s.signed, s.delivery, nil},
		{post, "/replenishments", s.signed, nil, methods{
			"replenishment.product.id":  s.replenish,
			"replenishment.category.id": s.replenishCategory,
			"replenishment.machine.all": s.replenishAll,
		}},
		// The one endpoint whose body is the parameter object itself.
		{post, "/orders", s.unsigned, s.createOrder, nil},
	}
}

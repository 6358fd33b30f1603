package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// probe is how the tests of this file call a route. In path and body, names in
// braces stand for ids: {member} and the like for the shop's own, or for the
// rival's where the test wants to reach what is not the caller's.
type probe struct {
	body string
	// query follows the path as it is.
	query string
	// foreign is the answer to a call that names the rival's things, 0 if the
	// route names none. own is that of a call that names the caller's.
	foreign, own int
}

// probes has every route. A new route needs a line here: the answer to an owner
// who names things of another merchant, and to one who names its own.
var probes = map[string]probe{
	"GET /setup":                 {own: 200},
	"POST /setup":                {body: `{"code":"x","email":"a@b.example","name":"A","password":"0123456789"}`, own: 403},
	"POST /session":              {body: `{"email":"nobody@shop.example","password":"0123456789"}`, own: 401},
	"DELETE /session":            {own: 204},
	"GET /session":               {own: 200},
	"PUT /session/merchant":      {body: `{"merchant_id":{merchant}}`, own: 200, foreign: 404},
	"PUT /session/language":      {body: `{"language":"en"}`, own: 204},
	"GET /oidc/start":            {own: 404}, // it is switched off
	"GET /oidc/callback":         {own: 404},
	"GET /sessions":              {own: 200},
	"DELETE /sessions":           {own: 204},
	"DELETE /sessions/{id}":      {own: 204, foreign: 404},
	"PUT /password":              {body: `{"present":"correct-horse","next":"another-horse"}`, own: 204},
	"GET /logins":                {own: 200},
	"GET /merchants":             {own: 403},
	"POST /merchants":            {body: `{"slug":"x","title":"X"}`, own: 403},
	"PUT /merchants/{id}/status": {body: `{"status":"PENDING"}`, own: 403, foreign: 403},
	"GET /merchant":              {own: 200},
	"PUT /merchant/notify-url":   {body: `{"notify_url":"https://merchant.example/notify"}`, own: 204},
	"GET /members":               {own: 200},
	"POST /members":              {body: `{"user_id":{user_id},"role":"viewer"}`, own: 204, foreign: 404},
	"DELETE /members/{user_id}":  {own: 204, foreign: 404},
	"POST /invitations":          {body: `{"role":"viewer"}`, own: 201},
	"POST /invitations/accept":   {body: `{"token":"x"}`, own: 404},
	"GET /audit":                 {own: 200},
	"GET /platform/audit":        {own: 403},
	"GET /platform/health":       {own: 403},
	"GET /machines":              {own: 200},

	"GET /machines/{machine_no}":                  {own: 200, foreign: 404},
	"GET /machines/{machine_no}/planogram":        {own: 200, foreign: 404},
	"PUT /machines/{machine_no}/planogram":        {body: `[{"product_id":{product},"quantity":5}]`, own: 200, foreign: 404},
	"POST /machines/{machine_no}/planogram/stage": {body: `{"from":"{machine_no}"}`, own: 200, foreign: 404},
	"POST /machines/{machine_no}/planogram/copy":  {body: `{"machine_nos":["{machine_no}"]}`, own: 200, foreign: 404},
	"GET /machines/{machine_no}/failures":         {own: 200, foreign: 404},
	"GET /machines/{machine_no}/model":            {own: 200, foreign: 404},
	"PUT /machines/{machine_no}/model":            {body: `{"model_id":{model},"version":1}`, own: 200, foreign: 404},
	"POST /machines/{machine_no}/model/compare":   {body: `{"model_id":{model},"version":0}`, own: 200, foreign: 404},
	"GET /models":                {own: 200},
	"POST /models":               {body: `{"name":"Kiosk","machine_no":"{machine_no}"}`, own: 201, foreign: 404},
	"GET /models/{id}":           {own: 200, foreign: 404},
	"DELETE /models/{id}":        {query: "?base=1", own: 204, foreign: 404},
	"PUT /models/{id}/name":      {body: `{"old_name":"{model_name}","name":"Other"}`, own: 204, foreign: 404},
	"POST /models/{id}/versions": {body: `{"base":1,"layout":` + layoutText + `}`, own: 201, foreign: 404},

	"GET /machines/{machine_no}/qr": {own: 200, foreign: 404},
	"POST /machines/{machine_no}/visits": {
		body: `{"key":"0123456789abcdef","lines":[{"product_id":{product},"expected":5,"counted":5,"removed":0,"added":1}]}`, own: 201, foreign: 404,
	},
	"GET /visits":                                      {own: 200},
	"GET /visits/{id}":                                 {own: 200, foreign: 404},
	"GET /pick-list":                                   {own: 200},
	"GET /machines/{machine_no}/events":                {own: 200, foreign: 404},
	"GET /machines/{machine_no}/orders":                {own: 200, foreign: 404},
	"GET /machines/{machine_no}/codes":                 {own: 200, foreign: 404},
	"GET /machines/{machine_no}/settings":              {own: 200, foreign: 404},
	"POST /machines/{machine_no}/test":                 {body: `{"product_id":{product}}`, own: 201, foreign: 404},
	"POST /machines/{machine_no}/actions":              {body: `{"action":"refresh"}`, own: 200, foreign: 404},
	"GET /jobs":                                        {own: 200},
	"POST /jobs":                                       {body: `{"action":"pause_codes","machine_nos":["{machine_no}"]}`, own: 201, foreign: 404},
	"GET /jobs/{id}":                                   {own: 200, foreign: 404},
	"GET /jobs/{id}/machines":                          {own: 200, foreign: 404},
	"POST /jobs/{id}/stop":                             {own: 200, foreign: 404},
	"GET /views":                                       {own: 200},
	"POST /views":                                      {body: `{"page":"orders","name":"Failed","query":"status=FAILED"}`, own: 201},
	"PUT /views/{id}":                                  {body: `{"name":"Failed","query":"status=FAILED","shared":true}`, own: 204, foreign: 404},
	"DELETE /views/{id}":                               {own: 204, foreign: 404},
	"GET /orders":                                      {own: 200},
	"GET /orders/{id}":                                 {own: 200, foreign: 404},
	"GET /orders/{id}/evidence":                        {own: 200, foreign: 404},
	"POST /orders/{id}/dispense":                       {body: `{"record_id":{record}}`, own: 201, foreign: 404},
	"POST /orders/{id}/refund":                         {own: 204, foreign: 404},
	"POST /orders/{id}/comments":                       {body: `{"text":"Called the customer."}`, own: 204, foreign: 404},
	"POST /orders/{id}/callbacks/{callback_id}/resend": {own: 204, foreign: 404},

	"GET /codes":                             {own: 200},
	"POST /codes":                            {body: `{"machine_no":"{machine_no}","product_id":{product}}`, own: 201, foreign: 404},
	"DELETE /codes/{id}":                     {own: 204, foreign: 404},
	"GET /codes/batches":                     {own: 200},
	"POST /codes/batches":                    {body: `{"lines":[{"machine_no":"{machine_no}","product_id":{product},"count":2}]}`, own: 201, foreign: 404},
	"GET /codes/batches/{id}":                {own: 200, foreign: 404},
	"POST /codes/batches/{id}/cancel":        {body: `{"cancel_codes":true}`, own: 200, foreign: 404},
	"POST /codes/cancel":                     {body: `{"ids":[{code}]}`, own: 200, foreign: 404},
	"POST /codes/extend":                     {body: `{"ids":[{code}],"expires_at":0}`, own: 200, foreign: 404},
	"GET /codes/funnel":                      {own: 200},
	"GET /sheets/codes":                      {own: 400}, // without a batch; see TestCodesOfARival
	"GET /sheets/machines":                   {own: 200},
	"GET /now":                               {own: 200},
	"GET /goods":                             {own: 200},
	"POST /goods":                            {body: `{"slug":"tea","name":"Tea","price":150}`, own: 201},
	"PUT /goods/{id}":                        {body: `{"name":"Tea","price":150}`, own: 200, foreign: 404},
	"GET /goods/{id}/uses":                   {own: 200, foreign: 404},
	"POST /goods/import/preview":             {body: `{"file":"c2x1Zwo="}`, own: 200},
	"POST /goods/import":                     {body: `{"file":"c2x1Zwo=","fingerprint":"95cb9b4f84ceff132cc7a875d8c192bf4997016a939ee64141c1fd628c0e8738"}`, own: 200},
	"GET /alerts":                            {own: 200},
	"POST /alerts/{id}/resolve":              {own: 204, foreign: 404},
	"GET /alerts/rules":                      {own: 200},
	"POST /alerts/rules":                     {body: ruleText, own: 201},
	"PUT /alerts/rules/{id}":                 {body: ruleText, own: 200, foreign: 404},
	"DELETE /alerts/rules/{id}":              {own: 204, foreign: 404},
	"POST /alerts/rules/{id}/test":           {own: 204, foreign: 404},
	"GET /alerts/messages":                   {own: 200},
	"POST /developers/callbacks/test":        {body: `{"url":"https://merchant.example/notify"}`, own: 200},
	"POST /developers/callbacks/recover":     {body: `{"since":1}`, own: 200},
	"GET /search":                            {own: 200},
	"GET /developers/keys":                   {own: 200},
	"POST /developers/keys/rotate":           {body: `{"which":"app_key"}`, own: 200},
	"POST /developers/keys/end-overlap":      {body: `{"which":"app_key"}`, own: 204},
	"GET /developers/api":                    {own: 200},
	"POST /developers/api/try":               {body: `{"operation":"getMachine","parameters":{"machine_no":"{machine_no}"}}`, own: 200, foreign: 200},
	"GET /developers/simulator":              {own: 200},
	"PUT /developers/simulator/{machine_no}": {body: `{"faults":{"jam":"1"},"runs":1}`, own: 204, foreign: 404},
	"GET /developers/requests":               {own: 200},
	"GET /developers/requests/{id}":          {own: 200, foreign: 404},
	"GET /developers/requests/{id}/debug":    {own: 200, foreign: 404},
	"POST /developers/debug":                 {body: `{"raw":"x","kind":"mqtt"}`, own: 200},
	"GET /developers/callbacks":              {own: 200},

	"GET /events": {own: 400}, // without topics; the stream has tests of its own
}

// ids fills the names in a path or body of a route.
func (f *fixture) ids(route, text string, foreign bool, b *browser) string {
	f.t.Helper()
	merchant, user := f.Merchant.ID, f.colleague()
	if foreign {
		merchant, user = f.rival.ID, f.rivalUser.ID
	}
	id := merchant
	if strings.Contains(route, "/sessions/") {
		owner := f.rivalUser.ID
		if !foreign {
			owner = int64(b.want(200, "GET", "/session", nil)["user"].(map[string]any)["id"].(float64))
		}
		rows, err := f.Store.SessionsOfUser(f.t.Context(), owner, 0)
		f.must(err)
		id = rows[0].ID
	}
	if own := f.things[merchant]; own != nil {
		text = own.fill(route, text)
	}
	return strings.NewReplacer(
		"{merchant}", fmt.Sprint(merchant), "{user_id}", fmt.Sprint(user), "{id}", fmt.Sprint(id),
	).Replace(text)
}

// colleague is a member of the shop that may be changed and removed; a removed
// one comes back.
func (f *fixture) colleague() int64 {
	u, found, err := store.Find(f.Store.UserByEmail(f.t.Context(), "colleague@shop.example"))
	f.must(err)
	if !found {
		u = f.user("colleague@shop.example", f.Merchant.ID, account.Viewer, "")
	}
	f.Write(f.t, func(tx *store.Tx) error {
		return tx.SetMember(f.t.Context(), db.SetMemberParams{UserID: u.ID, MerchantID: f.Merchant.ID, Role: string(account.Viewer)})
	})
	return u.ID
}

// everyRoute runs fn for every route.
func everyRoute(t *testing.T, fn func(t *testing.T, rt route, p probe)) {
	var none *Server
	seen := map[string]bool{}
	for _, rt := range none.routes() {
		name := rt.verb + " " + rt.path
		seen[name] = true
		p, listed := probes[name]
		if !listed {
			t.Errorf("%s is new: list it in probes", name)
			continue
		}
		if (rt.access == member) != (rt.may != "") {
			t.Errorf("%s: a route of a member has a permission, and no other", name)
		}
		t.Run(strings.ReplaceAll(name, "/", "."), func(t *testing.T) { fn(t, rt, p) })
	}
	for name := range probes {
		if !seen[name] {
			t.Errorf("%s is listed in probes and is no route", name)
		}
	}
}

// No route answers or changes what belongs to another merchant.
func TestNoRouteCrossesMerchants(t *testing.T) {
	f := newFixture(t)
	f.signIn("rival@rival.example") // so that there is a session to reach for
	f.makeThings()
	before := f.rivalState()
	everyRoute(t, func(t *testing.T, rt route, p probe) {
		f.renewThings()
		email := strings.NewReplacer("/", "-", "{", "", "}", "").Replace(rt.verb+rt.path) + "@shop.example"
		f.user(email, f.Merchant.ID, account.Owner, "")
		owner := f.signIn(strings.ToLower(email))
		call := func(foreign bool, want int) {
			path := f.ids(rt.path, rt.path, foreign, owner) + p.query
			var body any
			if p.body != "" {
				body = f.ids(rt.path, p.body, foreign, owner)
			}
			w := owner.send(rt.verb, path, body)
			if w.Code != want {
				t.Errorf("%s %s: HTTP %d %s, want %d", rt.verb, path, w.Code, w.Body, want)
			}
			if strings.Contains(strings.ToLower(w.Body.String()), "rival") {
				t.Errorf("%s %s shows something of the rival: %s", rt.verb, path, w.Body)
			}
		}
		if p.foreign != 0 {
			call(true, p.foreign)
		}
		call(false, p.own)
		if after := f.rivalState(); after != before {
			t.Errorf("the rival was changed\nfrom %s\nto   %s", before, after)
		}
	})
}

// rivalState is what the rival has, as text.
func (f *fixture) rivalState() string {
	ctx := f.t.Context()
	merchant, err := f.Store.MerchantByID(ctx, f.rival.ID)
	f.must(err)
	members, err := f.Store.MembersOfMerchant(ctx, f.rival.ID)
	f.must(err)
	machines, err := f.Store.MachineOverview(ctx, db.MachineOverviewParams{MerchantID: f.rival.ID, PageSize: 100})
	f.must(err)
	sessions, err := f.Store.SessionsOfUser(ctx, f.rivalUser.ID, 0)
	f.must(err)
	user, err := f.Store.UserByID(ctx, f.rivalUser.ID)
	f.must(err)
	return f.things[f.rival.ID].state(f) + fmt.Sprintf("%+v %+v %+v %+v %+v", merchant, members, machines, sessions, user)
}

// Every role is let in where the matrix says so, and nowhere else; without a
// session, or without the CSRF token, nobody is.
func TestEveryRouteAndRole(t *testing.T) {
	f := newFixture(t)
	visitor := f.visitor()
	browsers := map[account.Role]*browser{}
	for _, role := range account.Roles() {
		browsers[role] = f.as(role, "")
	}
	f.user("nobody@guest.example", 0, "", "")
	guest := f.signIn("nobody@guest.example")
	everyRoute(t, func(t *testing.T, rt route, _ probe) {
		if rt.access == anybody {
			return
		}
		// A body that is refused, so that nothing happens to whoever may.
		path := strings.NewReplacer("{id}", "0", "{user_id}", "0").Replace(rt.path)
		send := func(b *browser) (int, string) {
			w := b.send(rt.verb, path, `{"no_such_member":1}`)
			return w.Code, errorCode(w)
		}
		if status, code := send(visitor); status != http.StatusUnauthorized || code != "signed_out" {
			t.Errorf("without a session: HTTP %d %s", status, code)
		}
		if changes(rt.verb) {
			b := *browsers[account.Owner]
			b.csrf = "wrong"
			if status, code := send(&b); status != http.StatusForbidden || code != "csrf" {
				t.Errorf("without the CSRF token: HTTP %d %s", status, code)
			}
		}
		if rt.access == signedIn {
			return // no role is asked for
		}
		if status, code := send(guest); status != http.StatusForbidden {
			t.Errorf("a member of nothing: HTTP %d %s", status, code)
		}
		for role, b := range browsers {
			status, code := send(b)
			if may := rt.access == member && role.May(rt.may); may == (code == "forbidden") {
				t.Errorf("%s: HTTP %d %s, may %v", role, status, code, may)
			}
		}
	})
}

package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/apidocs"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/signature"
)

func (b *browser) try(operation, parameters, payload string) map[string]any {
	b.f.t.Helper()
	return b.want(http.StatusOK, "POST", "/developers/api/try", fmt.Sprintf(`{"operation":%q,"parameters":%s,"payload":%q}`, operation, parameters, payload))
}

// A call is signed in the server and answered as any other; the page shows what was
// sent, and no secret.
func TestTryAPI(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Developer, "")
	got := b.try("listProducts", "{}", `{"machine_no":"`+storetest.MachineNo+`"}`)
	answer := got["answer"].(map[string]any)
	if got["status"] != 200.0 || answer["code"] != 0.0 || got["target"] != "/api/openapi/v1/products" || got["request_id"] == "" {
		t.Errorf("products: %v", got)
	}
	sent, err := signature.DecodeEnvelope([]byte(got["body"].(string)))
	if err != nil || !sent.Verify("kva") || strings.Contains(fmt.Sprint(got), "kva") {
		t.Errorf("body %v, %v", got["body"], err)
	}
	if got := f.lastAudit(); got != `api.try merchant shop  -> {"operation":"listProducts","target":"/api/openapi/v1/products"}` {
		t.Errorf("audit %s", got)
	}
	machine := b.try("getMachine", `{"machine_no":"`+storetest.MachineNo+`"}`, "")["answer"].(map[string]any)
	foreign := b.try("getMachine", `{"machine_no":"26327129"}`, "")["answer"].(map[string]any)
	if machine["code"] != 0.0 || foreign["code"] != 30003.0 {
		t.Errorf("machine %v, foreign %v", machine, foreign)
	}
	if refused := b.try("listProducts", "{}", `{}`)["answer"].(map[string]any); refused["code"] != 10001.0 {
		t.Errorf("without a machine: %v", refused)
	}
	stale := b.try("listProducts", "{}", `{"timestamp":"1000000000"}`)
	if code := stale["answer"].(map[string]any)["code"]; code != 10016.0 || stale["status"] != 401.0 {
		t.Errorf("stale: %v", stale)
	}
	b.wantError(404, "not_found", "POST", "/developers/api/try", `{"operation":"dance"}`)
	b.wantError(422, "10001", "POST", "/developers/api/try", `{"operation":"getMachine"}`)
	b.wantError(422, "10001", "POST", "/developers/api/try", `{"operation":"listProducts","payload":"[]"}`)
	if got := f.as(account.Owner, "").try("getMachine", `{"machine_no":"../x"}`, "")["answer"].(map[string]any)["code"]; got != 404.0 {
		t.Errorf("a path in a parameter: %v", got)
	}
}

// Codes are masked for whoever may not see them, here as in the request log.
func TestTryAPIMasksCodes(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, 0)
	for role, masked := range map[account.Role]bool{account.Developer: true, account.Owner: false} {
		answer := f.as(role, "").try("listCodes", `{"product_id":"131"}`, `{"machine_no":"`+storetest.MachineNo+`"}`)["answer"]
		text := fmt.Sprint(answer)
		if strings.Contains(text, "5288640") == masked || strings.Contains(text, maskedCode) != masked {
			t.Errorf("%s: %s", role, text)
		}
	}
}

// Every operation of the document can be chosen and begins with an example.
func TestAPIOperations(t *testing.T) {
	f := newFixture(t)
	items := f.as(account.Developer, "").list("/developers/api")
	seen := map[string]int{}
	for _, op := range items {
		seen[op["id"].(string)]++
		example := op["example"].(string)
		if op["payload"] == apidocs.NoPayload {
			if example != "" {
				t.Errorf("%v: %s", op["id"], example)
			}
			continue
		}
		if _, err := signature.ParseObject([]byte(example)); err != nil || strings.Contains(example, `"sign"`) || strings.Contains(example, `"timestamp"`) {
			t.Errorf("%v: %s, %v", op["id"], example, err)
		}
	}
	if len(seen) != 18 || seen["createCodes"] != 2 || seen["ping"] != 1 {
		t.Errorf("operations %v", seen)
	}
}

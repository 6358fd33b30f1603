package openapi_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

func TestSection706(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		m.Machines[0].Categories = []provision.Category{{Title: "第一层", SortID: 100}, {Title: "第二层", SortID: 99}}
	})
	wantValue(t, a.example(t, "POST", "/categories", shelfPayload), `{
  "code": 0,
  "message": "ok",
  "data": [
    {
      "id": 1,
      "title": "第一层",
      "sort_id": 100,
      "is_visible": true
    },
    {
      "id": 2,
      "title": "第二层",
      "sort_id": 99,
      "is_visible": true
    }
  ]
}`)
}

// sort_id descending, then id; hidden ones and other machines' are left out.
// The sort_id is there even when it is 0.
func TestCategoryRows(t *testing.T) {
	a := newAPI(t)
	list := post("/categories", fields{"machine_no": "16327129"})
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[]}`)
	a.apply(t, func(m *provision.Merchant) {
		m.Machines[0].Categories = []provision.Category{
			{Title: "last"}, {Title: "b", SortID: 5}, {Title: "hidden", SortID: 9, Hidden: true}, {Title: "c", SortID: 5}, {Title: "first", SortID: 7},
		}
		m.Machines[1].Categories = []provision.Category{{Title: "other machine"}}
	})
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[
		{"id":5,"title":"first","sort_id":7,"is_visible":true},{"id":2,"title":"b","sort_id":5,"is_visible":true},
		{"id":4,"title":"c","sort_id":5,"is_visible":true},{"id":1,"title":"last","sort_id":0,"is_visible":true}]}`)
}

func TestCategoriesOrderOfChecks(t *testing.T) { shelfChecks(t, "/categories") }

package openapi_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

func (a *api) addBanner(t testing.TB, id, machineID, sortID int64, status, image string, visible bool, expiredAt, hits int64) {
	t.Helper()
	a.exec(t, `INSERT INTO banners (id, machine_id, status, is_visible, cover_image, sort_id, hit_count, views_count, expired_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, id, machineID, status, visible, image, sortID, hits, hits, expiredAt)
}

func TestSection707(t *testing.T) {
	a := newAPI(t)
	a.addBanner(t, 11, 1, 1, "APPROVED", "https://platform.example/storage/b/11.jpg", true, 0, 1)
	a.addBanner(t, 2, 1, 2, "APPROVED", "https://platform.example/storage/b/2.jpg", true, 0, 1)
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/banners", shelfPayload), `{
  "code": 0,
  "message": "ok",
  "data": [
    {
      "id": 2,
      "status": "APPROVED",
      "is_visible": true,
      "cover_image": "https://platform.example/storage/b/2.jpg",
      "sort_id": 2,
      "hit_count": 1,
      "views_count": 1
    },
    {
      "id": 11,
      "status": "APPROVED",
      "is_visible": true,
      "cover_image": "https://platform.example/storage/b/11.jpg",
      "sort_id": 1,
      "hit_count": 1,
      "views_count": 1
    }
  ]
}`)
	a.wantUnchanged(t, before) // reading is no impression
}

// Only what is approved, visible and not expired, at most five.
func TestBannerRows(t *testing.T) {
	a := newAPI(t)
	list := post("/banners", fields{"machine_no": "16327129"})
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[]}`)
	now := a.Now().UnixMilli()
	a.addBanner(t, 1, 1, 0, "APPROVED", "/storage/shop/1.png", true, now+1, 0)
	a.addBanner(t, 2, 1, 9, "PENDING", "2", true, 0, 0)
	a.addBanner(t, 3, 1, 9, "APPROVED", "3", false, 0, 0)
	a.addBanner(t, 4, 1, 9, "APPROVED", "4", true, now, 0) // expires this moment
	a.addBanner(t, 5, 2, 9, "APPROVED", "5", true, 0, 0)
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[{"id":1,"status":"APPROVED","is_visible":true,
		"cover_image":"/storage/shop/1.png","sort_id":0,"hit_count":0,"views_count":0}]}`)

	for id := int64(11); id <= 15; id++ {
		a.addBanner(t, id, 1, 20-id, "APPROVED", "picture", true, 0, 0)
		a.exec(t, "UPDATE banners SET cover_image = $1 WHERE id = $1", id)
	}
	rows, _ := jsonValue(t, a.do(t, list).body).(map[string]any)["data"].([]any)
	if len(rows) != 5 || rows[0].(map[string]any)["id"] != 11.0 || rows[4].(map[string]any)["id"] != 15.0 {
		t.Errorf("rows %v, want 11 to 15", rows)
	}
}

// What the operator describes is what machines show.
func TestBannersAsProvisioned(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		m.Machines[0].Banners = []provision.Banner{
			{CoverImage: "https://x.example/1.png", SortID: 1},
			{CoverImage: "https://x.example/2.png", Hidden: true},
			{CoverImage: "https://x.example/3.png", Pending: true},
			{CoverImage: "https://x.example/4.png", SortID: 3, ExpiredAt: "2024-04-29 09:20:56"},
		}
	})
	list := post("/banners", fields{"machine_no": "16327129"})
	row := func(id, sort string) string {
		return `{"id":` + id + `,"status":"APPROVED","is_visible":true,"cover_image":"https://x.example/` + id + `.png","sort_id":` + sort + `,"hit_count":0,"views_count":0}`
	}
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[`+row("4", "3")+`,`+row("1", "1")+`]}`)
	a.Advance(1_000_000_000)
	wantAnswer(t, a.do(t, list), 200, `{"code":0,"message":"ok","data":[`+row("1", "1")+`]}`)
}

func TestBannersOrderOfChecks(t *testing.T) { shelfChecks(t, "/banners") }

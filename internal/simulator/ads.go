package simulator

import (
	"errors"
	"slices"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// maxAds bounds what a machine keeps.
const maxAds = 1000

// Ad is an advertisement the machine was told (mqtt.md §5.11).
type Ad struct {
	ID         string `json:"id"`
	Visible    bool   `json:"visible"`
	Title      string `json:"title"`
	CoverImage string `json:"cover_image"`
	VideoURL   string `json:"video_url,omitempty"`
	LinkURL    string `json:"link_url,omitempty"`
	ExpiredAt  int64  `json:"expired_at,omitempty"` // Unix seconds; 0 = never
	LockScreen bool   `json:"lock_screen,omitempty"`
}

func (a Ad) playing(now time.Time) bool {
	return a.Visible && a.LockScreen && (a.ExpiredAt == 0 || a.ExpiredAt > now.Unix())
}

// putAd adds or replaces an ad (mqtt.md §5.11, §5.12).
func (m *Machine) putAd(o *signature.Object) error {
	f := fieldReader{object: o}
	ad := Ad{
		ID:         f.text("id"),
		Visible:    f.flag("is_visible"),
		Title:      f.long("title", 255),
		CoverImage: f.long("cover_image", maxURL),
		VideoURL:   textOf(o, "video_url"),
		LinkURL:    textOf(o, "link_url"),
		LockScreen: f.flag("view_type"),
	}
	if _, present := o.Lookup("expired_at"); present {
		ad.ExpiredAt = f.number("expired_at", 0, 1<<53)
	}
	if f.err != nil {
		return f.err
	}
	known := m.state.snapshot().Ads
	if len(known) >= maxAds && !slices.ContainsFunc(known, func(a Ad) bool { return a.ID == ad.ID }) {
		return errors.New("too many ads")
	}
	return m.keep(func(k *kept) {
		if k.Ads == nil {
			k.Ads = make(map[string]Ad)
		}
		k.Ads[ad.ID] = ad
	})
}

func (m *Machine) removeAd(o *signature.Object) error {
	f := fieldReader{object: o}
	id := f.text("id")
	if f.err != nil {
		return f.err
	}
	return m.keep(func(k *kept) { delete(k.Ads, id) })
}

// lockScreenPlays tells whether a lock-screen ad plays, during which a machine
// stays on (mqtt.md §5.3). A virtual screen is never touched, so an ad that may
// be shown is.
func (m *Machine) lockScreenPlays() bool {
	now := m.cfg.Clock()
	for _, ad := range m.state.snapshot().Ads {
		if ad.playing(now) {
			return true
		}
	}
	return false
}

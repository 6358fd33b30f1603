package catalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Down methods about ads (mqtt.md §5.11–§5.13).
const (
	methodAdPush   = "client.ads.push"
	methodAdUpdate = "client.ads.update"
	methodAdDelete = "client.ads.delete"
)

// SaveAd creates an ad (id 0) or changes one, in the caller's transaction, and
// tells the machine. Machines hold approved ads only: one that is not approved
// yet goes out when it is, one that no longer is goes away. A change that
// changes nothing sends nothing.
func (s *Service) SaveAd(ctx context.Context, tx *store.Tx, ad db.Banner) error {
	if ad.ID == 0 {
		return s.createAd(ctx, tx, ad)
	}
	stored, err := tx.BannerByID(ctx, ad.ID, ad.MachineID)
	if err != nil {
		return fmt.Errorf("ad %d: %w", ad.ID, err)
	}
	ad.HitCount, ad.ViewsCount = stored.HitCount, stored.ViewsCount
	if ad == stored {
		return nil
	}
	_, err = tx.UpdateBanner(ctx, db.UpdateBannerParams{
		ID: ad.ID, Status: ad.Status, IsVisible: ad.IsVisible, CoverImage: ad.CoverImage, SortID: ad.SortID,
		ExpiredAt: ad.ExpiredAt, Title: ad.Title, VideoUrl: ad.VideoUrl, LinkUrl: ad.LinkUrl, ViewType: ad.ViewType,
	})
	if err != nil {
		return fmt.Errorf("store ad: %w", err)
	}
	switch {
	case isApproved(stored) && isApproved(ad):
		return s.tellAd(ctx, tx, methodAdUpdate, ad)
	case isApproved(ad):
		return s.tellAd(ctx, tx, methodAdPush, ad)
	case isApproved(stored):
		return s.withdrawAd(ctx, tx, ad)
	}
	return nil
}

func (s *Service) createAd(ctx context.Context, tx *store.Tx, ad db.Banner) error {
	id, err := tx.InsertBanner(ctx, db.InsertBannerParams{
		MachineID: ad.MachineID, Status: ad.Status, IsVisible: ad.IsVisible, CoverImage: ad.CoverImage,
		SortID: ad.SortID, ExpiredAt: ad.ExpiredAt, Title: ad.Title, VideoUrl: ad.VideoUrl, LinkUrl: ad.LinkUrl,
		ViewType: ad.ViewType,
	})
	if store.NotFound(err) {
		return errors.New("the machine has an ad with this cover_image")
	}
	if err != nil {
		return fmt.Errorf("store ad: %w", err)
	}
	ad.ID = id
	if !isApproved(ad) {
		return nil
	}
	return s.tellAd(ctx, tx, methodAdPush, ad)
}

// DeleteAd removes an ad, in the caller's transaction, and tells the machine.
func (s *Service) DeleteAd(ctx context.Context, tx *store.Tx, ad db.Banner) error {
	if err := tx.DeleteBanner(ctx, ad.ID); err != nil {
		return fmt.Errorf("delete ad: %w", err)
	}
	if !isApproved(ad) {
		return nil
	}
	return s.withdrawAd(ctx, tx, ad)
}

func isApproved(ad db.Banner) bool { return ad.Status == vending.AdApproved }

func (s *Service) withdrawAd(ctx context.Context, tx *store.Tx, ad db.Banner) error {
	return tx.QueueMessage(ctx, ad.MachineID, methodAdDelete,
		map[string]string{"id": strconv.FormatInt(ad.ID, 10)}, s.clock.Millis())
}

func (s *Service) tellAd(ctx context.Context, tx *store.Tx, method string, ad db.Banner) error {
	fields := map[string]string{
		"id":          strconv.FormatInt(ad.ID, 10),
		"is_visible":  vending.Flag(ad.IsVisible),
		"title":       ad.Title,
		"cover_image": vending.PictureURL(s.cfg.PublicURL, ad.CoverImage),
		"expired_at":  strconv.FormatInt(ad.ExpiredAt/1000, 10),
		"view_type":   strconv.FormatInt(ad.ViewType, 10),
	}
	if ad.VideoUrl != "" {
		fields["video_url"] = vending.PictureURL(s.cfg.PublicURL, ad.VideoUrl)
	}
	if ad.LinkUrl != "" {
		fields["link_url"] = ad.LinkUrl
	}
	return tx.QueueMessage(ctx, ad.MachineID, method, fields, s.clock.Millis())
}

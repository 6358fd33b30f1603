package catalog

import (
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// CheckSellable refuses an offer of which so many pieces cannot be sold: 60001,
// 60002, 60005, 60006, 60003 (consume.md §3, steps 27–29; openapi.md §7.14,
// row 7). found tells whether the machine has the product at all.
func CheckSellable(offer db.OfferRow, found bool, productID, pieces int64) error {
	if !found || offer.GoodID == 0 {
		return vending.RefuseProduct(vending.CodeProductUnknown, productID)
	}
	if !offer.OnSale {
		return vending.RefuseProduct(vending.CodeProductOffSale, productID)
	}
	if err := CheckChannel(offer, found); err != nil {
		return err
	}
	if offer.CurrentInventory < pieces {
		return vending.RefuseProduct(vending.CodeStock, productID)
	}
	return nil
}

// CheckChannel refuses an offer whose channel cannot work: 60005, 60006
// (openapi.md §7.17, row 7).
func CheckChannel(offer db.OfferRow, found bool) error {
	if !found || offer.ChannelID == 0 || offer.FloorType == 0 {
		return vending.Refuse(vending.CodeChannelUnknown)
	}
	if offer.FloorStatus != vending.FloorNormal {
		return vending.RefuseWith(vending.CodeChannelFault, vending.Data{"floor_status": offer.FloorStatus})
	}
	return nil
}

// SingleItemOnly tells whether the channel drops one piece at a time: on a belt
// with drop detection the light barrier can count no more (openapi.md §7.14).
func SingleItemOnly(offer db.OfferRow) bool {
	return vending.FloorType(offer.FloorType) == vending.FloorBelt && offer.DropDetection
}

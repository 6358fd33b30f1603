package ordering

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// MaxComment bounds the text of a comment, in characters.
const MaxComment = 1000

// Comment keeps what a user says about an order. It refuses a text that is blank,
// too long or cannot be stored with 10001.
func (s *Service) Comment(ctx context.Context, orderID, userID int64, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return vending.RefuseField("text", "required")
	case utf8.RuneCountInString(text) > MaxComment:
		return vending.RefuseField("text", "range")
	case !vending.Storable(text):
		return vending.RefuseField("text", "format")
	}
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.InsertOrderComment(ctx, db.InsertOrderCommentParams{OrderID: orderID, UserID: userID, Text: text, CreatedAt: s.clock.Millis()})
		return err
	})
	if err != nil {
		return fmt.Errorf("store comment: %w", err)
	}
	return nil
}

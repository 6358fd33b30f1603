package account

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// SignIn checks e-mail and password and begins a session. It returns
// CredentialsWrong, TooManyAttempts or AccountDisabled.
func (s *Service) SignIn(ctx context.Context, email, password string, from Client) (SignedIn, error) {
	email, err := foldEmail(email)
	if err != nil {
		return SignedIn{}, CredentialsWrong
	}
	user, known, err := store.Find(s.store.UserByEmail(ctx, email))
	if err != nil {
		return SignedIn{}, err
	}
	right, err := s.guess(ctx, email, password, user.PasswordHash, from)
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	var refusal error
	switch {
	case !right && !known:
		return out, CredentialsWrong
	case !right:
		refusal = CredentialsWrong
	case user.Status != Active:
		refusal = AccountDisabled
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		if refusal == nil {
			out, err = s.startSession(ctx, tx, user, "PASSWORD", from)
			return err
		}
		result := "WRONG_PASSWORD"
		if right {
			result = "DISABLED"
		}
		return s.noteLogin(ctx, tx, user.ID, "PASSWORD", result, from)
	})
	if err == nil {
		err = refusal
	}
	return out, err
}

// guess compares a password with a stored hash and counts failures. It looks at
// the counters while it has a place, so that guesses sent at the same time
// cannot pass them together.
func (s *Service) guess(ctx context.Context, email, password, hash string, from Client) (right bool, err error) {
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if s.accounts.Locked(email) || s.addresses.Locked(from.network()) {
		return false, TooManyAttempts
	}
	right, err = s.hasher.matches(password, hash)
	switch {
	case err != nil:
	case right:
		s.accounts.Forgive(email)
	default:
		s.accounts.Failed(email)
		s.addresses.Failed(from.network())
	}
	return right, err
}

// ChangePassword changes the password of a user who knows the present one, and
// ends the user's other sessions. It returns CredentialsWrong, TooManyAttempts
// or PasswordInvalid.
func (s *Service) ChangePassword(ctx context.Context, session Session, present, next string, from Client) error {
	right, err := s.guess(ctx, session.User.Email, present, session.User.PasswordHash, from)
	if err != nil {
		return err
	}
	if !right {
		return CredentialsWrong
	}
	by := audit.By{UserID: session.User.ID, IP: from.IP}
	return s.SetPassword(ctx, by, session.User.ID, session.ID, next)
}

// loginsShown is how far the log of sign-ins is shown (later.md §4.1).
const loginsShown = 20

// Logins lists the newest sign-ins of a user, those that failed as well.
func (s *Service) Logins(ctx context.Context, userID int64) ([]db.LoginLog, error) {
	return s.store.LoginsOfUser(ctx, userID, loginsShown)
}

func (s *Service) noteLogin(ctx context.Context, tx *store.Tx, userID int64, method, result string, from Client) error {
	err := tx.InsertLogin(ctx, db.InsertLoginParams{
		UserID: userID, At: s.clock.Millis(), Method: method, Result: result, Ip: from.IP, UserAgent: from.userAgent(),
	})
	if err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

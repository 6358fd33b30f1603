package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Life of a session in milliseconds: it ends when it is not used for sessionIdle,
// at the latest after sessionLife. touchEvery keeps each request from writing.
const (
	sessionIdle = 12 * 60 * 60 * 1000
	sessionLife = 30 * 24 * 60 * 60 * 1000
	touchEvery  = 60 * 1000
)

// SignedIn is a session that has just begun. Token goes into the cookie and is
// stored nowhere.
type SignedIn struct {
	Token string
	User  db.User
}

// Session is a session under way.
type Session struct {
	db.UserSession
	User db.User
	// CSRF must come back with every request that changes something.
	CSRF string
}

// startSession begins a session and notes the sign-in.
func (s *Service) startSession(ctx context.Context, tx *store.Tx, u db.User, method string, from Client) (SignedIn, error) {
	token, err := s.token()
	if err != nil {
		return SignedIn{}, err
	}
	now := s.clock.Millis()
	err = tx.InsertUserSession(ctx, db.InsertUserSessionParams{
		TokenHash: secrets.Hash(token), UserID: u.ID, CreatedAt: now, LastSeenAt: now, ExpiresAt: now + sessionIdle,
		Ip: from.IP, UserAgent: from.userAgent(),
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("begin session: %w", err)
	}
	return SignedIn{Token: token, User: u}, s.noteLogin(ctx, tx, u.ID, method, "OK", from)
}

// Session returns the session of a token, or SignedOut, and notes that it is
// used.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	session, err := s.LookAt(ctx, token)
	if err != nil {
		return Session{}, err
	}
	if now := s.clock.Millis(); now-session.LastSeenAt >= touchEvery {
		session.LastSeenAt = now
		session.ExpiresAt = min(now+sessionIdle, session.CreatedAt+sessionLife)
		err = s.store.InTx(ctx, func(tx *store.Tx) error {
			return tx.TouchUserSession(ctx, session.ID, session.LastSeenAt, session.ExpiresAt)
		})
	}
	return session, err
}

// LookAt is Session for a page that is only left open, which is no use.
func (s *Service) LookAt(ctx context.Context, token string) (Session, error) {
	row, found, err := store.Find(s.store.UserSession(ctx, secrets.Hash(token)))
	if err != nil {
		return Session{}, err
	}
	if !found || s.clock.Millis() >= row.UserSession.ExpiresAt || row.User.Status != Active {
		return Session{}, SignedOut
	}
	csrf := sha256.Sum256([]byte("csrf:" + token))
	return Session{UserSession: row.UserSession, User: row.User, CSRF: base64.RawURLEncoding.EncodeToString(csrf[:])}, nil
}

// Sessions lists a user's sessions that are not over, the newest first.
func (s *Service) Sessions(ctx context.Context, userID int64) ([]db.UserSession, error) {
	return s.store.SessionsOfUser(ctx, userID, s.clock.Millis())
}

// EndSession ends a session of a user, or returns NotFound.
func (s *Service) EndSession(ctx context.Context, userID, sessionID int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.DeleteUserSession(ctx, sessionID, userID)
		if err == nil && n == 0 {
			err = NotFound
		}
		return err
	})
}

// EndOtherSessions ends all sessions of a user but one.
func (s *Service) EndOtherSessions(ctx context.Context, userID, keep int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.DeleteOtherUserSessions(ctx, userID, keep)
		return err
	})
}

// keepLogins is how long the log of sign-ins goes back, in milliseconds.
const keepLogins = 180 * 24 * 60 * 60 * 1000

// Sweep deletes sessions that are over and old sign-ins.
func (s *Service) Sweep(ctx context.Context) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		now := s.clock.Millis()
		if err := tx.DeleteExpiredUserSessions(ctx, now); err != nil {
			return err
		}
		return tx.DeleteOldLogins(ctx, now-keepLogins)
	})
}

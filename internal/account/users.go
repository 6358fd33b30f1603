package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// States of a user.
const (
	Active   = "ACTIVE"
	Disabled = "DISABLED"
)

// NewUser describes a user to be made.
type NewUser struct {
	Email, Name string
	// Password may be "" only for users that sign in elsewhere.
	Password      string
	Language      string
	PlatformAdmin bool
}

// userFacts are what the audit log keeps of a user.
type userFacts struct {
	Email         string `json:"email"`
	Name          string `json:"name,omitempty"`
	PlatformAdmin bool   `json:"is_platform_admin,omitempty"`
	Status        string `json:"status,omitempty"`
}

// NeedsSetUp tells whether there is no user yet.
func (s *Service) NeedsSetUp(ctx context.Context) (bool, error) {
	n, err := s.store.CountUsers(ctx)
	return n == 0, err
}

// SetUp makes the first user, a platform administrator, and signs it in. It
// returns SetUpDone once there is a user, SetUpCodeWrong for another code than
// the one in the log, or what CreateUser returns.
func (s *Service) SetUp(ctx context.Context, code string, u NewUser, from Client) (SignedIn, error) {
	if s.addresses.Locked(from.network()) {
		return SignedIn{}, TooManyAttempts
	}
	if s.cfg.SetUpCode == "" || subtle.ConstantTimeCompare([]byte(code), []byte(s.cfg.SetUpCode)) != 1 {
		s.addresses.Failed(from.network())
		return SignedIn{}, SetUpCodeWrong
	}
	u.PlatformAdmin = true
	row, err := s.newUser(ctx, u)
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		// Others wait for the row until this is over. Where transactions run side by
		// side each would count no user.
		if _, err := tx.TakeLease(ctx, db.TakeLeaseParams{Name: "account.set_up"}); err != nil {
			return fmt.Errorf("wait for other set-ups: %w", err)
		}
		if n, err := tx.CountUsers(ctx); err != nil || n > 0 {
			if err == nil {
				err = SetUpDone
			}
			return err
		}
		user, err := s.insertUser(ctx, tx, audit.By{IP: from.IP}, row)
		if err != nil {
			return err
		}
		out, err = s.startSession(ctx, tx, user, "PASSWORD", from)
		return err
	})
	return out, err
}

// CreateUser makes a user. It returns EmailInvalid, EmailTaken, NameInvalid,
// PasswordInvalid or LanguageUnknown.
func (s *Service) CreateUser(ctx context.Context, by audit.By, u NewUser) (user db.User, err error) {
	row, err := s.newUser(ctx, u)
	if err != nil {
		return user, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		user, err = s.insertUser(ctx, tx, by, row)
		return err
	})
	return user, err
}

// newUser checks a user and hashes the password, which is too slow for a
// transaction.
func (s *Service) newUser(ctx context.Context, u NewUser) (row db.InsertUserParams, err error) {
	row = db.InsertUserParams{IsPlatformAdmin: u.PlatformAdmin, Status: Active, Language: u.Language, CreatedAt: s.clock.Millis()}
	if row.Email, err = foldEmail(u.Email); err != nil {
		return row, err
	}
	if row.Name, err = checkName(u.Name); err != nil {
		return row, err
	}
	if err := checkLanguage(u.Language); err != nil {
		return row, err
	}
	row.PasswordHash, err = s.hasher.hash(ctx, u.Password)
	return row, err
}

func (s *Service) insertUser(ctx context.Context, tx *store.Tx, by audit.By, row db.InsertUserParams) (db.User, error) {
	_, taken, err := store.Find(tx.UserByEmail(ctx, row.Email))
	if err != nil {
		return db.User{}, err
	}
	if taken {
		return db.User{}, EmailTaken
	}
	user, err := tx.InsertUser(ctx, row)
	if err != nil {
		return user, fmt.Errorf("insert user: %w", err)
	}
	return user, s.audit.Record(ctx, tx, audit.Entry{
		By: by, Action: "user.create", Kind: "user", ID: strconv.FormatInt(user.ID, 10),
		After: userFacts{Email: user.Email, Name: user.Name, PlatformAdmin: user.IsPlatformAdmin},
	})
}

// UserByEmail returns a user, or NotFound.
func (s *Service) UserByEmail(ctx context.Context, email string) (db.User, error) {
	email, err := foldEmail(email)
	if err != nil {
		return db.User{}, err
	}
	user, found, err := store.Find(s.store.UserByEmail(ctx, email))
	if err == nil && !found {
		err = NotFound
	}
	return user, err
}

// Disable ends a user's access and all sessions at once.
func (s *Service) Disable(ctx context.Context, by audit.By, userID int64) error {
	return s.setStatus(ctx, by, userID, Disabled)
}

// Enable gives a disabled user the access back.
func (s *Service) Enable(ctx context.Context, by audit.By, userID int64) error {
	return s.setStatus(ctx, by, userID, Active)
}

func (s *Service) setStatus(ctx context.Context, by audit.By, userID int64, status string) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		before, found, err := store.Find(tx.UserByID(ctx, userID))
		if err != nil {
			return err
		}
		if !found {
			return NotFound
		}
		if _, err := tx.SetUserStatus(ctx, userID, status); err != nil {
			return fmt.Errorf("set status of user: %w", err)
		}
		if status == Disabled {
			if _, err := tx.DeleteOtherUserSessions(ctx, userID, 0); err != nil {
				return fmt.Errorf("end sessions: %w", err)
			}
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			By: by, Action: "user.status", Kind: "user", ID: strconv.FormatInt(userID, 10),
			Before: userFacts{Email: before.Email, Status: before.Status}, After: userFacts{Email: before.Email, Status: status},
		})
	})
}

// SetPassword gives a user another password and ends all sessions but one (0
// ends all). It returns PasswordInvalid.
func (s *Service) SetPassword(ctx context.Context, by audit.By, userID, keepSession int64, password string) error {
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.SetUserPassword(ctx, userID, hash)
		if err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if n == 0 {
			return NotFound
		}
		if _, err := tx.DeleteOtherUserSessions(ctx, userID, keepSession); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.audit.Record(ctx, tx, audit.Entry{By: by, Action: "user.password", Kind: "user", ID: strconv.FormatInt(userID, 10)})
	})
}

// SetLanguage sets the language of a user's pages: en, zh-CN, or "" for that
// of the browser. It returns LanguageUnknown.
func (s *Service) SetLanguage(ctx context.Context, userID int64, language string) error {
	if err := checkLanguage(language); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.SetUserLanguage(ctx, userID, language)
		return err
	})
}

// SetUpCode is what SetUp asks for, to be shown to the operator.
func (s *Service) SetUpCode() string { return s.cfg.SetUpCode }

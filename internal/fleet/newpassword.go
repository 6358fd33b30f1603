package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// MethodPassword tells a machine its new password (mqtt.md §5.5).
const MethodPassword = "client.machine.password.modified"

// FieldPassword is the field of that message. Its value stands sealed in the
// outbox, under secrets.PurposeMachinePassword, until the message leaves.
const FieldPassword = "password"

// overlap is how long the old password is accepted after a change, in
// milliseconds (mqtt.md §5.5).
const overlap = 24 * 60 * 60 * 1000

// takeOverWithin is how long the connection on the old password may stay after
// the machine has shown the new one, in milliseconds: more than a CONNECT takes,
// whose connection then takes over.
const takeOverWithin = 10 * 1000

// ErrPasswordPending means that the machine has not connected with the password
// of the last change yet, so that another change could lock it out.
var ErrPasswordPending = errors.New("the machine has not confirmed the last password change yet")

// NewPassword is a machine password, plain and as it is stored.
type NewPassword struct{ Plain, Hash string }

// DrawPassword makes a machine password: 64 bits in hex, which somebody can enter.
func DrawPassword() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails, it ends the process instead
	return hex.EncodeToString(raw)
}

// ChangePassword gives a machine another password and tells it (mqtt.md §5.5).
// The old one is accepted until the machine connects with the new one, at most
// 24 hours; then a connection that still runs on it is ended. It returns
// ErrPasswordPending while an earlier change waits for that, unless force is set:
// then the password before the earlier change stays accepted as well.
func (s *Service) ChangePassword(ctx context.Context, m db.Machine, plain string, force bool) error {
	if plain == "" {
		return errors.New("a machine password must not be empty")
	}
	if s.clock.Millis() < m.PasswordPreviousUntil && !force {
		return ErrPasswordPending
	}
	hash, err := s.HashPassword(plain)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		return s.SetPassword(ctx, tx, m, NewPassword{Plain: plain, Hash: hash})
	})
}

// RevokePassword replaces a password that a stranger may have: the old one is
// refused at once, a connection that runs on it is ended, and the machine is not
// told, because the stranger may be what is connected as the machine. Somebody
// enters the new one at the machine.
func (s *Service) RevokePassword(ctx context.Context, m db.Machine, plain string) error {
	if plain == "" {
		return errors.New("a machine password must not be empty")
	}
	hash, err := s.HashPassword(plain)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.ChangePassword(ctx, db.ChangePasswordParams{ID: m.ID, PasswordHash: hash, OldHash: m.PasswordHash})
		if err := store.Changed("revoke machine password", n, err); err != nil {
			return err
		}
		now := s.clock.Millis()
		if _, err := tx.PasswordsChanged(ctx, now, now, m.ID); err != nil {
			return fmt.Errorf("refuse the connection of a machine: %w", err)
		}
		return tx.WithdrawMessages(ctx, m.ID, MethodPassword)
	})
}

// SetPassword is ChangePassword with force, in the caller's transaction.
func (s *Service) SetPassword(ctx context.Context, tx *store.Tx, m db.Machine, p NewPassword) error {
	now := s.clock.Millis()
	previous := m.PasswordHash
	if now < m.PasswordPreviousUntil {
		previous = m.PasswordPreviousHash // the one the machine is known to have
	}
	n, err := tx.ChangePassword(ctx, db.ChangePasswordParams{
		ID: m.ID, PasswordHash: p.Hash, PreviousHash: previous, PreviousUntil: now + overlap, OldHash: m.PasswordHash,
	})
	if err := store.Changed("change machine password", n, err); err != nil {
		return err
	}
	// Whatever the machine is connected with is what stays accepted.
	if _, err := tx.PasswordsChanged(ctx, now, now+overlap, m.ID); err != nil {
		return fmt.Errorf("refuse the connection of a machine: %w", err)
	}
	if err := tx.WithdrawMessages(ctx, m.ID, MethodPassword); err != nil {
		return fmt.Errorf("withdraw an earlier password: %w", err)
	}
	sealed, err := s.box.Seal(secrets.PurposeMachinePassword, p.Plain)
	if err != nil {
		return fmt.Errorf("seal machine password: %w", err)
	}
	return tx.QueueMessage(ctx, m.ID, MethodPassword, map[string]string{FieldPassword: sealed}, now)
}

// endOverlap forgets the old password once the machine has used the new one. It
// returns how often the passwords were changed by then, and store.ErrLostRace if
// the old one is forgotten already.
func (s *Service) endOverlap(ctx context.Context, m db.PasswordsOfMachineRow) (version int64, err error) {
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.EndPasswordOverlap(ctx, m.ID, m.PasswordHash)
		if err := store.Changed("forget the old machine password", n, err); err != nil {
			return err
		}
		now := s.clock.Millis()
		version, err = tx.PasswordsChanged(ctx, now, now+takeOverWithin, m.ID)
		return err
	})
	return version, err
}

package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Bounds of a password, in characters.
const minPassword, maxPassword = 10, 128

// Cost are the parameters of argon2id. They stand in each hash, so that they
// can be raised without locking anybody out.
type Cost struct {
	// MemoryKiB and Passes are what one hash takes.
	MemoryKiB, Passes uint32
}

const (
	saltSize, keySize = 16, 32
	// Bounds of the parameters in a stored hash.
	maxMemoryKiB, maxPasses = 1 << 20, 100
	// hashersAtOnce bounds the memory that sign-ins at the same time take.
	hashersAtOnce = 4
)

// hasher hashes passwords, a few at a time.
type hasher struct {
	cost   Cost
	random io.Reader
	places chan struct{}
	// nobody is what the password of an unknown user is compared with, so that it
	// takes as long as that of a known one.
	nobody string
}

func newHasher(cost Cost, random io.Reader) *hasher {
	h := &hasher{cost: cost, random: random, places: make(chan struct{}, hashersAtOnce)}
	h.nobody = encode(cost, make([]byte, saltSize), make([]byte, keySize))
	return h
}

// hash returns the hash of a new password, or PasswordInvalid.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword || !utf8.ValidString(password) {
		return "", PasswordInvalid
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return encode(h.cost, salt, key(password, salt, h.cost)), nil
}

// matches tells whether the password belongs to a stored hash. An empty hash
// belongs to none, after the same work. The caller has entered.
func (h *hasher) matches(password, stored string) (bool, error) {
	if len(password) > maxPassword*utf8.UTFMax {
		password = ""
	}
	if stored == "" {
		stored = h.nobody
	}
	cost, salt, want, err := decode(stored)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(key(password, salt, cost), want) == 1
	return same && stored != h.nobody, nil
}

// enter waits for a place among those that hash at the same time.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func key(password string, salt []byte, c Cost) []byte {
	return argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, 1, keySize)
}

// encode writes a hash in the usual text form of argon2.
func encode(c Cost, salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s",
		argon2.Version, c.MemoryKiB, c.Passes, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

func decode(stored string) (c Cost, salt, hash []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, fmt.Errorf("a stored password is no argon2id hash of version %d", argon2.Version)
	}
	_, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &c.MemoryKiB, &c.Passes)
	if err != nil || c.Passes < 1 || c.Passes > maxPasses || c.MemoryKiB < 8 || c.MemoryKiB > maxMemoryKiB {
		return c, nil, nil, fmt.Errorf("a stored password has the parameters %q", parts[3])
	}
	b64 := base64.RawStdEncoding.Strict()
	if salt, err = b64.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("salt of a stored password: %w", err)
	}
	if hash, err = b64.DecodeString(parts[5]); err == nil && len(hash) != keySize {
		err = fmt.Errorf("%d bytes", len(hash))
	}
	if err != nil {
		return c, nil, nil, fmt.Errorf("hash of a stored password: %w", err)
	}
	return c, salt, hash, nil
}

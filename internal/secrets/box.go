// Package secrets keeps what must stay readable (AppKeys, webhook secrets)
// sealed at rest, and hashes what need not be (AppSecrets).
package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

const sealPrefix = "v1:"

// ErrUnreadable means a sealed text was not made with this master key, for this
// purpose, or was changed.
var ErrUnreadable = errors.New("sealed text cannot be opened with this master key")

// Box seals short texts with AES-256-GCM under the installation's master key.
type Box struct {
	aead   cipher.AEAD
	random io.Reader
}

// NewBox makes a box from a master key of KeySize bytes. random supplies the
// nonces and must be cryptographic.
func NewBox(masterKey []byte, random io.Reader) (*Box, error) {
	if len(masterKey) != KeySize {
		return nil, fmt.Errorf("master key has %d bytes, want %d", len(masterKey), KeySize)
	}
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return &Box{aead: aead, random: random}, nil
}

// Seal encrypts text. purpose binds the result to its column, so that one
// sealed text cannot be passed off as another.
func (b *Box) Seal(purpose, text string) (string, error) {
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := io.ReadFull(b.random, nonce); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	sealed := b.aead.Seal(nonce, nonce, []byte(text), []byte(purpose))
	return sealPrefix + base64.RawStdEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made for the same purpose, else returns ErrUnreadable.
func (b *Box) Open(purpose, sealed string) (string, error) {
	encoded, ok := strings.CutPrefix(sealed, sealPrefix)
	raw, err := base64.RawStdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) < b.aead.NonceSize() {
		return "", fmt.Errorf("%s: %w", purpose, ErrUnreadable)
	}
	nonce, body := raw[:b.aead.NonceSize()], raw[b.aead.NonceSize():]
	text, err := b.aead.Open(nil, nonce, body, []byte(purpose))
	if err != nil {
		return "", fmt.Errorf("%s: %w", purpose, ErrUnreadable)
	}
	return string(text), nil
}

// Purposes of sealed texts.
const (
	PurposeAppKey          = "app_key"
	PurposeWebhookSecret   = "webhook_secret"
	PurposeMachinePassword = "machine_password"
)

// Hash returns the stored form of an AppSecret. A plain SHA-256 is enough
// because the secret is 128 random bits, not a password.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// HashMatches compares a secret with a stored hash in constant time.
func HashMatches(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(Hash(secret)), []byte(hash)) == 1
}

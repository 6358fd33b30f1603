package signature

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
)

// Sign returns the signature of the object in the given form: 32 upper-case hex
// digits (signing.md §3, step 7). A member "sign" of the object has no influence.
func (o *Object) Sign(f Form, key string) string {
	sum := md5.Sum(appendKey(o.appendPairs(nil, f), key))
	return fmt.Sprintf("%X", sum)
}

// Verify reports whether the member "sign" is the signature of the object in any
// form with any of the keys (signing.md §4, steps 2 to 4). false means code 10015
// over HTTP. Upper and lower-case hex digits are accepted.
//
// A "sign" that is missing, not a string or not 32 hex digits fails at once.
// Otherwise all forms are computed with all keys and compared in constant time, so
// the duration does not tell which one matched. An empty key matches nothing, since
// everybody could sign with it. Verify does not look at the timestamp; see
// [Object.WithinWindow].
func (o *Object) Verify(keys ...string) bool {
	v, _ := o.Lookup(signMember)
	var want [md5.Size]byte
	if v.Kind != String || len(v.Text) != hex.EncodedLen(len(want)) {
		return false
	}
	if _, err := hex.Decode(want[:], []byte(v.Text)); err != nil {
		return false
	}
	match := 0
	buf := make([]byte, 0, o.flat+o.flat/2+64)
	for _, f := range forms {
		buf = o.appendPairs(buf[:0], f)
		pairs := len(buf)
		for _, key := range keys {
			if key == "" {
				continue
			}
			buf = appendKey(buf[:pairs], key)
			sum := md5.Sum(buf)
			match |= subtle.ConstantTimeCompare(sum[:], want[:])
		}
	}
	return match == 1
}

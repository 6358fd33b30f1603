package store

import "context"

type alsoKey struct{}

// Also returns a context under which every transaction ends with fn, so that an
// adapter can write down who asked for a change without the use case knowing of
// it. An error of fn rolls the change back.
func Also(ctx context.Context, fn func(tx *Tx) error) context.Context {
	return context.WithValue(ctx, alsoKey{}, fn)
}

func also(ctx context.Context, tx *Tx) error {
	if fn, ok := ctx.Value(alsoKey{}).(func(tx *Tx) error); ok {
		return fn(tx)
	}
	return nil
}

func hasAlso(ctx context.Context) bool { return ctx.Value(alsoKey{}) != nil }

package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/testkit"
)

// What one engine publishes another hears, also after its connection was lost.
func TestListen(t *testing.T) {
	database := testkit.NewPostgres(t)
	var engines [2]*postgres.Engine
	for i := range engines {
		var err error
		if engines[i], err = postgres.Open(t.Context(), database.DSN(), postgres.Options{}); err != nil {
			t.Fatal(err)
		}
		defer engines[i].Close()
	}
	ctx, stop := context.WithCancel(t.Context())
	texts := make(chan string, 10)
	var ended sync.WaitGroup
	ended.Go(func() { engines[0].Listen(ctx, func(text string) { texts <- text }) })
	long := strings.Repeat("漏", 2666) // 7,998 bytes
	for range 2 {
		if text := <-texts; text != "" {
			t.Fatalf("%q at the beginning", text)
		}
		if err := engines[1].Publish(ctx, long); err != nil {
			t.Fatal(err)
		}
		if text := <-texts; text != long {
			t.Errorf("heard %d bytes, want %d", len(text), len(long))
		}
		_, err := database.SQL(t).Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
		if err != nil {
			t.Fatal(err)
		}
	}
	if text := <-texts; text != "" {
		t.Errorf("%q after the connection was lost", text)
	}
	if err := engines[1].Publish(ctx, strings.Repeat("x", 8000)); err == nil {
		t.Error("a text too long was taken")
	}
	stop()
	ended.Wait()
}

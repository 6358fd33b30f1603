package testkit

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// postgresEnv is the environment variable with the DSN of a PostgreSQL server
// for the tests, whose user may create databases. Without it the tests start a
// private server from the installed binaries, version 15 or newer.
const postgresEnv = "VENDLANE_TEST_POSTGRES"

// template is the migrated database that those of the tests are copies of.
const template = "vendlane_template"

// server is the PostgreSQL server of this test binary.
type server struct {
	dsn      string           // of a database to give orders in
	template string           // "" if there is none
	private  *pgserver.Server // kept, because it ends when nobody holds it
}

// startServer starts the private server on first use. It ends with the process.
var startServer = sync.OnceValues(func() (server, error) {
	private, err := pgserver.Fast(context.Background())
	if err != nil {
		return server{}, err
	}
	s := server{dsn: private.DSN, template: template, private: private}
	// A collation that is not by bytes, to notice a query that depends on it.
	if err := s.exec("CREATE DATABASE " + template + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"); err != nil {
		return server{}, err
	}
	engine, err := postgres.Open(context.Background(), s.database(template), postgres.Options{})
	if err != nil {
		return server{}, err
	}
	return s, engine.Close()
})

// newPostgresDatabase makes an empty database for one test and returns its DSN.
func newPostgresDatabase(t testing.TB) string {
	t.Helper()
	s := server{dsn: os.Getenv(postgresEnv)}
	if s.dsn == "" {
		require.Binary(t, filepath.Join(pgserver.Folder(), "postgres"))
		var err error
		if s, err = startServer(); err != nil {
			t.Fatalf("start PostgreSQL: %v", err)
		}
	}
	name := "vendlane_test_" + strings.ToLower(rand.Text())
	create := "CREATE DATABASE " + name
	if s.template != "" {
		create += " TEMPLATE " + s.template
	}
	if err := s.exec(create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.database(name)
}

func (s server) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, query); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}

// database is the DSN of a database on the server.
func (s server) database(name string) string {
	if u, err := url.Parse(s.dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return s.dsn + " dbname=" + name
}

package openapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// doubtfulEngine commits and does not know it.
type doubtfulEngine struct{ store.Engine }

func (e doubtfulEngine) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	if err := e.Engine.RunInTx(ctx, fn); err != nil {
		return err
	}
	return fmt.Errorf("%w: connection reset", store.ErrOutcomeUnknown)
}

// A consumption whose commit got no answer gets none either: neither a success
// nor a failure would be true. The repeat finds out.
func TestUnknownOutcomeIsNotAnswered(t *testing.T) {
	a := goldenAPI(t)
	st := store.New(doubtfulEngine{a.engine})
	doubtful := openapi.New(st, a.Box, openapi.UseCases{Pickup: newPickup(st, a.Now)}, a.Now, a.config, nil, discard())
	wantNoAnswer(t, doubtful, a.request(t, post("/consumes", consumption)))
	wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, `{"order_id":60}`)
}

// wantNoAnswer serves a request and checks that its connection is broken off instead.
func wantNoAnswer(t *testing.T, server http.Handler, r *http.Request) {
	t.Helper()
	answered := httptest.NewRecorder()
	defer func() {
		t.Helper()
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the connection was not broken off: %v", err)
		}
		if answered.Body.Len() != 0 {
			t.Errorf("answered %s", answered.Body)
		}
	}()
	server.ServeHTTP(answered, r)
}

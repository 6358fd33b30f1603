package redeem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/signature"
)

// bareHandler measures what a redemption is on the wire: net/http and the
// verification of the request, and nothing behind it.
func (r *run) bareHandler(ctx context.Context) (err error) {
	server, err := bench.Serve(ctx, bareHandler())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close(ctx)) }()
	// Nothing is redeemed, so a few requests do, again and again.
	requests, err := r.load(min(r.codes, fastest))
	if err != nil {
		return err
	}
	requests.again = true
	out, _, err := r.hammer(ctx, requests, []string{server.Addr}, r.Connections)
	r.addBaseline(besideHandler, r.title(), "1/s", handlerTarget, out.rate())
	return err
}

func bareHandler() http.Handler {
	hash := secrets.Hash(appSecret)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(io.LimitReader(q.Body, signature.MaxSize+1))
		if err != nil || q.Header.Get("Appid") != appID || !secrets.HashMatches(q.Header.Get("AppSecret"), hash) {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		payload, err := signature.DecodeEnvelope(body)
		if err != nil || !payload.Verify(appKey) || !payload.WithinWindow(time.Now().Unix(), timestampWindow) {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"code":0,"message":"操作成功","data":{"order_id":1,"trade_id":"00000000000000000000000000000000","record":[]}}`)
	})
}

// disk measures how often a page can be written and synced, one after the other.
func (r *run) disk(ctx context.Context) (err error) {
	file, err := os.Create(filepath.Join(r.folder, "fsync"))
	if err != nil {
		return fmt.Errorf("file to sync: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	page := make([]byte, 4096)
	n := 0
	began := time.Now()
	for ; time.Since(began) < r.Period && ctx.Err() == nil; n++ {
		if _, err := file.Write(page); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
		if err := file.Sync(); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	r.addBaseline(besideDisk, r.title(), "1/s", "", float64(n)/time.Since(began).Seconds())
	return ctx.Err()
}

package openapi_test

import (
	"testing"
)

func TestSection701(t *testing.T) {
	a := newAPI(t)
	wantValue(t, a.do(t, post("/ping", nil)), `{
  "code": 0,
  "message": "ok",
  "data": "pong"
}`)
}

func TestPing(t *testing.T) {
	a := newAPI(t)
	for _, body := range []string{"", "not JSON", `{"payload":1}`} { // the body is ignored
		c := post("/ping", nil)
		c.body = body
		wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":"pong"}`)
	}
}

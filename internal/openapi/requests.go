package openapi

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/vending"
)

// overheard is a body that remembers the first of what is read of it.
type overheard struct {
	io.ReadCloser
	text bytes.Buffer
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	o.text.Write(p[:max(0, min(n, requestlog.MaxText-o.text.Len()))])
	return n, err
}

// overhear makes the request log see the body of a request; nil if there is no
// log.
func (s *Server) overhear(r *http.Request) *overheard {
	if s.cfg.Requests == nil {
		return nil
	}
	o := &overheard{ReadCloser: r.Body}
	r.Body = o
	return o
}

// logRequest notes an answered request. The headers it keeps are harmless ones.
func (s *Server) logRequest(r *http.Request, requestID string, started time.Time, body *overheard, status int, code vending.Code, answer []byte) {
	if body == nil {
		return
	}
	headers := map[string]string{}
	for _, name := range []string{"Appid", "Content-Type", "User-Agent", "Accept-Language"} {
		if value := r.Header.Get(name); value != "" {
			headers[name] = value
		}
	}
	s.cfg.Requests.Put(requestlog.Entry{
		Kind: requestlog.HTTP, AppID: r.Header.Get("Appid"), AppSecret: r.Header.Get("AppSecret"), RequestID: requestID,
		At: s.clock.Millis(), Duration: time.Since(started).Microseconds(), Client: clientaddr.Of(r, s.cfg.TrustedProxies).String(),
		Verb: r.Method, Target: r.URL.RequestURI(), Headers: headers, Raw: body.text.Bytes(), Status: status, Code: code, Answer: answer,
	})
}

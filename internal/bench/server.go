package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// serverPatience is how long a request may take to come, and the end of a server.
const serverPatience = time.Minute

// Server is an HTTP handler on a port of this machine.
type Server struct {
	Addr   string // host:port
	server *http.Server
	served chan error
}

// Serve starts a server; it runs until it is closed.
func Serve(ctx context.Context, handler http.Handler) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		Addr: listener.Addr().String(), served: make(chan error, 1),
		server: &http.Server{Handler: handler, ReadHeaderTimeout: serverPatience},
	}
	go func() { s.served <- s.server.Serve(listener) }()
	return s, nil
}

// Close answers what is under way and ends the server.
func (s *Server) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), serverPatience)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

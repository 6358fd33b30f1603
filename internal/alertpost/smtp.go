package alertpost

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/vending"
	"github.com/wneessen/go-mail"
)

// mailTimeout bounds one e-mail, connection included.
const mailTimeout = 20 * time.Second

var errUnreachable = errors.New("the mail server cannot be reached")

// SMTP is a mail server.
type SMTP struct {
	// Server is host:port.
	Server string
	// TLS is starttls, tls or none. With the first two nothing leaves unencrypted.
	TLS string
	// Username is "" to send without signing in.
	Username, Password string
	From               string
	// Trust is what the server's certificate is checked with; nil is as the host
	// does it.
	Trust *tls.Config
}

// Send returns the way for e-mails through a server, or nil if it has no address.
// Errors tell what the server said; where it is, is for the log alone, because
// merchants see the errors of their messages.
func (s SMTP) Send(clock vending.Clock, log *slog.Logger) func(ctx context.Context, m Mail) error {
	if s.Server == "" {
		return nil
	}
	return func(ctx context.Context, m Mail) error {
		ctx, cancel := context.WithTimeout(ctx, mailTimeout)
		defer cancel()
		message, err := s.message(m, clock())
		if err != nil {
			return err
		}
		line := &line{smtp: s}
		defer line.close()
		client, err := line.client()
		if err != nil {
			return err
		}
		err = client.DialAndSendWithContext(ctx, message)
		var network *net.OpError
		if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) {
			log.Error("the mail server cannot be reached", "server", s.Server, "error", err)
			return errUnreachable
		}
		if err != nil {
			return fmt.Errorf("send mail: %w", err)
		}
		return nil
	}
}

// line is a connection to a mail server. The library leaves it open where the
// conversation fails before the mail.
type line struct {
	smtp SMTP
	conn net.Conn
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close() // it is closed already if all went well
	}
}

func (l *line) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	l.conn, err = new(net.Dialer).DialContext(ctx, network, address)
	return l.conn, err
}

func (l *line) client() (*mail.Client, error) {
	s := l.smtp
	host, portText, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, errors.New("mail server: the port is no number")
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Trust != nil {
		trust = s.Trust.Clone()
	}
	trust.ServerName = host
	policy := mail.TLSMandatory
	if s.TLS != "starttls" { // it is encrypted already, or is not to be
		policy = mail.NoTLS
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(mailTimeout), mail.WithoutNoop(), mail.WithTLSPolicy(policy), mail.WithTLSConfig(trust),
	}
	if s.TLS == "tls" {
		options = append(options, mail.WithSSL()) // the library dials, or it would not know that signing in is safe
	} else {
		options = append(options, mail.WithDialContextFunc(l.dial))
	}
	if s.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return client, nil
}

func (s SMTP) message(m Mail, now time.Time) (*mail.Msg, error) {
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := out.From(s.From); err != nil {
		return nil, fmt.Errorf("sender of mail: %w", err)
	}
	if err := out.To(m.To); err != nil {
		return nil, fmt.Errorf("receiver of mail: %w", err)
	}
	out.Subject(m.Subject)
	out.SetDateWithValue(now)
	out.SetMessageIDWithValue(m.ID + "@vendlane")
	out.SetGenHeader("Auto-Submitted", "auto-generated")
	out.SetBodyString(mail.TypeTextPlain, m.Text)
	return out, nil
}

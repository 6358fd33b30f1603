package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) memberRoutes() []route {
	return []route{
		{http.MethodGet, "/members", member, account.ManageMembers, s.members},
		{http.MethodPost, "/members", member, account.ManageMembers, s.setMember},
		{http.MethodDelete, "/members/{user_id}", member, account.ManageMembers, s.removeMember},
		{http.MethodPost, "/invitations", member, account.ManageMembers, s.invite},
		{http.MethodPost, "/invitations/accept", anybody, "", s.acceptInvitation},
	}
}

type memberRow struct {
	UserID    int64        `json:"user_id"`
	Email     string       `json:"email"`
	Name      string       `json:"name"`
	Status    string       `json:"status"`
	Role      account.Role `json:"role"`
	Group     string       `json:"machine_group"`
	CreatedAt int64        `json:"created_at"`
}

func (memberRow) csvHeader() []string {
	return []string{"email", "name", "status", "role", "machine_group", "created_at"}
}

func (r memberRow) csvRow() []string {
	return []string{r.Email, r.Name, r.Status, string(r.Role), r.Group, isoTime(r.CreatedAt)}
}

func (s *Server) members(ctx context.Context, c *call) (any, error) {
	rows, err := s.use.Account.Members(ctx, c.Scope)
	out := items(rows, func(r db.MembersOfMerchantRow) memberRow {
		return memberRow{
			r.Member.UserID, r.Email, r.Name, r.Status, account.Role(r.Member.Role), r.Member.MachineGroup, r.Member.CreatedAt,
		}
	})
	if err == nil && c.wantsCSV() {
		return file[memberRow]{"members", out.Items}, nil
	}
	return out, err
}

// setMember changes the role of a member; new ones come by invitation.
func (s *Server) setMember(ctx context.Context, c *call) (any, error) {
	var in struct {
		UserID int64        `json:"user_id"`
		Role   account.Role `json:"role"`
		Group  string       `json:"machine_group"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, s.use.Account.SetMember(ctx, c.Scope, in.UserID, in.Role, in.Group)
}

func (s *Server) removeMember(ctx context.Context, c *call) (any, error) {
	id, err := c.id("user_id")
	if err != nil {
		return nil, err
	}
	return nil, s.use.Account.RemoveMember(ctx, c.Scope, id)
}

// invitationInfo is shown once: the token cannot be read again.
type invitationInfo struct {
	Token     string `json:"token"`
	ExpiresAt int64  `json:"expires_at"`
}

func (s *Server) invite(ctx context.Context, c *call) (any, error) {
	var in struct {
		Email string       `json:"email"`
		Role  account.Role `json:"role"`
		Group string       `json:"machine_group"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	token, expires, err := s.use.Account.Invite(ctx, c.Scope, account.Invitation{Email: in.Email, Role: in.Role, Group: in.Group})
	return created{invitationInfo{token, expires}}, err
}

// acceptInvitation makes the user who is signed in a member, or a new user out
// of what the body says.
func (s *Server) acceptInvitation(ctx context.Context, c *call) (any, error) {
	var in struct {
		Token    string `json:"token"`
		Email    string `json:"email"`
		Name     string `json:"name"`
		Password string `json:"password"`
		Language string `json:"language"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if c.session.ID == 0 {
		u := account.NewUser{Email: in.Email, Name: in.Name, Password: in.Password, Language: in.Language}
		signed, err := s.use.Account.AcceptAsNew(ctx, in.Token, u, c.client)
		if err != nil {
			return nil, err
		}
		return s.welcome(ctx, c, signed)
	}
	if !c.hasCSRF() {
		return nil, errCSRF
	}
	if err := s.use.Account.AcceptAs(ctx, in.Token, c.User, c.client); err != nil {
		return nil, err
	}
	return s.describe(ctx, c.session)
}

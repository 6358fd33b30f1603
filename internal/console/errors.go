package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// fault is an error of the edge: an HTTP status, a stable code, and for what a
// programmer did wrong a text.
type fault struct {
	status int
	code   string
	text   string
}

func (f fault) Error() string { return f.code + ": " + f.text }

var (
	errCSRF         = fault{http.StatusForbidden, "csrf", ""}
	errBodyTooLarge = fault{http.StatusRequestEntityTooLarge, "body_too_large", ""}
	// errChangedMeanwhile: what a page shows is no longer so.
	errChangedMeanwhile = fault{http.StatusConflict, "changed_meanwhile", ""}
)

// badRequest is a request that no page of ours sends.
func badRequest(text string) error { return fault{http.StatusBadRequest, "bad_request", text} }

// changedMeanwhile makes errChangedMeanwhile of a race that a use case has lost.
func changedMeanwhile(err error) error {
	if errors.Is(err, store.ErrLostRace) {
		return errChangedMeanwhile
	}
	return err
}

// errorBody is the one shape of an error. Pages translate the code.
type errorBody struct {
	Error errorInfo `json:"error"`
}

type errorInfo struct {
	Code string `json:"code"`
	// MessageEN is for whoever wrote the request.
	MessageEN string       `json:"message_en,omitempty"`
	Data      vending.Data `json:"data,omitempty"`
	RequestID string       `json:"request_id"`
}

// writeError is the one place where errors become answers. What is not a
// refusal is logged with its cause and answered as 500.
func (s *Server) writeError(w http.ResponseWriter, requestID string, rt route, err error) int {
	status, info := http.StatusInternalServerError, errorInfo{Code: "internal"}
	var f fault
	var refusal account.Refusal
	var domain *vending.Error
	var layout catalog.LayoutRefused
	var inUse catalog.ModelInUse
	switch {
	case errors.As(err, &f):
		status, info = f.status, errorInfo{Code: f.code, MessageEN: f.text}
	case errors.As(err, &refusal):
		status, info.Code = statusOf(refusal), string(refusal)
	case errors.As(err, &domain):
		status, info.Code, info.Data = statusOfDomain(domain.Code), strconv.Itoa(int(domain.Code)), domain.Data
	case errors.As(err, &layout):
		status, info.Code = http.StatusConflict, "layout_refused"
		info.Data = vending.Data{"problems": items(layout.Problems, showProblem).Items}
	case errors.As(err, &inUse):
		status, info.Code, info.Data = http.StatusConflict, "model_in_use", vending.Data{"machines": inUse.Machines}
	default:
		s.log.Error("console request failed", "request_id", requestID, "route", rt.path, "error", err)
	}
	info.RequestID = requestID
	writeJSON(w, status, errorBody{info})
	return status
}

func statusOf(r account.Refusal) int {
	switch r {
	case account.SignedOut, account.CredentialsWrong:
		return http.StatusUnauthorized
	case account.Forbidden, account.SetUpCodeWrong, account.AccountDisabled, account.AccountUnknown, account.NoMerchant:
		return http.StatusForbidden
	case account.NotFound, account.InvitationInvalid:
		return http.StatusNotFound
	case account.TooManyAttempts:
		return http.StatusTooManyRequests
	case account.SetUpDone, account.EmailTaken, account.LastOwner, account.TooManyViews:
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// statusOfDomain is for the codes of errors.md §2, which the pages translate as
// well.
func statusOfDomain(code vending.Code) int {
	switch code {
	case vending.CodeForm:
		return http.StatusUnprocessableEntity
	case vending.CodeNotFound, vending.CodeMachineUnknown, vending.CodeProductUnknown, vending.CodeChannelUnknown,
		vending.CodeRecordUnknown, vending.CodePickupCodeUnknown:
		return http.StatusNotFound
	case vending.CodeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusConflict
}

package pickuppage

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/storage"
)

// kind is a screen.
type kind string

// The screens: for a code, for why it cannot be redeemed, for what becomes of one
// that was, and for what is none.
const (
	kindEnter   kind = "enter"
	kindFormat  kind = "format"
	kindConfirm kind = "confirm"

	kindWrong     kind = "wrong"
	kindElsewhere kind = "elsewhere"
	kindExpired   kind = "expired"
	kindCancelled kind = "cancelled"
	kindUsed      kind = "used"
	kindLocked    kind = "locked"
	kindOffline   kind = "offline"
	kindBusy      kind = "busy"
	kindSoldOut   kind = "sold_out"
	kindFault     kind = "fault"
	kindClosed    kind = "closed"

	kindReserved        kind = "reserved"
	kindReservedBusy    kind = "reserved_busy"
	kindReservedOffline kind = "reserved_offline"
	kindSent            kind = "sent"
	kindTurning         kind = "turning"
	kindDropped         kind = "dropped"
	kindTaken           kind = "taken"
	kindPartly          kind = "partly"
	kindJam             kind = "jam"
	kindUnknown         kind = "unknown"
	kindRefunded        kind = "refunded"

	kindNowhere kind = "nowhere"
	kindGone    kind = "gone"
	kindError   kind = "error"
)

// layout is what a screen has besides its texts.
type layout struct {
	// tone is how it looks: info, ok, warn or bad.
	tone string
	// form asks for a code, again is the button that sends the last form once more.
	form, again bool
	// help names who to call, and the number of the order if there is one.
	help bool
	// step is how many steps to the goods are done, 0 for a screen without.
	step int
	// poll is after how many milliseconds to look again, 0 for never.
	poll int
}

func layouts() map[kind]layout {
	return map[kind]layout{
		kindEnter:           {tone: "info", form: true},
		kindFormat:          {tone: "warn", form: true},
		kindConfirm:         {tone: "info"},
		kindWrong:           {tone: "bad", form: true},
		kindElsewhere:       {tone: "warn", form: true},
		kindExpired:         {tone: "bad", form: true, help: true},
		kindCancelled:       {tone: "bad", form: true, help: true},
		kindUsed:            {tone: "bad", form: true, help: true},
		kindLocked:          {tone: "bad", help: true},
		kindOffline:         {tone: "warn", again: true, help: true},
		kindBusy:            {tone: "warn", again: true},
		kindSoldOut:         {tone: "warn", form: true, help: true},
		kindFault:           {tone: "warn", form: true, help: true},
		kindClosed:          {tone: "warn", help: true},
		kindReserved:        {tone: "info", again: true, help: true, poll: 5000},
		kindReservedBusy:    {tone: "warn", again: true, help: true, poll: 3000},
		kindReservedOffline: {tone: "warn", again: true, help: true, poll: 5000},
		kindSent:            {tone: "info", step: 1, poll: 700},
		kindTurning:         {tone: "info", step: 2, poll: 700},
		kindDropped:         {tone: "ok", step: 4, poll: 5000},
		kindTaken:           {tone: "ok", step: 5},
		kindPartly:          {tone: "warn", help: true, poll: 15000},
		kindJam:             {tone: "bad", help: true, poll: 15000},
		kindUnknown:         {tone: "warn", help: true, poll: 5000},
		kindRefunded:        {tone: "info", help: true},
		kindNowhere:         {tone: "bad"},
		kindGone:            {tone: "bad", help: true},
		kindError:           {tone: "bad"},
	}
}

// view is a screen with what is on it.
type view struct {
	Kind kind
	Code string
	// Ref is the reference of the confirmation or of the order.
	Ref  string
	Good *good
	// Tries are left; At is when a code was used.
	Tries int
	At    string
	// Number is the number of the order, 0 for none, Delivered the pieces of it.
	Number, Delivered int64

	status   int    // of HTTP, 0 for 200
	location string // where the view is, "" for here
}

// good is what a code is for.
type good struct {
	Name, Picture, Channel string
	Quantity               int64
}

// step is one of those to the goods; State is done, now or todo.
type step struct{ Name, State string }

// page is what the template gets.
type page struct {
	view
	T          texts
	Title      string
	Text       string
	Tone       string
	Lang       string
	Other      string // the address in the other language
	Base       string // the address of the machine
	Action     string // where the button leads
	Method     string
	Machine    string
	Phone      string
	Form       bool
	Again      bool
	Help       bool
	Poll       int
	Steps      []step
	Part       bool // only what changes
	AgainLabel string
}

// ownPicture is a stored picture; those elsewhere would tell others who is at
// which machine, and the policy of the page does not load them.
func ownPicture(thumb string) string {
	if strings.HasPrefix(thumb, storage.Prefix) {
		return thumb
	}
	return ""
}

// write sends a view.
func (s *Server) write(w http.ResponseWriter, v *visit, shown view) {
	if shown.location != "" {
		w.Header().Set("Location", shown.location+"?lang="+v.lang)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	var out bytes.Buffer
	if err := s.page.ExecuteTemplate(&out, "page.html", v.page(shown)); err != nil {
		s.log.Error("the pickup page cannot be rendered", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.lang)
	if shown.status != 0 {
		w.WriteHeader(shown.status)
	}
	_, _ = w.Write(out.Bytes()) // the client is gone; there is nobody to tell
}

func (v *visit) page(shown view) page {
	words, l := textsIn(v.lang), layouts()[shown.Kind]
	p := page{
		view: shown, T: words, Tone: l.tone, Lang: v.lang, Machine: v.machine.Machine.Name, Phone: v.machine.Machine.Tel,
		Base: Prefix + url.PathEscape(v.r.PathValue("machine_no")), Form: l.form, Again: l.again, Help: l.help, Poll: l.poll,
		Part: v.r.FormValue("part") != "", AgainLabel: words.Again, Method: http.MethodPost,
	}
	said := words.Screens[shown.Kind]
	fill := strings.NewReplacer(
		"{tries}", strconv.Itoa(shown.Tries), "{at}", shown.At, "{delivered}", strconv.FormatInt(shown.Delivered, 10),
	)
	p.Title, p.Text = fill.Replace(said[0]), fill.Replace(said[1])
	if shown.Kind == kindWrong && shown.Tries == 0 {
		p.Text = words.NoTries
	}
	here := p.Base
	switch {
	case shown.Number != 0:
		here += "/" + shown.Ref
		p.Action, p.AgainLabel = here, words.Drop
	case shown.Ref != "": // sent once more, it meets the same order
		p.Action = p.Base + "/redeem"
	case shown.Code != "":
		p.Action = p.Base
	default:
		p.Action, p.Method = p.Base, http.MethodGet
	}
	p.Other = here + "?lang=" + words.OtherLang
	if l.step == 0 {
		return p
	}
	for i, name := range words.Steps {
		state := "todo"
		if i < l.step {
			state = "done"
		} else if i == l.step {
			state = "now"
		}
		p.Steps = append(p.Steps, step{name, state})
	}
	return p
}

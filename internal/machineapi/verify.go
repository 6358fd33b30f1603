package machineapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/signature"
)

// sharedTopic is the up topic of all machines; a machine's own is below it
// (mqtt.md §1).
const sharedTopic = "/server/app"

// upMessage is a message of a machine on its way through verification.
type upMessage struct {
	epoch   int64
	object  *signature.Object
	machine store.Sender
	// name is the method as the machine wrote it; label is the method as far
	// as it may become a metric label: a known one, "other", or "" for none.
	name, label string
}

// verify runs checks 1–6 of mqtt.md §3.2 in their order; check 7 belongs to the
// method. It returns a *drop for a message that fails one, with as much of the
// message as was read, and any other error when the platform failed.
func (h *Handler) verify(ctx context.Context, m devicegw.Message) (upMessage, error) {
	u, err := h.decode(m)
	if err != nil {
		return u, err
	}
	return h.check(ctx, m, u)
}

// decode is check 1, which needs no database.
func (h *Handler) decode(m devicegw.Message) (upMessage, error) {
	u := upMessage{epoch: m.Epoch}
	object, err := signature.DecodeMessage(m.Payload)
	if err != nil {
		return u, dropFor(reasonMalformed, err)
	}
	u.object = object
	u.name, u.label = h.methodOf(object)
	return u, nil
}

// check runs checks 2–6 on a decoded message.
func (h *Handler) check(ctx context.Context, m devicegw.Message, u upMessage) (upMessage, error) {
	number, err := senderNo(m, u.object)
	if err != nil {
		return u, err
	}
	machine, _, err := store.Find(h.store.SenderByNo(ctx, number))
	if err != nil {
		return u, err
	}
	return h.checkSender(m, u, machine)
}

// checkSender runs checks 2–6 on the message of a machine, which is the zero one
// if there is none of that number.
func (h *Handler) checkSender(m devicegw.Message, u upMessage, machine store.Sender) (upMessage, error) {
	u.machine = machine
	object := u.object
	if machine.ID == 0 {
		return u, dropFor(reasonUnknownMachine, errors.New("client_id names no machine"))
	}
	if err := h.checkTopic(m, u.machine); err != nil {
		return u, err
	}
	if err := h.checkSign(u); err != nil {
		return u, err
	}
	if id := (&fields{object: object}).text("machine_id"); id != strconv.FormatInt(u.machine.ID, 10) {
		// Common in the field, where machines send placeholders (mqtt.md §3.1).
		h.log.Debug("machine_id is not the machine's; client_id decides", "machine_no", m.MachineNo)
	}
	method, known := h.methods[u.name]
	if !method.untimed && !object.WithinWindow(h.clock().Unix(), h.cfg.TimestampWindow) {
		return u, dropFor(reasonBadTimestamp, errors.New("timestamp absent, not 10 digits or outside the window"))
	}
	if !known {
		return u, dropFor(reasonUnknownMethod, errors.New("method not in the contract"))
	}
	return u, nil
}

func (h *Handler) methodOf(object *signature.Object) (name, label string) {
	v, _ := object.Lookup("method")
	if v.Kind != signature.String || v.Text == "" {
		return "", ""
	}
	if _, known := h.methods[v.Text]; !known {
		return v.Text, "other"
	}
	return v.Text, v.Text
}

// senderNo is the number of the machine a message speaks for (check 2, mqtt.md
// §3.3): the one its client_id names, or the connection's.
func senderNo(m devicegw.Message, object *signature.Object) (string, error) {
	read := fields{object: object}
	number := read.text("client_id")
	if read.err != nil {
		return "", dropFor(reasonUnknownMachine, read.err)
	}
	return cmp.Or(number, m.MachineNo), nil
}

// checkTopic is check 3: the machine is the one that sent the message, on one
// of its own topics. The connection stands in for the number of the topic; the
// package comment says why.
func (h *Handler) checkTopic(m devicegw.Message, machine store.Sender) error {
	own := m.Topic == sharedTopic+"/"+machine.MachineNo
	switch {
	case machine.MachineNo != m.MachineNo:
		return dropFor(reasonTopicMismatch, errors.New("client_id names another machine than the connection"))
	case !own && m.Topic != sharedTopic:
		return dropFor(reasonTopicMismatch, errors.New("topic of another machine"))
	case !own && h.cfg.RequireOwnTopic:
		return dropFor(reasonTopicMismatch, errors.New("shared topic although mqtt.require_own_topic is set"))
	}
	return nil
}

// checkSign is check 4: the AppKey of the machine's current merchant signs, or the
// one before while a rotation overlaps.
func (h *Handler) checkSign(u upMessage) error {
	stored := credentials.AppKeys{Sealed: u.machine.AppKeySealed, PreviousSealed: u.machine.AppKeyPreviousSealed, PreviousUntil: u.machine.AppKeyPreviousUntil}
	keys, err := stored.Accepted(h.box, h.clock.Millis())
	if err != nil {
		return fmt.Errorf("key of merchant %d: %w", u.machine.MerchantID, err)
	}
	if h.cfg.AcceptAppIDKey {
		keys = append(keys, u.machine.AppID)
	}
	if !u.object.Verify(keys...) {
		return dropFor(reasonBadSign, errors.New("sign absent or wrong"))
	}
	return nil
}

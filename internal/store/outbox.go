package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vendlane/vendlane/internal/store/db"
)

// States of an outbox row.
const (
	CommandQueued  = "QUEUED"
	CommandDone    = "DONE"
	CommandExpired = "EXPIRED"

	CallbackPending   = "PENDING"
	CallbackDelivered = "DELIVERED"
	CallbackDead      = "DEAD"

	AlertMessagePending   = "PENDING"
	AlertMessageDelivered = "DELIVERED"
	AlertMessageDead      = "DEAD"
)

// Tx is a transaction under way: the queries, and the outbox.
type Tx struct {
	*db.Queries
	engine                      Engine
	commands, callbacks, alerts bool
	notes                       []note
}

// Command is a down message to a machine, before it is signed (mqtt.md §5).
type Command struct {
	MachineID int64
	Method    string
	// Fields are the message's own members; the base fields are added when it
	// leaves.
	Fields map[string]string
	// DeliveryID is set for dispense commands, else 0.
	DeliveryID int64
	// Now and ExpiresAt are UTC milliseconds; after ExpiresAt the command is
	// never sent for the first time.
	Now, ExpiresAt int64
}

// QueueCommand writes a down message in the same transaction as the change it
// follows from; it is sent after the commit.
func (tx *Tx) QueueCommand(ctx context.Context, c Command) error {
	row, err := c.Row()
	if err != nil {
		return err
	}
	if err := tx.InsertCommand(ctx, row); err != nil {
		return fmt.Errorf("queue command %s: %w", c.Method, err)
	}
	tx.commands = true
	return nil
}

// Row is the outbox row of the command.
func (c Command) Row() (db.InsertCommandParams, error) {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return db.InsertCommandParams{}, fmt.Errorf("encode fields of %s: %w", c.Method, err)
	}
	return db.InsertCommandParams{
		MachineID:  c.MachineID,
		Method:     c.Method,
		Fields:     string(fields),
		DeliveryID: c.DeliveryID,
		Now:        c.Now,
		ExpiresAt:  c.ExpiresAt,
	}, nil
}

// messageTTL is how long a message that is no dispense command waits for an
// offline machine, in milliseconds (mqtt.md, preface).
const messageTTL = 24 * 60 * 60 * 1000

// QueueMessage queues a down message that is no dispense command: it waits up
// to 24 hours for its machine. now is UTC milliseconds; fields may be nil.
func (tx *Tx) QueueMessage(ctx context.Context, machineID int64, method string, fields map[string]string, now int64) error {
	return tx.QueueCommand(ctx, Message(machineID, method, fields, now))
}

// Message is the command of QueueMessage.
func Message(machineID int64, method string, fields map[string]string, now int64) Command {
	return Command{MachineID: machineID, Method: method, Fields: fields, Now: now, ExpiresAt: now + messageTTL}
}

// ClaimCommands takes due commands of machines that no other living node holds,
// the longest due first.
func (tx *Tx) ClaimCommands(ctx context.Context, p db.ClaimCommandsParams) ([]db.Command, error) {
	if tx.engine.ManyWriters() {
		return tx.ClaimCommandsOfNode(ctx, db.ClaimCommandsOfNodeParams(p))
	}
	return tx.Queries.ClaimCommands(ctx, p)
}

// ClaimCallbacks takes due messages of a lane, the longest due first.
func (tx *Tx) ClaimCallbacks(ctx context.Context, p db.ClaimCallbacksParams) ([]db.Callback, error) {
	if tx.engine.ManyWriters() {
		return tx.ClaimCallbacksOfNode(ctx, db.ClaimCallbacksOfNodeParams(p))
	}
	return tx.Queries.ClaimCallbacks(ctx, p)
}

// QueueCallback writes a message to a notify_url in the same transaction as
// the change it tells of; it is sent after the commit. It returns the row's id.
func (tx *Tx) QueueCallback(ctx context.Context, c db.InsertCallbackParams) (int64, error) {
	id, err := tx.InsertCallback(ctx, c)
	if err != nil {
		return 0, fmt.Errorf("queue callback: %w", err)
	}
	tx.callbacks = true
	return id, nil
}

// QueueAlertMessages writes what people are told of the newest alert of a machine,
// kind and subject, one message for every rule it meets, in the transaction that
// opens or resolves it.
func (tx *Tx) QueueAlertMessages(ctx context.Context, p db.QueueAlertMessagesParams) error {
	n, err := tx.Queries.QueueAlertMessages(ctx, p)
	if err != nil {
		return fmt.Errorf("queue messages about an alert: %w", err)
	}
	tx.alerts = tx.alerts || n > 0
	return nil
}

// QueueAlertTest writes a message that tells of no alert, to try a rule.
func (tx *Tx) QueueAlertTest(ctx context.Context, now, ruleID int64) (int64, error) {
	id, err := tx.Queries.QueueAlertTest(ctx, now, ruleID)
	if err != nil {
		return 0, fmt.Errorf("queue a test of an alert rule: %w", err)
	}
	tx.alerts = true
	return id, nil
}

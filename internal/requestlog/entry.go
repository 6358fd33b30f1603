package requestlog

import (
	"encoding/json"
	"strings"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/sigdebug"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// Kinds of requests.
const (
	HTTP = "HTTP"
	MQTT = "MQTT"
)

// MaxText bounds a body that is kept, in bytes; longer ones are cut.
const MaxText = 16 << 10

// masked stands in the place of a secret.
const masked = "***"

// badSign is the reason of a dropped message whose signature is wrong.
const badSign = "bad_sign"

// Entry is one request as it came in.
type Entry struct {
	// Kind is HTTP or MQTT.
	Kind string
	// AppID and AppSecret are headers of a call. The secret is used to find out
	// what is wrong, and is not kept.
	AppID, AppSecret string
	// MachineNo is that of the connection of a message.
	MachineNo string
	RequestID string
	// At is UTC milliseconds, Duration microseconds.
	At, Duration int64
	// Client is an address.
	Client string
	// Verb and Target are method and path of a call, or the topic of a message.
	Verb, Target string
	// Headers holds those of a call that are kept, without secrets.
	Headers map[string]string
	Raw     []byte
	// Status is of HTTP, Code of the envelope, Reason why a message was dropped.
	Status int
	Code   vending.Code
	Reason string
	Answer []byte
}

func (e Entry) accepted() bool { return e.Code == 0 && e.Reason == "" }

// row makes what is kept of a request.
func (e Entry) row(who sender) db.InsertRequestLogParams {
	headers := map[string]string{}
	for name, value := range e.Headers {
		headers[name] = clean(value, 500)
	}
	if e.AppSecret != "" {
		headers["AppSecret"] = masked
	}
	text, _ := json.Marshal(headers) // strings always can be
	row := db.InsertRequestLogParams{
		MerchantID: who.merchantID, MachineNo: clean(e.MachineNo, 50), Kind: e.Kind, RequestID: e.RequestID, At: e.At, Duration: e.Duration,
		Client: e.Client, Verb: e.Verb, Target: clean(e.Target, 500), Headers: string(text), Raw: clean(string(e.Raw), MaxText),
		Status: int64(e.Status), Code: int64(e.Code), Reason: e.Reason, Answer: clean(string(e.Answer), MaxText),
	}
	old := []string{}
	if credentials.OldAppSecretFits(who.merchant, e.AppSecret, e.At) {
		old = append(old, string(credentials.AppSecret))
	}
	if object := e.object(); object != nil {
		if who.previousKey != "" && e.At < who.previousUntil && object.Verify(who.previousKey) {
			old = append(old, string(credentials.AppKey))
		}
		method, _ := object.Lookup("method")
		row.Method = clean(method.Text, 100)
		row.Payload = machinelog.Payload(object)
		if machinelog.HasSecret(object) {
			row.Raw = ""
		}
	}
	row.OldCredentials = strings.Join(old, " ")
	whole := len(e.Raw) < MaxText
	if whole && (e.Code == vending.CodeSignature || e.Reason == badSign) {
		row.Diagnosis = string(sigdebug.Explain(sigdebug.Input{
			Raw: e.Raw, Kind: sigdebug.Kind(strings.ToLower(e.Kind)), AppKey: who.key, AppID: who.appID, AppSecret: e.AppSecret,
			PreviousKey: who.previousKey, PreviousUntil: who.previousUntil, Now: e.At / 1000,
		}).Diagnosis)
	}
	return row
}

// object is what the request says, nil if nobody can read it.
func (e Entry) object() *signature.Object {
	var object *signature.Object
	var err error
	if e.Kind == MQTT {
		object, err = signature.DecodeMessage(e.Raw)
	} else if object, err = signature.DecodeEnvelope(e.Raw); err != nil {
		object, err = signature.ParseObject(e.Raw) // the endpoint without an envelope
	}
	if err != nil {
		return nil
	}
	return object
}

// clean makes text that every engine can keep, cut after some bytes.
func clean(text string, limit int) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), limit)], "\ufffd"), "\x00", "")
}

package signature_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

// loadVectors reads a file of api/vectors. Unknown members fail, so that a misspelt
// one cannot switch off a check.
func loadVectors[T any](t *testing.T, name string) T {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "api", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	var out T
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func mustParse(t *testing.T, text string) *signature.Object {
	t.Helper()
	o, err := signature.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("ParseObject(%s): %v", text, err)
	}
	return o
}

// withSign returns the object with sign as its first member in place of its own.
func withSign(t *testing.T, o *signature.Object, sign string) *signature.Object {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"sign":"` + sign + `"`)
	for name, v := range o.Members() {
		if name == "sign" {
			continue
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		text := v.Text
		switch v.Kind {
		case signature.Null:
			text = "null"
		case signature.String:
			q, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			text = string(q)
		}
		b.WriteString("," + string(quoted) + ":" + text)
	}
	return mustParse(t, b.String()+"}")
}

func TestSignatureVectors(t *testing.T) {
	file := loadVectors[struct {
		About   string
		Vectors []struct {
			Name, Source, Key string
			PayloadJSON       string `json:"payload_json"`
			HTTPBody          string `json:"http_body"`
			MQTTBody          string `json:"mqtt_body"`
			CanonicalR        string `json:"canonical_r"`
			CanonicalE        string `json:"canonical_e"`
			CanonicalEJava    string `json:"canonical_e_java"`
			SignR             string `json:"sign_r"`
			SignE             string `json:"sign_e"`
			SignEJava         string `json:"sign_e_java"`
		}
	}](t, "signatures.json")
	if len(file.Vectors) < 40 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			o := mustParse(t, v.PayloadJSON)
			if v.CanonicalEJava == "" {
				v.CanonicalEJava, v.SignEJava = v.CanonicalE, v.SignE
			}
			for _, form := range []struct {
				form            signature.Form
				canonical, sign string
			}{
				{signature.Raw, v.CanonicalR, v.SignR},
				{signature.Escaped, v.CanonicalE, v.SignE},
				{signature.EscapedJava, v.CanonicalEJava, v.SignEJava},
			} {
				if got := o.Canonical(form.form, v.Key); got != form.canonical {
					t.Errorf("form %d:\n got %s\nwant %s", form.form, got, form.canonical)
				}
				if got := o.Sign(form.form, v.Key); got != form.sign {
					t.Errorf("form %d: sign %s, want %s", form.form, got, form.sign)
				}
				signed := withSign(t, o, form.sign)
				if !signed.Verify(v.Key) || !signed.Verify("other", v.Key) {
					t.Errorf("form %d: good signature refused", form.form)
				}
				if signed.Verify(v.Key + "x") {
					t.Errorf("form %d: accepted with another key", form.form)
				}
			}
			if v.HTTPBody != "" {
				decoded, err := signature.DecodeEnvelope([]byte(v.HTTPBody))
				if err != nil || decoded.JSON() != v.PayloadJSON || !decoded.Verify(v.Key) {
					t.Errorf("http_body: %v", err)
				}
			}
			if v.MQTTBody != "" {
				decoded, err := signature.DecodeMessage([]byte(v.MQTTBody))
				if err != nil || decoded.JSON() != v.PayloadJSON || !decoded.Verify(v.Key) {
					t.Errorf("mqtt_body: %v", err)
				}
			}
		})
	}
}

func TestNegativeVectors(t *testing.T) {
	type payload struct {
		Name, Source  string
		PayloadJSON   string `json:"payload_json"`
		PayloadBase64 []byte `json:"payload_base64"`
	}
	file := loadVectors[struct {
		About        string
		Verification []struct {
			Name, Source, Key string
			PayloadJSON       string `json:"payload_json"`
			ServerTime        int64  `json:"server_time"`
			WindowS           int64  `json:"window_s"`
			Code              int
			HTTPStatus        int `json:"http_status"`
		}
		MalformedPayloads []payload                     `json:"malformed_payloads"`
		MalformedBodies   []struct{ Name, Body string } `json:"malformed_bodies"`
		AcceptedBodies    []struct {
			Name, Body  string
			PayloadJSON string `json:"payload_json"`
		} `json:"accepted_bodies"`
	}](t, "negative.json")
	for _, v := range file.Verification {
		t.Run("verification/"+v.Name, func(t *testing.T) {
			o := mustParse(t, v.PayloadJSON)
			code, status := 0, 200
			if !o.Verify(v.Key) {
				code, status = 10015, 401
			} else if !o.WithinWindow(v.ServerTime, v.WindowS) {
				code, status = 10016, 401
			}
			if code != v.Code || status != v.HTTPStatus {
				t.Errorf("got code %d, status %d, want %d, %d", code, status, v.Code, v.HTTPStatus)
			}
		})
	}
	for _, v := range file.MalformedPayloads {
		t.Run("malformed payload/"+v.Name, func(t *testing.T) {
			text := v.PayloadBase64
			if text == nil {
				text = []byte(v.PayloadJSON)
			}
			if _, err := signature.ParseObject(text); !errors.Is(err, signature.ErrMalformed) {
				t.Errorf("ParseObject: error %v", err)
			}
			encoded := base64.StdEncoding.EncodeToString(text)
			if _, err := signature.DecodeMessage([]byte(encoded)); !errors.Is(err, signature.ErrMalformed) {
				t.Errorf("DecodeMessage: error %v", err)
			}
			body := `{"payload":"` + encoded + `"}`
			if _, err := signature.DecodeEnvelope([]byte(body)); !errors.Is(err, signature.ErrMalformed) {
				t.Errorf("DecodeEnvelope: error %v", err)
			}
		})
	}
	for _, v := range file.MalformedBodies {
		t.Run("malformed body/"+v.Name, func(t *testing.T) {
			if _, err := signature.DecodeEnvelope([]byte(v.Body)); !errors.Is(err, signature.ErrMalformed) {
				t.Errorf("error %v", err)
			}
		})
	}
	for _, v := range file.AcceptedBodies {
		t.Run("accepted body/"+v.Name, func(t *testing.T) {
			o, err := signature.DecodeEnvelope([]byte(v.Body))
			if err != nil {
				t.Fatal(err)
			}
			if o.JSON() != v.PayloadJSON {
				t.Errorf("got %s", o.JSON())
			}
		})
	}
}

func TestBase64Vectors(t *testing.T) {
	file := loadVectors[struct {
		About string
		Cases []struct {
			Name, Text, Hex string
			Refused         bool
		}
	}](t, "base64.json")
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			got, err := signature.DecodeBase64([]byte(v.Text))
			if v.Refused {
				if !errors.Is(err, signature.ErrMalformed) {
					t.Errorf("got %q, error %v", got, err)
				}
				return
			}
			if err != nil || hex.EncodeToString(got) != v.Hex {
				t.Errorf("got %x, error %v, want %s", got, err, v.Hex)
			}
		})
	}
}

// TestSealedVectors compares what we write, byte for byte, and reads it back.
func TestSealedVectors(t *testing.T) {
	file := loadVectors[struct {
		About    string
		Messages []struct {
			Name, Kind, Source, Key string
			MembersJSON             string `json:"members_json"`
			Body                    string
		}
	}](t, "sealed.json")
	for _, v := range file.Messages {
		t.Run(v.Name, func(t *testing.T) {
			members, texts := map[string]any{}, map[string]string{}
			for name, value := range mustParse(t, v.MembersJSON).Members() {
				texts[name], members[name] = value.Text, value.Text
				if value.Kind == signature.Number {
					var number int64
					if err := json.Unmarshal([]byte(value.Text), &number); err != nil {
						t.Fatal(err)
					}
					members[name] = number
				}
			}
			var body []byte
			var err error
			var decode func([]byte) (*signature.Object, error)
			switch v.Kind {
			case "callback":
				body, err = signature.SignJSON(members, v.Key)
				decode = signature.ParseObject
			case "http":
				body, err = signature.NewEnvelope(members, v.Key)
				decode = signature.DecodeEnvelope
			case "mqtt":
				body = signature.EncodeMessage(texts, v.Key)
				decode = signature.DecodeMessage
			default:
				t.Fatalf("unknown kind %q", v.Kind)
			}
			if err != nil || string(body) != v.Body {
				t.Errorf("error %v\n got %s\nwant %s", err, body, v.Body)
			}
			if o, err := decode(body); err != nil || !o.Verify(v.Key) {
				t.Errorf("our own message is refused: %v", err)
			}
		})
	}
}

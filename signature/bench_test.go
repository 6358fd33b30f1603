package signature_test

import (
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

// consumeMembers is the request of consume.md §7.2.
func consumeMembers() map[string]any {
	return map[string]any{
		"code": "5288640", "machine_no": "16327129", "method": "event.consume.pickup_code",
		"notify_url": "https://merchant.example/notify", "product_id": "131",
		"timestamp": "1714353655", "trade_id": "800a7e9500d345c8987d3aafa412c77d",
	}
}

// BenchmarkVerifyConsume decodes the envelope of one redemption and verifies it.
func BenchmarkVerifyConsume(b *testing.B) {
	body, err := signature.NewEnvelope(consumeMembers(), "kva")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		o, err := signature.DecodeEnvelope(body)
		if err != nil || !o.Verify("kva") {
			b.Fatal("refused", err)
		}
	}
}

// BenchmarkSignCallback writes the body of one callback.
func BenchmarkSignCallback(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signature.SignJSON(consumeMembers(), "kva"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostilePayload verifies a payload that unfolds almost to the limit.
func BenchmarkHostilePayload(b *testing.B) {
	text := []byte(`{"` + strings.Repeat("é", 90) + `":[` + strings.Repeat("0,", 5000) + `0],"sign":"` + strings.Repeat("0", 32) + `"}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		o, err := signature.ParseObject(text)
		if err != nil || o.Verify("kva") {
			b.Fatal("accepted", err)
		}
	}
}

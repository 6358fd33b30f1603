package signature_test

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/signature"
)

// A server reads and checks a request.
func Example() {
	body := []byte(`{"payload":"eyJtYWNoaW5lX25vIjoiMTYzMjcxMjkiLCJzaWduIjoiOUM4NEZEMUNFMkM3Njg0OUU3Nzc4QUNGMkM1MEZGRjAiLCJzdGF0dXMiOjIsInRpbWVzdGFtcCI6IjE3MTQxMjgzNTgifQ=="}`)

	o, err := signature.DecodeEnvelope(body)
	if err != nil {
		fmt.Println("code 400:", err)
		return
	}
	const serverTime, window = 1714128400, 600
	switch {
	case !o.Verify("kva"):
		fmt.Println("code 10015")
	case !o.WithinWindow(serverTime, window):
		fmt.Println("code 10016")
	default:
		machine, _ := o.Lookup("machine_no")
		fmt.Println("machine", machine.Text)
	}
	// Output: machine 16327129
}

// A client writes a request.
func ExampleNewEnvelope() {
	body, err := signature.NewEnvelope(map[string]any{
		"machine_no": "16327129",
		"status":     int64(2),
		"timestamp":  "1714128358",
	}, "kva")
	fmt.Println(string(body), err)
	// Output: {"payload":"eyJtYWNoaW5lX25vIjoiMTYzMjcxMjkiLCJzaWduIjoiOUM4NEZEMUNFMkM3Njg0OUU3Nzc4QUNGMkM1MEZGRjAiLCJzdGF0dXMiOjIsInRpbWVzdGFtcCI6IjE3MTQxMjgzNTgifQ=="} <nil>
}

func ExampleParseObject() {
	o, err := signature.ParseObject([]byte(`{"price":9.50,"gift":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	price, _ := o.Lookup("price")
	fmt.Println(price.Kind == signature.Number, price.Text)

	_, err = signature.ParseObject([]byte(`{"a":1,"\u0061":2}`))
	fmt.Println(errors.Is(err, signature.ErrMalformed), err)
	// Output:
	// true 9.50
	// true malformed payload: duplicate member name at byte 18
}

func ExampleObject_Canonical() {
	o, err := signature.ParseObject([]byte(`{"url":"http://a/b c","tags":["x","","*"],"sign":"?"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o.Canonical(signature.Raw, "kva"))
	fmt.Println(o.Canonical(signature.Escaped, "kva"))
	fmt.Println(o.Canonical(signature.EscapedJava, "kva"))
	// Output:
	// tags[0]=x&tags[2]=*&url=http://a/b c&key=kva
	// tags%5B0%5D=x&tags%5B2%5D=%2A&url=http%3A%2F%2Fa%2Fb+c&key=kva
	// tags%5B0%5D=x&tags%5B2%5D=*&url=http%3A%2F%2Fa%2Fb+c&key=kva
}

func ExampleSignJSON() {
	body, err := signature.SignJSON(map[string]any{
		"deliver_status": "0",
		"error_msg":      "Order Expired",
		"machine_no":     "16327129",
		"method":         "device.delivery.response",
		"order_id":       int64(54),
		"record_id":      int64(70),
		"timestamp":      "1714116942",
		"trade_id":       "3f2a58ad69b74e86b8a1a3da6fd75cc1",
	}, "kva")
	fmt.Println(string(body), err)
	// Output: {"deliver_status":"0","error_msg":"Order Expired","machine_no":"16327129","method":"device.delivery.response","order_id":54,"record_id":70,"sign":"343CC5AE04741F8DFF59AC8ACED72463","timestamp":"1714116942","trade_id":"3f2a58ad69b74e86b8a1a3da6fd75cc1"} <nil>
}

func ExampleEncodeMessage() {
	body := signature.EncodeMessage(map[string]string{
		"client_id":  "16327127",
		"machine_id": "1",
		"method":     "client.power.schedule.clear",
		"status":     "0",
		"timestamp":  "1758519471",
		"unused":     "",
	}, "kva")
	text, err := base64.StdEncoding.DecodeString(string(body))
	fmt.Println(string(text), err)
	// Output: {"client_id":"16327127","machine_id":"1","method":"client.power.schedule.clear","sign":"6EDCE0702B2D4D3664DE63BDAC90A3F7","status":"0","timestamp":"1758519471"} <nil>
}

// This program redeems a pickup code and has the machine drop the goods, with nothing
// but the standard library: the payload is put together by hand and signed with
// URL-encoded values, as many clients in the field do. For new code there is an SDK
// (github.com/vendlane/vendlane/client).
//
//	VENDLANE_URL=http://127.0.0.1:8080 APPID=… APPSECRET=… APPKEY=… go run . MACHINE_NO PRODUCT_ID CODE NOTIFY_URL
package main

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: go run . MACHINE_NO PRODUCT_ID CODE NOTIFY_URL")
	}
	machine, product, code, notifyURL := os.Args[1], os.Args[2], os.Args[3], os.Args[4]

	var consumed struct {
		OrderID int64 `json:"order_id"`
		Records []struct {
			ID int64 `json:"id"`
		} `json:"records"`
	}
	post("/consumes", map[string]string{
		"machine_no": machine, "method": "event.consume.pickup_code", "code": code, "product_id": product,
		"notify_url": notifyURL, "trade_id": tradeID(),
	}, &consumed)
	post("/deliveries", map[string]string{
		"machine_no": machine, "method": "device.delivery.put",
		"order_id": fmt.Sprint(consumed.OrderID), "record_id": fmt.Sprint(consumed.Records[0].ID),
	}, nil)
	post(fmt.Sprintf("/orders/%d", consumed.OrderID), map[string]string{"machine_no": machine}, nil)
}

// post sends one call and prints its answer.
func post(path string, params map[string]string, data any) {
	params["timestamp"] = fmt.Sprint(time.Now().Unix())
	params["sign"] = sign(params, os.Getenv("APPKEY"))

	// Nothing here holds a quotation mark or a backslash, so the JSON can be written by hand.
	var members []string
	for name, value := range params {
		members = append(members, `"`+name+`":"`+value+`"`)
	}
	payload := base64.StdEncoding.EncodeToString([]byte("{" + strings.Join(members, ",") + "}"))
	body := `{"payload":"` + payload + `"}`

	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, os.Getenv("VENDLANE_URL")+"/api/openapi/v1"+path, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Appid", os.Getenv("APPID"))
	req.Header.Set("AppSecret", os.Getenv("APPSECRET"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path, strings.TrimSpace(string(text)))

	answer := struct {
		Code int `json:"code"`
		Data any `json:"data"`
	}{Data: data}
	if err := json.Unmarshal(text, &answer); err != nil {
		log.Fatal(err)
	}
	if answer.Code != 0 {
		log.Fatalf("%s was refused", path)
	}
}

// sign joins the URL-encoded parameters by name, appends the key and returns the MD5.
func sign(params map[string]string, key string) string {
	var names []string
	for name, value := range params {
		if value != "" && value != "NULL" && name != "sign" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	text := ""
	for _, name := range names {
		text += url.QueryEscape(name) + "=" + url.QueryEscape(params[name]) + "&"
	}
	return fmt.Sprintf("%X", md5.Sum([]byte(text+"key="+key)))
}

// tradeID is the merchant's number of the order. A real shop stores it first.
func tradeID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return fmt.Sprintf("%x", raw)
}

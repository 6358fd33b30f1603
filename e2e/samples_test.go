package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
	"github.com/vendlane/vendlane/signature"
)

// fieldProxy stands before the platform and holds requests against how clients in the
// field send them: no Content-Type, a payload signed in one form.
func fieldProxy(t *testing.T, r ready, form signature.Form) string {
	t.Helper()
	target, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		o, err := signature.DecodeEnvelope(body)
		if err != nil {
			t.Errorf("%s: %v", req.URL.Path, err)
		} else if sign, _ := o.Lookup("sign"); sign.Text != o.Sign(form, r.Merchant.AppKey) {
			t.Errorf("%s is signed in another form: %s", req.URL.Path, o.JSON())
		}
		if got, sent := req.Header["Content-Type"]; sent {
			t.Errorf("%s has Content-Type %v", req.URL.Path, got)
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// The samples of raw HTTP work, one signing URL-encoded values and one raw ones.
func TestRawHTTPSamples(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		program []string
		form    signature.Form
	}{
		"Go":  {[]string{"go", "run", "../examples/raw-http/go"}, signature.Escaped},
		"PHP": {[]string{"php", "../examples/raw-http/php/consume.php"}, signature.Raw},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Binary(t, c.program[0])
			_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story")
			notifyURL, events := sdkNotifyURL(t, r)
			machine := r.Machines[0]
			product := machine.Products[0]
			sample := exec.CommandContext(t.Context(), c.program[0], append(c.program[1:],
				machine.MachineNo, strconv.FormatInt(product.ProductID, 10), product.Codes[0], notifyURL)...)
			sample.Env = append(os.Environ(), "VENDLANE_URL="+fieldProxy(t, r, c.form),
				"APPID="+r.Merchant.AppID, "APPSECRET="+r.Merchant.AppSecret, "APPKEY="+r.Merchant.AppKey)
			out, err := sample.CombinedOutput()
			if err != nil || strings.Count(string(out), `{"code":0,`) != 3 || !strings.Contains(string(out), "PICKUPCODE") {
				t.Fatalf("%v\n%s", err, out)
			}
			if event := awaitEvent(t, events); !event.Success || event.OrderID != 1060 {
				t.Errorf("%+v", event)
			}
		})
	}
}

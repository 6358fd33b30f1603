package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// sdkShop is what the samples of the SDKs are run against.
const sdkShop = `
merchants:
  - slug: sdk
    title: SDK
    appid: vmsdk
    app_secret: sdk-secret
    app_key: sdk-key
    webhook_secret: whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
    models: [{name: m, boards: [{addr: 1, floor_type: 1, drop_detection: true}]}]
    goods: [{slug: g, name: Good, price: "1.00"}]
    machines:
      - {machine_no: "16400001", name: M, model: m, password: sdk-password, pickup_code_enabled: true,
         planogram: [{product_id: 1, motor: 0, good: g, capacity: 5, stock: 5}]}
`

// sampleOutput is what the sample of every SDK prints: the code redeemed once,
// the goods dropped, the callback verified.
var sampleOutput = regexp.MustCompile(`^code \d{6}
order (\d+) PICKUPCODE, asked again: order (\d+)
delivery (\d{16})
callback msg_\w+ for delivery (\d{16}): dropped
state SUCCESS
$`)

func TestTypeScriptSDK(t *testing.T) {
	t.Parallel()
	node := require.Binary(t, "node")
	if _, err := os.Stat("../sdk/ts/dist/index.js"); err != nil {
		require.Missing(t, "the built TypeScript SDK: make sdk-ts")
	}
	runSample(t, node, "../sdk/ts/examples/redeem.mjs")
}

func TestPHPSDK(t *testing.T) {
	t.Parallel()
	runSample(t, require.Guzzle(t), "../sdk/php/examples/redeem.php")
}

// runSample runs a program against a platform with a machine that is online.
func runSample(t *testing.T, program, script string) {
	t.Helper()
	environ := []string{
		"VENDLANE_DATA=" + filepath.Join(t.TempDir(), "data"), "VENDLANE_HTTP_LISTEN=127.0.0.1:0",
		"VENDLANE_MQTT_LISTEN=127.0.0.1:0", "VENDLANE_CALLBACK_ALLOW_PRIVATE=true",
	}
	applyShop(t, sdkShop, environ...)
	listen := awaitReady(t, start(t, environ, "serve"))
	start(t, []string{"VENDLANE_APP_KEY=sdk-key", "VENDLANE_MACHINE_PASSWORD=sdk-password"}, "simulate",
		"--server", fmt.Sprintf("tcp://%s", listen["mqtt"]), "--machines", "1", "--first-machine-no", "16400001", "--data", t.TempDir())
	url := fmt.Sprintf("http://%s", listen["http"])
	shop := ready{URL: url}
	shop.Merchant.AppID, shop.Merchant.AppSecret, shop.Merchant.AppKey = "vmsdk", "sdk-secret", "sdk-key"
	awaitOnline(t, shop, "16400001")

	sample := exec.CommandContext(t.Context(), program, script)
	sample.Env = append(os.Environ(), "PLATFORM_URL="+url, "APPID=vmsdk", "APP_SECRET=sdk-secret", "APP_KEY=sdk-key",
		"WEBHOOK_SECRET=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "MACHINE_NO=16400001", "PRODUCT_ID=1")
	out, err := sample.CombinedOutput()
	said := sampleOutput.FindSubmatch(out)
	if err != nil || said == nil {
		t.Fatalf("the sample ended with %v:\n%s", err, out)
	}
	if string(said[1]) != string(said[2]) || string(said[3]) != string(said[4]) {
		t.Errorf("the numbers differ:\n%s", out)
	}
	t.Logf("%s", out)
}

// awaitOnline waits until the platform knows that a machine is there.
func awaitOnline(t *testing.T, r ready, machineNo string) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for limit := time.After(patience); ; {
		a, err := r.call(t.Context(), "POST", "/rent/machines/"+machineNo, map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Code == 0 {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("machine %s is not online in time: code %d", machineNo, a.Code)
		}
	}
}

package docgen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/internal/openapi"
)

// evidence is a section of the contract and the tests that show that it is kept.
type evidence struct {
	section string
	tests   []Test
}

// Test is a test by its folder, seen from the root of the repository.
type Test struct{ Folder, Name string }

func tests(folder string, names ...string) []Test {
	out := make([]Test, len(names))
	for i, name := range names {
		out[i] = Test{"internal/" + folder, name}
	}
	return out
}

func golden(number string, more ...string) evidence {
	return evidence{"openapi.md §7." + strings.TrimPrefix(number, "0"), tests("openapi", append([]string{"TestSection7" + number}, more...)...)}
}

// endpoints are the endpoints of openapi.md §7 by verb, path and method.
func endpoints() map[string]evidence {
	return map[string]evidence{
		"POST /ping":                                     golden("01", "TestPing"),
		"POST /rent/machines":                            golden("02", "TestMachines"),
		"POST /rent/machines/{machine_no}":               golden("03", "TestMachineDetail"),
		"POST /products":                                 golden("04", "TestProducts"),
		"POST /floors":                                   golden("05", "TestFloorsRows"),
		"POST /categories":                               golden("06", "TestCategoryRows"),
		"POST /banners":                                  golden("07", "TestBannerRows"),
		"POST /pickup_codes pickup_code.product.id":      golden("08", "TestIssueTellsTheMachine"),
		"POST /pickup_codes pickup_code.product.all":     golden("09"),
		"PUT /pickup_codes pickup_code.delete.id":        golden("10", "TestCancel"),
		"PUT /pickup_codes pickup_code.delete.all":       golden("11"),
		"POST /products/{product_id}/pickup_code":        golden("12", "TestProductCodes"),
		"POST /consumes event.consume.pickup_code":       golden("13"),
		"POST /orders":                                   golden("14", "TestCreateOrderOfChecks"),
		"POST /orders/{order_id}":                        golden("15", "TestOrderQuery"),
		"PUT /orders/{order_id}":                         golden("16", "TestOrderTransitions"),
		"POST /deliveries device.delivery.put":           golden("17", "TestDelivery"),
		"POST /deliveries/{delivery_id}":                 golden("18", "TestDeliveryNotFound"),
		"POST /deliveries/debug device.delivery.put":     golden("19", "TestTestDeliveryResult"),
		"POST /replenishments replenishment.product.id":  golden("20", "TestReplenishLevels"),
		"POST /replenishments replenishment.category.id": golden("21", "TestReplenishCategoryCabinets"),
		"POST /replenishments replenishment.machine.all": golden("22", "TestReplenishAllOrderOfChecks"),
	}
}

// upMessages are those of mqtt.md §4 and §6.2 by method.
func upMessages() map[string]evidence {
	handled := func(section, folder string, names ...string) evidence {
		return evidence{"mqtt.md §" + section, append(tests("machineapi", "TestMethods", "TestAsyncAPIUpExamples"), tests(folder, names...)...)}
	}
	return map[string]evidence{
		"client.temperature.put":    handled("4.1", "fleet", "TestTemperatureAlert"),
		"client.humidity.put":       handled("4.2", "fleet", "TestNoSensor"),
		"client.heartbeat":          {"mqtt.md §4.3", tests("machineapi", "TestHeartbeat")},
		"client.offline":            {"mqtt.md §4.4", append(tests("machineapi", "TestOfflineReason", "TestCheckWill"), tests("fleet", "TestOfflineAlert")...)},
		"client.machine.env.put":    handled("4.5", "machineapi", "TestMethodsBadFields"),
		"client.product.put":        handled("4.6", "catalog", "TestTakeShelfEdit"),
		"client.doorlock.status":    handled("4.7", "dispense", "TestPickUp"),
		"client.channel.status.put": handled("4.8", "dispense", "TestFaultyChannelBlocks", "TestPickUp"),
		"client.product.restock":    handled("4.9", "catalog", "TestTakeShelfRefill", "TestEmptyWholeMachine"),
		"client.machine.config.put": handled("4.10", "fleet", "TestDesiredBesideReported"),
		"client.pickup_codes.put":   handled("4.11", "model", "TestModel"),
		"client.goods.slug.put":     handled("4.12", "catalog", "TestTakeSlug"),
		"client.traffic.put":        handled("4.13", "fleet", "TestTraffic"),
		"device.delivery.response":  {"mqtt.md §6.2, §6.5", append(tests("machineapi", "TestReport", "TestLateReport", "TestConflictingReportIsIgnored"), tests("dispense", "TestEveryDeliveryEvent")...)},
	}
}

// downMessages are those of mqtt.md §5 and §6.1 by method. The bytes of each are
// checked by TestAsyncAPIDownExamples.
func downMessages() map[string]evidence {
	sent := func(section, folder string, names ...string) evidence {
		return evidence{"mqtt.md §" + section, append(tests(folder, names...), tests("machineapi", "TestAsyncAPIDownExamples")...)}
	}
	return map[string]evidence{
		"client.machine.refresh":           sent("5.1", "catalog", "TestEditPlanogram"),
		"client.machine.invalidate":        sent("5.2", "simulator", "TestDownMessages"),
		"client.machine.shutdown":          sent("5.3", "fleet", "TestControlMessages"),
		"client.machine.reboot":            sent("5.4", "fleet", "TestControlMessages"),
		"client.machine.password.modified": sent("5.5", "machineapi", "TestPasswordOnItsWay"),
		"client.channel.debugging":         sent("5.6", "dispense", "TestDebugChannel"),
		"client.power.schedule.once":       sent("5.7", "fleet", "TestControlMessages", "TestSchedulesAreKept"),
		"client.power.schedule.cycle":      sent("5.8", "fleet", "TestControlMessages", "TestSchedulesAreKept"),
		"client.power.schedule.clear":      sent("5.9", "fleet", "TestControlMessages", "TestSchedulesAreKept"),
		"client.machine.config.push":       sent("5.10", "fleet", "TestPushedSettings"),
		"client.ads.push":                  sent("5.11", "catalog", "TestAdChanges"),
		"client.ads.update":                sent("5.12", "catalog", "TestAdChanges"),
		"client.ads.delete":                sent("5.13", "catalog", "TestAdChanges"),
		"client.pickup_codes.create":       sent("5.14", "openapi", "TestIssueTellsTheMachine"),
		"client.pickup_codes.delete":       sent("5.15", "openapi", "TestSection713"),
		"client.factory.reset":             sent("5.16", "fleet", "TestControlMessages"),
		"client.channel.fault.clear":       sent("5.17", "catalog", "TestClearFaults"),
		"device.delivery.put":              sent("6.1", "machineapi", "TestRelayRepeatsDispense", "TestAsyncAPITakesRealCommand"),
	}
}

// CompatibilityTests are all tests that the page names.
func CompatibilityTests() []Test {
	var out []Test
	for _, table := range []map[string]evidence{endpoints(), upMessages(), downMessages()} {
		for _, e := range table {
			out = append(out, e.tests...)
		}
	}
	return out
}

// routes names every endpoint and method that the API answers.
func routes() []string {
	var out []string
	for _, r := range openapi.Routes() {
		name := r.Verb + " " + r.Path
		if len(r.Methods) == 0 {
			out = append(out, name)
		}
		for _, method := range r.Methods {
			out = append(out, name+" "+method)
		}
	}
	return out
}

// messages names every message of the AsyncAPI document, which tests compare
// with the machine protocol's code, in its order.
func messages() (up, down []string, err error) {
	var doc struct {
		Channels map[string]struct {
			Messages yaml.MapSlice `yaml:"messages"`
		} `yaml:"channels"`
		Components struct {
			Messages map[string]struct {
				Examples []struct {
					Payload struct {
						Method string `yaml:"method"`
					} `yaml:"payload"`
				} `yaml:"examples"`
			} `yaml:"messages"`
		} `yaml:"components"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(api.AsyncAPI), yaml.UseOrderedMap()).Decode(&doc); err != nil {
		return nil, nil, fmt.Errorf("parse AsyncAPI document: %w", err)
	}
	for channel, out := range map[string]*[]string{"ownUp": &up, "down": &down} {
		for _, item := range doc.Channels[channel].Messages {
			for _, example := range doc.Components.Messages[fmt.Sprint(item.Key)].Examples {
				*out = append(*out, example.Payload.Method)
			}
		}
	}
	return up, down, nil
}

// compatibilityWords are the texts of the page in one language.
type compatibilityWords struct {
	title, intro                        string
	endpoints, up, down, endpoint       string
	method, section, state, shown, done string
	notes                               string
	rest, part, why                     string
	words                               func(otherPart) [3]string
}

func compatibilityEnglish() compatibilityWords {
	return compatibilityWords{
		title: "Compatibility",
		intro: "[简体中文](compatibility.zh-CN.md)\n\n" +
			"Every endpoint and every message of the contract, its state, and the tests that show it. This page is generated from\n" +
			"the code: a missing endpoint or message, or a test that does not exist, fails CI. What differs on purpose is in\n" +
			"[Migration](migration.md). “Section” names the chapter of the contract that the tests quote.",
		endpoints: "Endpoints of the merchant API", up: "Messages of machines", down: "Messages to machines",
		endpoint: "Endpoint", method: "Method", section: "Section", state: "State", shown: "Shown by", done: "complete",
		notes: "The tests named `TestSection…` send the example request of their section, signature included, and compare the\n" +
			"answer. Besides them `TestAsyncAPIUpExamples` sends every example message of machines, and\n" +
			"`TestAsyncAPIDownExamples` compares every message to machines byte by byte. `client.machine.invalidate` is the old name\n" +
			"of `client.machine.refresh`: machines must know it, the platform does not send it.",
		rest: "Other parts", part: "Part", why: "Why, and what it means",
		words: func(p otherPart) [3]string { return p.english },
	}
}

func compatibilityChinese() compatibilityWords {
	return compatibilityWords{
		title: "兼容性",
		intro: "[English](compatibility.md)\n\n" +
			"契约中的每个接口和每条消息、其状态，以及证明它的测试。本页由代码生成：缺少接口或消息，或测试不存在，CI 都会失败。\n" +
			"有意的差异见[迁移](migration.zh-CN.md)。“章节”是测试所引用的契约章节。",
		endpoints: "商户接口", up: "设备上行消息", down: "发给设备的消息",
		endpoint: "接口", method: "方法", section: "章节", state: "状态", shown: "证明", done: "完整",
		notes: "名为 `TestSection…` 的测试发送该章节的示例请求（含签名）并比较应答。此外 `TestAsyncAPIUpExamples` 发送每一条上行示例消息，\n" +
			"`TestAsyncAPIDownExamples` 逐字节比较每一条下行消息。`client.machine.invalidate` 是 `client.machine.refresh` 的旧名：\n" +
			"设备必须认识它，平台不发送它。",
		rest: "其他部分", part: "部分", why: "原因和影响",
		words: func(p otherPart) [3]string { return p.chinese },
	}
}

func compatibility(w compatibilityWords) ([]byte, error) {
	up, down, err := messages()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s\n", w.title, w.intro)
	for _, part := range []struct {
		title, first string
		names        []string
		table        map[string]evidence
	}{
		{w.endpoints, w.endpoint, routes(), endpoints()},
		{w.up, w.method, up, upMessages()},
		{w.down, w.method, down, downMessages()},
	} {
		fmt.Fprintf(&out, "\n## %s\n\n| %s | %s | %s | %s |\n| --- | --- | --- | --- |\n", part.title, part.first, w.section, w.state, w.shown)
		for name := range part.table {
			if !slices.Contains(part.names, name) {
				return nil, fmt.Errorf("compatibility: there is no %s", name)
			}
		}
		for _, name := range part.names {
			e, found := part.table[name]
			if !found {
				return nil, fmt.Errorf("compatibility: no test shows %s", name)
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", name, e.section, w.done, named(e.tests))
		}
	}
	fmt.Fprintf(&out, "\n%s\n\n## %s\n\n| %s | %s | %s | %s |\n| --- | --- | --- | --- |\n", w.notes, w.rest, w.part, w.section, w.state, w.why)
	for _, p := range otherParts() {
		words := w.words(p)
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", words[0], p.section, words[1], words[2])
	}
	return out.Bytes(), nil
}

// named lists tests behind the folder they are in.
func named(all []Test) string {
	var out []string
	folder := ""
	for _, t := range all {
		text := "`" + t.Name + "`"
		if t.Folder != folder {
			text = "`" + t.Folder + "`: " + text
		}
		folder = t.Folder
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

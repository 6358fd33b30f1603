package demo

import "strings"

// stepKind is a moment in the life of a virtual machine that the story shows.
type stepKind int

const (
	stepReceived stepKind = iota
	stepStarted
	stepFinished
	stepAcknowledged
)

// machineStep is such a moment.
type machineStep struct {
	kind       stepKind
	deliveryID string
	detail     string
}

// texts are what the demo says, in one language.
type texts struct {
	ready, tryIt, failed, done, stop                                        string
	issue, read, redeem, dispense, machine, callback, query                 string
	payload, answer, verified                                               string
	steps                                                                   map[stepKind]string
	api, mqtt, merchant, secret, key, machines, sink, warned, console, docs string
	quickstart                                                              string // the page's name below docsPath
}

// textsFor picks the language by the LC_ALL, LC_MESSAGES or LANG of the
// environment.
func textsFor(locale string) texts {
	if strings.HasPrefix(locale, "zh") {
		return chinese()
	}
	return english()
}

func english() texts {
	return texts{
		ready: "Vendlane demo is running.", tryIt: "Redeem the documented code yourself:", quickstart: "/quickstart",
		failed: "The story failed: ", done: "The story is complete: code redeemed, goods dropped, merchant told.",
		stop:  "Press Ctrl-C to stop.",
		issue: "The merchant makes a pickup code for a product.", read: "It reads the code and hands it to a customer.",
		redeem:   "The customer enters the code in the merchant's app; the merchant redeems it.",
		dispense: "The merchant has the machine drop the goods.", machine: "The machine works (a virtual one, over real MQTT).",
		callback: "The platform tells the merchant the result at its notify_url.",
		query:    "The order shows it all.",
		payload:  "payload: ", answer: "answer:  ", verified: "signature verified",
		steps: map[stepKind]string{
			stepReceived: "command received", stepStarted: "journal flushed, motor started",
			stepFinished: "run finished", stepAcknowledged: "report stored by the platform",
		},
		api: "API", mqtt: "machines (MQTT)", merchant: "merchant AppId", secret: "AppSecret", key: "AppKey",
		console: "console", docs: "documentation",
		machines: "machines", sink: "callback sink", warned: "The demo's credentials are public. Do not expose it to a network.",
	}
}

func chinese() texts {
	return texts{
		ready: "Vendlane 演示已启动。", tryIt: "亲自兑换文档中的取货码：", quickstart: "/quickstart.zh-CN",
		failed: "演示失败：", done: "演示完成：取货码已兑换，商品已出货，商户已收到通知。",
		stop:  "按 Ctrl-C 停止。",
		issue: "商户为一个商品生成取货码。", read: "商户读取取货码并交给顾客。",
		redeem: "顾客在商户的应用里输入取货码，商户发起兑换。", dispense: "商户让设备出货。",
		machine: "设备工作（虚拟设备，真实的 MQTT）。", callback: "平台把结果通知到商户的 notify_url。",
		query: "订单里可以看到全部结果。", payload: "请求内容：", answer: "应答：　　", verified: "签名验证通过",
		steps: map[stepKind]string{
			stepReceived: "收到指令", stepStarted: "日志已落盘，电机启动",
			stepFinished: "运行结束", stepAcknowledged: "平台已保存上报结果",
		},
		api: "接口", mqtt: "设备接入 (MQTT)", merchant: "商户 AppId", secret: "AppSecret", key: "AppKey",
		console: "控制台", docs: "文档",
		machines: "设备", sink: "回调接收地址", warned: "演示用的密钥是公开的，请勿暴露到网络。",
	}
}

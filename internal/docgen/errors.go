package docgen

import (
	"bytes"
	"fmt"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/vending"
)

// advice says what a merchant does about a code.
type advice struct{ en, zh string }

// advices has one for every code of the catalogue.
func advices() map[vending.Code]advice {
	return map[vending.Code]advice{
		vending.CodeBadRequest:          {"The body is not `{\"payload\": \"<base64 of a JSON object>\"}`, or larger than 64 KiB. Repair the client.", "请求体不是 `{\"payload\": \"<JSON 对象的 base64>\"}`，或超过 64 KiB。请修正客户端。"},
		vending.CodeNotFound:            {"Verb or path is wrong. Compare with the API page.", "请求方法或路径错误，请对照接口页面。"},
		vending.CodeTooManyRequests:     {"Wait for `Retry-After` seconds. After many failed authentications the address is blocked: repair the credentials first.", "等待 `Retry-After` 秒后再试。多次认证失败后该地址会被限制：请先修正密钥。"},
		vending.CodeInternal:            {"Repeat the identical request: redemption and orders are safe by their trade_id. `data.request_id` finds it in the operator's log.", "原样重发请求：兑换和订单由 trade_id 保证安全。运维人员可用 `data.request_id` 在日志中查到它。"},
		vending.CodeForm:                {"`data.field` and `data.reason` name what is wrong. Repair the request; repeating it does not help.", "`data.field` 和 `data.reason` 指出问题所在。请修正请求，重发无用。"},
		vending.CodeCredentialsEmpty:    {"Send the headers `Appid` and `AppSecret`. A proxy may have dropped them.", "请发送请求头 `Appid` 和 `AppSecret`；也可能被代理去掉了。"},
		vending.CodeMerchantExpired:     {"The operator extends `expired_at` of the merchant.", "请运维人员延长商户的 `expired_at`。"},
		vending.CodeMerchantUnverified:  {"The operator approves the merchant.", "请运维人员审核商户。"},
		vending.CodeAppSecretInvalid:    {"Use the current AppSecret; it may have been rotated.", "使用当前的 AppSecret，它可能已更换。"},
		vending.CodeAppIDInvalid:        {"Use the AppId of this installation.", "使用本平台的 AppId。"},
		vending.CodeSignature:           {"Compare the text you sign with the one the console's signature debugger shows. Most often: wrong AppKey, members not sorted, a value changed after signing.", "把签名原文与控制台签名调试工具显示的对照。常见原因：AppKey 错误、成员未排序、签名之后又修改了值。"},
		vending.CodeTimestamp:           {"Seconds, ten digits, at most 10 minutes away from `data.server_time`. Set the clock by NTP.", "秒，10 位数字，与 `data.server_time` 相差不超过 10 分钟。请用 NTP 校时。"},
		vending.CodeMethod:              {"Send one of the methods of the endpoint.", "发送该接口支持的 method。"},
		vending.CodePickupCodesDisabled: {"The operator sets `pickup_code_enabled` of the machine.", "请运维人员开启设备的 `pickup_code_enabled`。"},
		vending.CodePickupCodeUnknown:   {"Ask the customer for the code again, and whether it is this machine. Counts as a wrong code.", "请顾客核对取货码和设备。计入错误次数。"},
		vending.CodePickupCodeUsed:      {"With your own order in `data.order_id` it is a success: your first request got through. Query the order. `{}` means used at the machine itself.", "若 `data.order_id` 是您自己的订单，则视为成功：第一次请求已生效，请查询订单。`{}` 表示在设备上使用的。"},
		vending.CodePickupCodeExpired:   {"Issue another code. Counts as a wrong code.", "重新生成取货码。计入错误次数。"},
		vending.CodePickupCodeCancelled: {"Issue another code. Counts as a wrong code.", "重新生成取货码。计入错误次数。"},
		vending.CodePickupCodeProduct:   {"Send the `product_id` the code was made for. Counts as a wrong code.", "发送取货码所属商品的 `product_id`。计入错误次数。"},
		vending.CodePickupCodeLocked:    {"Wait `data.retry_after` seconds. Replays are answered meanwhile; an operator can lift the lock.", "等待 `data.retry_after` 秒。期间重发的请求仍会得到应答，运维人员可以解除锁定。"},
		vending.CodeCodeLength:          {"Send a whole number from 6 to 10.", "发送 6 到 10 的整数。"},
		vending.CodeExpiredAt:           {"Send a date-time that is still to come, `YYYY-MM-DD HH:MM:SS` in the machine's zone.", "发送将来的时间，格式 `YYYY-MM-DD HH:MM:SS`，设备所在时区。"},
		vending.CodeCount:               {"Send a number from 1 to `data.max`.", "发送 1 到 `data.max` 的数。"},
		vending.CodeNoMachine:           {"The operator adds a machine to the merchant.", "请运维人员为商户添加设备。"},
		vending.CodeMachineOffline:      {"Nothing was changed: try again when the machine is back.", "没有任何改变：设备恢复后再试。"},
		vending.CodeMachineUnknown:      {"Check `machine_no`. A machine of another merchant is answered the same.", "核对 `machine_no`。其他商户的设备也是同样的应答。"},
		vending.CodeMachineMaintenance:  {"Try again when the machine is back in operation.", "设备恢复运营后再试。"},
		vending.CodeMachineDispensing:   {"Wait `data.retry_after` seconds, then send the request again.", "等待 `data.retry_after` 秒后重新发送。"},
		vending.CodeMachineTransfer:     {"The machine changes its merchant. Try again later.", "设备正在更换商户，请稍后再试。"},
		vending.CodeTradeIDInvalid:      {"Send 20 to 32 characters of `0-9 A-Z a-z _ -`, or a UUID.", "发送 20 至 32 个字符（`0-9 A-Z a-z _ -`），或 UUID。"},
		vending.CodeTradeIDExists:       {"Query the order in `data.order_id`. Use another trade_id for another order.", "查询 `data.order_id` 的订单。新订单请使用新的 trade_id。"},
		vending.CodeOrderExpired:        {"The order was not paid within 20 minutes and its stock is back. Make another order.", "订单 20 分钟内未支付，库存已退回。请重新下单。"},
		vending.CodeOrderStatus:         {"`data.status` is the order's status now; it cannot become what you asked for.", "`data.status` 是订单当前状态，不能变为所请求的状态。"},
		vending.CodeOrderUnpaid:         {"Set the order to paid (`PUT /orders/{order_id}`, status 1), then dispense.", "先把订单设为已支付（`PUT /orders/{order_id}`，status 1），再出货。"},
		vending.CodeAlreadyDelivered:    {"`data.state` tells how far it is. After a time-out ask the customer, then `force` = `1`.", "`data.state` 说明进度。超时后请先询问顾客，再用 `force` = `1`。"},
		vending.CodeOrderClosed:         {"The order is closed or refunded: nothing to dispense.", "订单已关闭或退款，不能出货。"},
		vending.CodeProductUnknown:      {"Read the machine's products again.", "重新读取设备的商品。"},
		vending.CodeProductOffSale:      {"Offer another product.", "请提供其他商品。"},
		vending.CodeStock:               {"Offer another product, or refill.", "请提供其他商品，或补货。"},
		vending.CodeCapacity:            {"Send a level up to the capacity; by product it is `data.max`.", "数量不要超过货道容量；按商品补货时为 `data.max`。"},
		vending.CodeChannelUnknown:      {"Read the machine's channels again.", "重新读取设备的货道。"},
		vending.CodeChannelFault:        {"Somebody has to repair the channel; `data.floor_status` says what is wrong. Refund, or offer another product.", "货道需要维修，`data.floor_status` 说明故障。请退款或提供其他商品。"},
		vending.CodeRecordUnknown:       {"Check the ids: they must be of this machine and of your merchant.", "核对编号：必须属于该设备和您的商户。"},
	}
}

// reasons are the texts of a failed dispense (errors.md §3.3).
func reasons() []struct {
	text string
	advice
} {
	return []struct {
		text string
		advice
	}{
		{"Slot Invalid", advice{"the channel is not valid", "货道无效"}},
		{"Load No Current", advice{"no current in motor or lock: a loose plug, a broken wire", "电机或锁无电流：插头松动或断线"}},
		{"Over Current", advice{"motor short-circuited", "电机短路，电流过大"}},
		{"Feedback Error", advice{"the motor turns without a feedback signal", "电机转动但没有反馈信号"}},
		{"Dlv Detect Error", advice{"goods on the lift, or light barrier faulty", "升降台上有货，或光栅故障"}},
		{"Goods are Stuck", advice{"nothing was seen to fall: a jam", "没有检测到掉货：卡货"}},
		{"Slot Type Error", advice{"the channel is of another type than configured", "货道类型与设置不符"}},
		{"Slave Comm Error", advice{"no answer of the slave board: wiring or address", "从板无应答：接线或地址"}},
		{"Lift Comm Error", advice{"no answer of the lift board", "升降台主板超时"}},
		{"Lift Limit Up", advice{"upper limit switch faulty", "上限位开关故障"}},
		{"Lift Limit Dw", advice{"lower limit switch faulty", "下限位开关故障"}},
		{"Lift Goods", advice{"goods on the lift", "升降台上有货，无法出货"}},
		{"VerMo break", advice{"lift motor without current", "升降电机无电流"}},
		{"VerMo short", advice{"lift motor short-circuited or overloaded", "升降电机短路或过载"}},
		{"VerMo Encode", advice{"lift motor's encoder faulty", "升降电机编码器故障"}},
		{vending.ReasonTimeout, advice{"no report within 120 s; a late one may follow", "120 秒内没有上报，之后可能还有迟到的结果"}},
		{vending.ReasonOrderExpired, advice{"not paid within 20 minutes", "20 分钟内未支付"}},
		{"Command Expired", advice{"the command came after its start window; nothing moved", "指令到达时已过启动时限，设备没有动作"}},
		{"Device Restarted", advice{"the machine restarted in mid-run", "出货途中设备重启"}},
		{vending.ReasonPublishFailed, advice{"the machine could not be reached; nothing moved", "无法把指令交给设备，设备没有动作"}},
		{"Bad Command", advice{"the machine could not read the command", "设备无法解析指令"}},
		{vending.ReasonUnknown, advice{"the machine gave no reason", "设备没有给出原因"}},
	}
}

// errorWords are the texts of the error page in one language.
type errorWords struct {
	title, intro, codes, reasons, reasonsIntro string
	code, status, message, meaning, do, text   string
	pick                                       func(advice) string
}

func errorsEnglish() errorWords {
	return errorWords{
		title: "Error catalogue",
		intro: "[简体中文](errors.zh-CN.md)\n\n" +
			"Every code the merchant API sends. This page is generated from the code; the same table for programs is\n" +
			"[`api/errors.json`](../api/errors.json), and the API page lists the codes of each endpoint with their `data`.\n\n" +
			"- Decide by `code`, never by `message` or HTTP status: business errors are HTTP 200.\n" +
			"- A refused request has changed nothing. One exception: 60004 for a whole category, which has refilled the channels that fit.\n" +
			"- A request without an answer may be repeated as it is, but issuing codes, which would make more of them. For redemption,\n  10025 with your own order is a success.",
		codes: "Codes", code: "Code", status: "HTTP", message: "Message", meaning: "Meaning", do: "What to do",
		reasons: "Reasons of a failed dispense", text: "Text",
		reasonsIntro: "`error_msg` of callbacks and `fail_reason` of queries. Machines may send other texts: show them as they are.",
		pick:         func(a advice) string { return a.en },
	}
}

func errorsChinese() errorWords {
	return errorWords{
		title: "错误码",
		intro: "[English](errors.md)\n\n" +
			"商户接口会返回的全部错误码。本页由代码生成；供程序使用的同一张表是 [`api/errors.json`](../api/errors.json)，接口页面列出每个接口的错误码及其 `data`。\n\n" +
			"- 以 `code` 判断，不要用 `message` 或 HTTP 状态判断：业务错误的 HTTP 状态是 200。\n" +
			"- 被拒绝的请求没有改变任何东西。唯一的例外：按分类补货的 60004，能补的货道已补。\n" +
			"- 没有收到应答的请求可以原样重发，生成取货码除外（会再生成一批）。兑换时，10025 且订单是自己的，即为成功。",
		codes: "错误码一览", code: "错误码", status: "HTTP", message: "message", meaning: "英文含义", do: "怎么办",
		reasons: "出货失败的原因", text: "文本",
		reasonsIntro: "即回调的 `error_msg` 和查询的 `fail_reason`。设备可能发送其他文本，请原样显示。",
		pick:         func(a advice) string { return a.zh },
	}
}

func errorPage(w errorWords) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s\n\n## %s\n\n| %s | %s | %s | %s | %s |\n| --- | --- | --- | --- | --- |\n",
		w.title, w.intro, w.codes, w.code, w.status, w.message, w.meaning, w.do)
	known := advices()
	for _, e := range openapi.Catalogue() {
		a, found := known[e.Code]
		if !found {
			return nil, fmt.Errorf("error page: nothing says what to do about %d", e.Code)
		}
		fmt.Fprintf(&out, "| %d | %d | %s | %s | %s |\n", e.Code, e.Status, e.Message, e.English, w.pick(a))
	}
	fmt.Fprintf(&out, "\n## %s\n\n%s\n\n| %s | %s |\n| --- | --- |\n", w.reasons, w.reasonsIntro, w.text, w.meaning)
	for _, r := range reasons() {
		fmt.Fprintf(&out, "| `%s` | %s |\n", r.text, w.pick(r.advice))
	}
	return out.Bytes(), nil
}

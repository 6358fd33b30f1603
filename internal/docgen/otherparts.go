package docgen

// otherPart is a part of the contract that is neither an endpoint of the merchant
// API nor a message of machines: its name, its state, and why it is so.
type otherPart struct {
	section          string
	english, chinese [3]string
}

// otherParts are those of later.md, in its order.
func otherParts() []otherPart {
	return []otherPart{
		{
			"later.md §2",
			[3]string{"gRPC service `provider.Provider` of machines on a serial port, with its HTTP paths `/v1/…`", "not built",
				"Nothing that a merchant's backend or a machine on MQTT uses. An app that knows only this service cannot connect yet"},
			[3]string{"串口设备的 gRPC 服务 `provider.Provider` 及其 HTTP 路径 `/v1/…`", "未实现",
				"商户后台和 MQTT 设备都不使用它。只会用这个服务的应用目前无法接入"},
		},
		{
			"later.md §3.1",
			[3]string{"`POST /api/app/v1/machine/standaloneUpdateStock`", "not built",
				"For machines that sell without the platform and upload afterwards. Machines on MQTT report stock with `client.product.put` and `client.product.restock`"},
			[3]string{"`POST /api/app/v1/machine/standaloneUpdateStock`", "未实现",
				"用于脱离平台售卖、事后上传的设备。MQTT 设备用 `client.product.put` 和 `client.product.restock` 上报库存"},
		},
		{
			"later.md §3.2",
			[3]string{"`POST /api/app/v1/batchUploadOrders`", "not built",
				"As above. A code used at a machine becomes USED by `client.pickup_codes.put`, but gets no order: redeeming it again answers 10025 without `order_id`"},
			[3]string{"`POST /api/app/v1/batchUploadOrders`", "未实现",
				"同上。在设备上使用的取货码由 `client.pickup_codes.put` 变为 USED，但没有订单：再次兑换得到不带 `order_id` 的 10025"},
		},
		{
			"later.md §4.1–4.7, 4.9–4.12, 4.15",
			[3]string{"users, merchants, staff, models, channels, machines, goods, categories, products, ads, announcements, orders", "part",
				"What merchants and machines see of them can be set, in the console or with `admin apply`. Field names and pages of the existing console are not copied"},
			[3]string{"用户、商户、员工、机型、货道、设备、货品、分类、商品、广告、公告、订单", "部分",
				"商户和设备能看到的内容都可以设置，通过控制台或 `admin apply`。不照搬现有控制台的字段名和页面"},
		},
		{
			"later.md §4.16",
			[3]string{"alarms by SMS, WeChat and e-mail", "part",
				"Alerts are in the console and, one line each, in the log. By rules they leave as e-mails and as signed webhooks. SMS and WeChat are not built: a receiver of webhooks can send them"},
			[3]string{"短信、微信和邮件告警", "部分", "告警在控制台中，日志里也各有一行；按规则以邮件和带签名的 webhook 发出。短信和微信未实现，可由 webhook 的接收方发送"},
		},
		{
			"later.md §4.8, 4.13, 4.14, 4.17, 4.18",
			[3]string{"units, recipes, coupons, memberships, app versions, taxes", "not built",
				"No endpoint and no message of this contract carries them"},
			[3]string{"单位、配方、优惠券、会员、应用版本、税", "未实现", "本契约的接口和消息都不携带它们"},
		},
	}
}

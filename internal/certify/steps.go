package certify

import "context"

// step is a part of the run that can be chosen by name. run judges the step's
// checks; what it leaves open is skipped.
type step struct {
	name   string
	run    func(*session, context.Context)
	checks []check
}

// check is a row of the table before it is judged.
type check struct{ id, section, title, zh string }

// steps lists all steps in their order.
func steps() []step {
	return []step{
		{"boot", (*session).boot, []check{
			{"boot.identity", "§2.1", "client id and user name are the machine number, the password is right", "客户端标识和用户名都是设备号，密码正确"},
			{"boot.session", "§2.1", "clean session is off", "不清除会话（clean session 关闭）"},
			{"boot.keep_alive", "§2.1", "keep-alive is 1 to 300 s", "保活时间为 1 至 300 秒"},
			{"boot.will", "§2.3", "last will: signed client.offline, QoS 1, not retained", "遗嘱：已签名的 client.offline，QoS 1，不保留"},
			{"boot.subscription", "§2.2", "subscribes to its own topic exactly", "只订阅自己的主题"},
			{"boot.env", "§4.5", "sends client.machine.env.put with all fields after login", "登录后上报完整的 client.machine.env.put"},
		}},
		{"heartbeat", (*session).heartbeat, []check{
			{"heartbeat.connect", "§4.3", "sends client.heartbeat at once after connecting", "连接后立即上报 client.heartbeat"},
			{"heartbeat.fields", "§4.3", "the heartbeat has all fields", "心跳字段完整"},
			{"heartbeat.interval", "§4.3", "repeats the heartbeat in time", "按间隔重复心跳"},
		}},
		{"dispense", (*session).dispense, []check{
			{"dispense.puback", "§1", "acknowledges a command with PUBACK", "用 PUBACK 确认指令"},
			{"dispense.answer", "§6.2", "answers a command with all fields", "应答指令，字段完整"},
			{"dispense.delivered", "§6.3", "drops one piece and says so", "出一件货并如实上报"},
			{"dispense.modulo", "§6.1", "takes the motor number modulo 100", "电机号按 100 取模"},
			{"dispense.quantity", "§6.1", "drops two pieces for quantity 2", "数量为 2 时出两件货"},
		}},
		{"refuse", (*session).refuse, []check{
			{"refuse.sign", "§6.3 row 1", "ignores a command with a wrong sign", "忽略签名错误的指令"},
			{"refuse.client_id", "§6.3 row 1", "ignores a command for another machine", "忽略发给其他设备的指令"},
			{"refuse.method", "§3.4", "ignores an unknown method and goes on", "忽略未知方法并继续工作"},
			{"refuse.fields", "§6.3 row 4", "answers fields it cannot interpret with Bad Command", "无法解释的字段应答 Bad Command"},
			{"refuse.expired", "§6.3 row 5", "answers a command past its start window with Command Expired", "超过启动窗口的指令应答 Command Expired"},
		}},
		{"duplicate", (*session).duplicate, []check{
			{"duplicate.finished", "§6.3 row 2", "publishes the stored result again, without a second run", "重复指令只重发已存结果，不再次出货"},
			{"duplicate.running", "§6.3 row 3", "sends nothing more for a command repeated during its run", "运行中收到重复指令时不多发结果"},
			{"duplicate.message", "§3.4", "ignores a QoS 1 duplicate of another message", "忽略其他消息的 QoS 1 重复投递"},
		}},
		{"queue", (*session).queue, []check{
			{"queue.two", "§6.3 row 6", "runs two commands one after the other and reports both", "两条指令依次执行并分别上报"},
		}},
		{"report", (*session).report, []check{
			{"report.repeat", "§6.3", "repeats an unacknowledged result after 5, 15 and 30 s", "未确认的结果在 5、15、30 秒后重发"},
			{"report.fresh", "§6.3", "repeats it with a fresh timestamp and sign", "重发时更新时间戳和签名"},
			{"report.reconnect", "§6.3", "repeats an unacknowledged result after a reconnect", "重连后重发未确认的结果"},
		}},
		{"takeover", (*session).takeover, []check{
			{"takeover.returns", "§2.1", "connects and subscribes again after it was displaced", "连接被接管后重新连接并订阅"},
			{"takeover.heartbeat", "§4.3", "sends client.heartbeat at once after reconnecting", "重连后立即上报心跳"},
			{"takeover.answers", "§6.3", "answers commands again", "重新应答指令"},
		}},
		{"restart", (*session).restart, []check{
			{"restart.returns", "§5.4", "restarts and connects again", "重启后重新连接"},
			{"restart.boot", "§6.4 step 3", "sends heartbeat and env.put after a restart", "重启后上报心跳和 env.put"},
			{"restart.mid_run", "§6.4 step 2", "reports Device Restarted for a run that a restart interrupted", "被重启打断的出货上报 Device Restarted"},
			{"restart.results", "§6.4 step 4", "reports unacknowledged results after a restart, oldest first", "重启后按先后顺序重发未确认的结果"},
			{"restart.once", "§6.3 row 2", "starts no command from before the restart again", "重启前的指令不会再次执行"},
		}},
		{"shutdown", (*session).shutdown, []check{
			{"shutdown.offline", "§4.4, §7", "says client.offline and disconnects when switched off in order", "正常关机时上报 client.offline 并断开"},
		}},
		{"messages", (*session).messages, []check{
			{"messages.encoding", "§1", "every message is base64 of one JSON object", "每条消息都是 base64 编码的 JSON 对象"},
			{"messages.fields", "§3.1", "every message has the base fields, and strings only", "每条消息都有公共字段，且值均为字符串"},
			{"messages.timestamp", "§3.1", "timestamps have 10 digits and agree with this clock", "时间戳为 10 位且与本机时钟一致"},
			{"messages.sign", "§3.1", "every sign is correct", "每条消息签名正确"},
			{"messages.topic", "§2.2", "publishes on its own up topic, never retained", "只向自己的上行主题发布，不保留"},
			{"messages.qos", "§2.1", "QoS is 1 (heartbeat, temperature and humidity may use 0)", "QoS 为 1（心跳、温度、湿度可用 0）"},
		}},
	}
}

// StepNames lists the steps of a run in their order.
func StepNames() []string {
	var names []string
	for _, s := range steps() {
		names = append(names, s.name)
	}
	return names
}

package pickuppage

import "github.com/vendlane/vendlane/internal/webpage"

// texts are what the page says, in one language.
type texts struct {
	Page, Code, Hint, Next, Confirm, OtherCode, Again, Drop string
	Good, Quantity, Channel, Done                           string
	Number, Call, Ask, Lost, NoTries                        string
	// OtherLang and OtherName are the language to switch to.
	OtherLang, OtherName string
	Steps                []string
	// Screens have a title and a text each.
	Screens map[kind][2]string
}

func textsIn(lang string) texts {
	if lang == webpage.Chinese {
		return chineseTexts()
	}
	return englishTexts()
}

func englishTexts() texts {
	return texts{
		Page: "Pick up goods", Code: "Pickup code", Hint: "6 to 10 digits. You can paste it.", Next: "Continue",
		Confirm: "Drop it now", OtherCode: "Use another code", Again: "Try again", Drop: "Drop it now",
		Good: "Goods", Quantity: "Quantity", Channel: "Channel", Done: "done",
		Number: "Reference number", Call: "Help:", Ask: "Please ask the operator of this machine.",
		Lost:    "No connection. The machine goes on; this page catches up as soon as it can.",
		NoTries: "That was the last try. Please wait ten minutes.", OtherLang: webpage.Chinese, OtherName: "中文",
		Steps: []string{"Sent to the machine", "Accepted", "Turning", "Dropped", "Take it"},
		Screens: map[kind][2]string{
			kindEnter:           {"Enter your pickup code", ""},
			kindFormat:          {"That is not a pickup code", "A pickup code has 6 to 10 digits."},
			kindConfirm:         {"Is this what you want?", "Stand in front of the machine. It starts when you tap."},
			kindWrong:           {"Wrong code", "This machine does not know the code. Check the digits and the number of the machine. Tries left: {tries}."},
			kindElsewhere:       {"This code is for another machine", "It has not been used. Please go to the machine it was issued for."},
			kindExpired:         {"This code has expired", "It can no longer be used."},
			kindCancelled:       {"This code was cancelled", "It can no longer be used."},
			kindUsed:            {"This code was used at {at}", "A code works once."},
			kindLocked:          {"Too many wrong codes", "Please wait ten minutes and try again."},
			kindOffline:         {"The machine is offline", "Your code has not been used. Please try again later."},
			kindBusy:            {"The machine is busy", "It serves somebody else. Your code has not been used; try again in a moment."},
			kindSoldOut:         {"Sold out", "The goods are not in the machine any more. Your code has not been used."},
			kindFault:           {"This channel is out of order", "Your code has not been used."},
			kindClosed:          {"Out of service", "The machine takes no pickup codes at the moment."},
			kindReserved:        {"Your goods are reserved", "The machine is ready."},
			kindReservedBusy:    {"Your goods are reserved", "The machine serves somebody else. Tap when it has finished."},
			kindReservedOffline: {"Your goods are reserved", "The machine is out of reach. Tap when it is back."},
			kindSent:            {"Sent to the machine", "Please wait."},
			kindTurning:         {"The machine is working", "Please wait."},
			kindDropped:         {"Take your goods", "They are in the tray."},
			kindTaken:           {"Done", "The goods were taken. Enjoy!"},
			kindPartly:          {"Not everything came out", "Dropped: {delivered}. Take what is there. The operator deals with the rest."},
			kindJam:             {"Nothing came out", "The channel is stuck. The operator knows and will put it right."},
			kindUnknown:         {"We are checking", "The machine has not said what happened. Do not try again. If goods came out, take them."},
			kindRefunded:        {"This order was cancelled", "Nothing more comes out."},
			kindNowhere:         {"No such machine", "Please scan the QR code on the machine again."},
			kindGone:            {"Nothing here", "There is no such pickup at this machine."},
			kindError:           {"Something went wrong", "Please try again in a moment."},
		},
	}
}

func chineseTexts() texts {
	return texts{
		Page: "自助取货", Code: "取货码", Hint: "6 到 10 位数字，可以直接粘贴。", Next: "下一步",
		Confirm: "立即出货", OtherCode: "换一个取货码", Again: "重试", Drop: "立即出货",
		Good: "商品", Quantity: "数量", Channel: "货道", Done: "已完成",
		Number: "参考编号", Call: "求助电话：", Ask: "请联系设备运营方。",
		Lost:    "网络已断开。设备会继续出货，恢复后本页自动更新。",
		NoTries: "尝试次数已用完，请等待十分钟。", OtherLang: webpage.English, OtherName: "English",
		Steps: []string{"已发送到设备", "设备已接收", "正在出货", "已掉落", "请取走商品"},
		Screens: map[kind][2]string{
			kindEnter:           {"请输入取货码", ""},
			kindFormat:          {"这不是取货码", "取货码为 6 到 10 位数字。"},
			kindConfirm:         {"是这件商品吗？", "请站在设备前，点击后立即出货。"},
			kindWrong:           {"取货码错误", "本设备没有这个取货码。请核对数字和设备编号。还可尝试 {tries} 次。"},
			kindElsewhere:       {"这是其他设备的取货码", "取货码尚未使用，请到对应的设备取货。"},
			kindExpired:         {"取货码已过期", "该取货码已不能使用。"},
			kindCancelled:       {"取货码已取消", "该取货码已不能使用。"},
			kindUsed:            {"取货码已于 {at} 使用", "每个取货码只能使用一次。"},
			kindLocked:          {"错误次数过多", "请等待十分钟后再试。"},
			kindOffline:         {"设备已离线", "取货码尚未使用，请稍后再试。"},
			kindBusy:            {"设备正忙", "设备正在为他人出货。取货码尚未使用，请稍后再试。"},
			kindSoldOut:         {"商品已售罄", "设备中已没有该商品。取货码尚未使用。"},
			kindFault:           {"货道故障", "取货码尚未使用。"},
			kindClosed:          {"暂停服务", "设备目前不接受取货码。"},
			kindReserved:        {"商品已为您保留", "设备已就绪。"},
			kindReservedBusy:    {"商品已为您保留", "设备正在为他人出货，结束后请点击。"},
			kindReservedOffline: {"商品已为您保留", "暂时联系不上设备，恢复后请点击。"},
			kindSent:            {"已发送到设备", "请稍候。"},
			kindTurning:         {"正在出货", "请稍候。"},
			kindDropped:         {"请取走商品", "商品在取货口。"},
			kindTaken:           {"完成", "商品已取走，谢谢！"},
			kindPartly:          {"商品未全部掉落", "已掉落 {delivered} 件，请先取走。其余由运营方处理。"},
			kindJam:             {"没有出货", "货道卡货。运营方已收到通知，会为您处理。"},
			kindUnknown:         {"正在核实", "设备尚未回报结果，请勿重试。若商品已掉落，请取走。"},
			kindRefunded:        {"订单已取消", "不会再出货。"},
			kindNowhere:         {"没有这台设备", "请重新扫描设备上的二维码。"},
			kindGone:            {"没有找到", "本设备没有这笔取货。"},
			kindError:           {"出错了", "请稍后再试。"},
		},
	}
}

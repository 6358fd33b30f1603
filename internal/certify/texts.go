package certify

// texts are the questions to a person beside the machine, in one language.
type texts struct {
	dropped, modulo, onlyOnce, debugged, cutPower, turnedAgain, stayedStill, switchOff string
}

func textsFor(chinese bool) texts {
	if chinese {
		return texts{
			dropped:     "所选电机是否正好出了一件货？",
			modulo:      "同一个电机是否又出了一件货？",
			onlyOnce:    "同一条指令发送了两次。电机是否只运行了一次？",
			debugged:    "测试指令投递了两次。电机是否只运行了一次？",
			cutPower:    "回答后设备将出两件货：请在电机转动时切断电源，然后重新上电。准备好了吗？",
			turnedAgain: "重新上电后电机是否又转动了？",
			stayedStill: "重启前的一条指令被再次发送。电机是否没有转动？",
			switchOff:   "请正常关机（不要切断电源）。可以开始了吗？",
		}
	}
	return texts{
		dropped:     "Did exactly one piece drop from the chosen motor?",
		modulo:      "Did the same motor drop one more piece?",
		onlyOnce:    "The same command was sent twice. Did the motor run only once?",
		debugged:    "A test command was delivered twice. Did the motor run only once?",
		cutPower:    "After your answer the machine drops two pieces: cut its power while the motor turns, then switch it on again. Ready?",
		turnedAgain: "Did the motor turn again after the power came back?",
		stayedStill: "A command from before the restart was sent again. Did the motor stay still?",
		switchOff:   "Switch the machine off in order, not by cutting its power. Ready?",
	}
}

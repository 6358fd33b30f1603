package sigtext

import "github.com/vendlane/vendlane/internal/sigdebug"

// texts are what is said, in one language. steps, reasons and diagnoses are those of
// the console's debugger.
type texts struct {
	payload, dropped, none, pairs, joined, hashed   string
	body, received, sender, differs, checks, result string

	forms          map[string]string // aligned
	verdicts       map[bool]string
	steps, reasons map[string]string
	diagnoses      map[sigdebug.Diagnosis]string
}

func inEnglish() texts {
	return texts{
		payload: "Payload", dropped: "1. Left out", none: "None", pairs: "2. Sorted pairs",
		joined: "3. Joined, the key at the end", hashed: "4. MD5, which is the sign",
		body: "5. Body to send", received: "Received sign", sender: "String the sender signed",
		differs: "It differs from character %d on.", checks: "Checks", result: "Result",
		forms:    map[string]string{"raw": "raw           ", "escaped": "URL-encoded   ", "escaped_java": "as Java does  "},
		verdicts: map[bool]string{true: "passed", false: "failed"},
		steps: map[string]string{
			"body": "Body is JSON", "base64": "Payload is base64", "payload": "Payload can be read", "sign": "sign is there",
			"signature": "Signature fits", "timestamp": "Timestamp is in the window",
		},
		reasons: map[string]string{
			"sign": "it is the signature", "empty": "empty text", "null_text": "the text NULL", "null": "null",
			"empty_container": "empty list or object",
		},
		diagnoses: map[sigdebug.Diagnosis]string{
			sigdebug.OK:                "The signature is right.",
			sigdebug.BadBody:           "This is no JSON object with a payload.",
			sigdebug.BadBase64:         "The payload is not valid base64.",
			sigdebug.BadPayload:        "The payload holds something that is refused.",
			sigdebug.SignMissing:       "There is no sign, or it is no text.",
			sigdebug.SignMalformed:     "The sign is not 32 hex digits.",
			sigdebug.AppIDAsKey:        "Signed with the AppId instead of the AppKey.",
			sigdebug.AppSecretAsKey:    "Signed with the AppSecret instead of the AppKey.",
			sigdebug.KeyLeftOut:        "Signed without the key at the end.",
			sigdebug.SignIncluded:      "The field sign was signed along with the rest.",
			sigdebug.EmptyValuesKept:   "Empty values were signed; they must be left out.",
			sigdebug.ZeroLeftOut:       "0 or false were left out; they are signed.",
			sigdebug.NumberDiffers:     "A number is written differently in the signed string.",
			sigdebug.BooleanDiffers:    "true or false is written differently in the signed string.",
			sigdebug.NestedAsJSON:      "Nested values were signed as JSON instead of pairs.",
			sigdebug.Unsorted:          "The pairs are not in the right order.",
			sigdebug.URLEncodedValues:  "Values were URL-encoded before signing.",
			sigdebug.LowerCaseHex:      "The digits of sign are in lower case.",
			sigdebug.TimestampMissing:  "There is no timestamp.",
			sigdebug.TimestampFormat:   "The timestamp is not ten digits of seconds.",
			sigdebug.StaleTimestamp:    "The timestamp is too far from the server's clock.",
			sigdebug.OldAppKey:         "Signed with an AppKey that was replaced.",
			sigdebug.WrongKeyOrContent: "No known mistake gives this sign: another key, or other content.",
		},
	}
}

func inChinese() texts {
	return texts{
		payload: "内容", dropped: "1. 不参与签名", none: "无", pairs: "2. 排序后的键值对",
		joined: "3. 拼接，末尾加上密钥", hashed: "4. 计算 MD5，即 sign",
		body: "5. 要发送的请求体", received: "收到的签名", sender: "发送方签名的字符串",
		differs: "从第 %d 个字符开始不同。", checks: "检查", result: "结论",
		forms:    map[string]string{"raw": "原始形式  ", "escaped": "URL 编码  ", "escaped_java": "Java 写法 "},
		verdicts: map[bool]string{true: "通过  ", false: "未通过"},
		steps: map[string]string{
			"body": "请求体为 JSON", "base64": "内容为 base64", "payload": "内容可读取", "sign": "含有 sign",
			"signature": "签名正确", "timestamp": "时间戳在允许范围内",
		},
		reasons: map[string]string{
			"sign": "签名本身", "empty": "空字符串", "null_text": "文本 NULL", "null": "null", "empty_container": "空数组或对象",
		},
		diagnoses: map[sigdebug.Diagnosis]string{
			sigdebug.OK:                "签名正确。",
			sigdebug.BadBody:           "不是包含内容的 JSON 对象。",
			sigdebug.BadBase64:         "内容不是有效的 base64。",
			sigdebug.BadPayload:        "内容包含不被接受的数据。",
			sigdebug.SignMissing:       "缺少 sign，或不是文本。",
			sigdebug.SignMalformed:     "sign 不是 32 位十六进制。",
			sigdebug.AppIDAsKey:        "误用 AppId 作为密钥，应使用 AppKey。",
			sigdebug.AppSecretAsKey:    "误用 AppSecret 作为密钥，应使用 AppKey。",
			sigdebug.KeyLeftOut:        "签名时末尾缺少密钥。",
			sigdebug.SignIncluded:      "签名内容包含了 sign 字段。",
			sigdebug.EmptyValuesKept:   "空值参与了签名，应当去除。",
			sigdebug.ZeroLeftOut:       "0 或 false 被去除，应参与签名。",
			sigdebug.NumberDiffers:     "签名字符串中的数字写法不同。",
			sigdebug.BooleanDiffers:    "签名字符串中的布尔值写法不同。",
			sigdebug.NestedAsJSON:      "嵌套值以 JSON 参与签名，应展开为键值对。",
			sigdebug.Unsorted:          "键值对排序不正确。",
			sigdebug.URLEncodedValues:  "签名前对值做了 URL 编码。",
			sigdebug.LowerCaseHex:      "sign 使用了小写十六进制。",
			sigdebug.TimestampMissing:  "缺少时间戳。",
			sigdebug.TimestampFormat:   "时间戳不是十位秒数。",
			sigdebug.StaleTimestamp:    "时间戳与服务器时间相差过大。",
			sigdebug.OldAppKey:         "使用了已被更换的旧 AppKey 签名。",
			sigdebug.WrongKeyOrContent: "不属于已知错误：密钥或内容不同。",
		},
	}
}

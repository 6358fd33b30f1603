package apidocs

import (
	"strings"

	"github.com/vendlane/vendlane/internal/webpage"
)

// texts are the words of the page around the document, in one language.
type texts struct {
	Lang, Other, OtherName, OtherLink               string
	Skip, Contents, Site, SiteLink, Source, Note    string
	Parameters, Payload, Body, Answer, Data, Errors string
	Examples, Example, NoPayload                    string
	Name, Type, Required, Yes, No, Allowed, Default string
	Meaning, Presence, Always, NotEmpty             string
	Code, Status, Message, When, Only, Empty        string
	// Types are the names of the JSON types.
	Types map[string]string
	Or    string
}

func english() texts {
	return texts{
		Lang: webpage.English, Other: webpage.Chinese, OtherName: "简体中文", OtherLink: "?lang=zh",
		Skip: "Skip to the endpoints", Contents: "Endpoints", Site: "Documentation", SiteLink: "/docs/index", Source: "OpenAPI document",
		Parameters: "Path", Payload: "Payload", Body: "Body", Answer: "Answer", Data: "data", Errors: "Errors",
		Examples: "Example answers", Example: "Example, decoded", NoPayload: "No payload.",
		Name: "Field", Type: "Type", Required: "Required", Yes: "yes", No: "no", Allowed: "Allowed", Default: "Default",
		Meaning: "Meaning", Presence: "Present", Always: "always", NotEmpty: "if not empty",
		Code: "Code", Status: "HTTP", Message: "Message", When: "When", Only: "only", Empty: "empty",
		Types: map[string]string{}, Or: " or ",
	}
}

func chinese() texts {
	return texts{
		Lang: webpage.Chinese, Other: webpage.English, OtherName: "English", OtherLink: "?lang=en",
		Skip: "跳到接口列表", Contents: "接口", Site: "文档", SiteLink: "/docs/index." + webpage.Chinese, Source: "OpenAPI 文档", Note: "接口的说明文字为英文。",
		Parameters: "路径参数", Payload: "Payload（解码后）", Body: "请求体", Answer: "应答", Data: "data", Errors: "错误码",
		Examples: "应答示例", Example: "示例（解码后）", NoPayload: "无 payload。",
		Name: "字段", Type: "类型", Required: "必填", Yes: "是", No: "否", Allowed: "取值", Default: "默认值",
		Meaning: "含义", Presence: "出现", Always: "总是", NotEmpty: "非空时",
		Code: "错误码", Status: "HTTP", Message: "message", When: "何时", Only: "仅", Empty: "空",
		Types: map[string]string{
			"string": "字符串", "integer": "整数", "boolean": "布尔", "object": "对象", "array": "数组",
		},
		Or: "或",
	}
}

// TypeNames shows JSON types in the language.
func (t texts) TypeNames(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name
		if own := t.Types[name]; own != "" {
			out[i] = own
		}
	}
	return strings.Join(out, t.Or)
}

// span is a piece of a text; Code pieces stand between back quotes in it.
type span struct {
	Text string
	Code bool
}

type paragraph []span

// paragraphs splits a text at its empty lines.
func paragraphs(text string) []paragraph {
	out := []paragraph{}
	for _, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
		out = append(out, spans(part))
	}
	return out
}

func spans(text string) paragraph {
	out := paragraph{}
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			out = append(out, span{Text: piece, Code: i%2 == 1})
		}
	}
	return out
}

package docsite

import (
	"path"
	"strings"

	"github.com/vendlane/vendlane/internal/webpage"
)

// language is one that pages are written in. The page a.md is English, its twin
// a.zh-CN.md is Chinese.
type language struct {
	tag, suffix, name string
	// Texts of the frame around a page.
	site, skip, contents, decisions, more, api, table, code string
}

func english() language {
	return language{
		tag: webpage.English, name: "English", site: "Vendlane", skip: "Skip to the text", contents: "Documentation",
		decisions: "Decisions", more: "More", api: "Merchant API", table: "Table", code: "Code",
	}
}

func chinese() language {
	return language{
		tag: webpage.Chinese, suffix: "." + webpage.Chinese, name: "简体中文", site: "Vendlane", skip: "跳到正文", contents: "文档",
		decisions: "设计决定（英文）", more: "更多", api: "商户接口", table: "表格", code: "代码",
	}
}

// other is the language to switch to.
func (l language) other() language {
	if l.suffix == "" {
		return chinese()
	}
	return english()
}

// languageOf is the language of a page by its name.
func languageOf(name string) language {
	if zh := chinese(); strings.HasSuffix(name, zh.suffix) {
		return zh
	}
	return english()
}

// twin is the name that a page has in the language.
func (l language) twin(name string) string {
	dir, base := path.Split(name)
	return dir + strings.TrimSuffix(base, chinese().suffix) + l.suffix
}

// prefers is the language for an Accept-Language.
func prefers(accept string) language {
	if webpage.Language("", accept) == webpage.Chinese {
		return chinese()
	}
	return english()
}

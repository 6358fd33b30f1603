// Package docgen derives committed files from the code that is their source:
// the error catalogue for SDKs and for readers, the configuration reference and
// the compatibility page.
package docgen

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/openapi"
)

// Files returns the derived files by their path from the root of the
// repository.
func Files() (map[string][]byte, error) {
	catalogue, err := errorCatalogue()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"api/errors.json":             catalogue,
		"docs/configuration.md":       configuration(english(), func(l config.Leaf) string { return l.Doc }),
		"docs/configuration.zh-CN.md": configuration(chinese(), func(l config.Leaf) string { return l.DocZH }),
	}
	for name, page := range map[string]func() ([]byte, error){
		"docs/errors.md":              func() ([]byte, error) { return errorPage(errorsEnglish()) },
		"docs/errors.zh-CN.md":        func() ([]byte, error) { return errorPage(errorsChinese()) },
		"docs/compatibility.md":       func() ([]byte, error) { return compatibility(compatibilityEnglish()) },
		"docs/compatibility.zh-CN.md": func() ([]byte, error) { return compatibility(compatibilityChinese()) },
	} {
		if files[name], err = page(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func errorCatalogue() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(openapi.Catalogue()); err != nil {
		return nil, fmt.Errorf("encode error catalogue: %w", err)
	}
	return out.Bytes(), nil
}

// words are the texts of the configuration page in one language.
type words struct{ title, intro, key, env, def, meaning string }

func english() words {
	return words{
		title: "Configuration",
		intro: "Every setting has a key in a YAML file (`vendlane serve -config vendlane.yaml`; the dots are levels) and an\n" +
			"environment variable, which wins. Without either the default applies. Unknown keys are errors. Lists are written\n" +
			"with commas in a variable. This page is generated from the code.",
		key: "Key", env: "Variable", def: "Default", meaning: "Meaning",
	}
}

func chinese() words {
	return words{
		title: "配置",
		intro: "每个设置在 YAML 文件中有一个键（`vendlane serve -config vendlane.yaml`，点号表示层级），并有一个优先级更高的环境变量。\n" +
			"两者都没有时使用默认值。未知的键会报错。环境变量中的列表用逗号分隔。本页由代码生成。",
		key: "键", env: "环境变量", def: "默认值", meaning: "含义",
	}
}

func configuration(w words, meaning func(config.Leaf) string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s\n\n| %s | %s | %s | %s |\n| --- | --- | --- | --- |\n", w.title, w.intro, w.key, w.env, w.def, w.meaning)
	defaults := config.Default()
	for _, leaf := range config.Leaves(&defaults) {
		fmt.Fprintf(&out, "| `%s` | `%s` | `%s` | %s |\n", leaf.Key, leaf.Env, leaf.Value(), meaning(leaf))
	}
	return out.Bytes()
}

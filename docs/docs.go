// Package docs holds the pages that the platform serves at /docs.
package docs

import "embed"

// Pages are the pages in Markdown by their path in this folder.
//
//go:embed *.md adr/*.md
var Pages embed.FS

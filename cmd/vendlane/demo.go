package main

import (
	"context"
	"flag"
	"strings"

	"github.com/vendlane/vendlane/internal/demo"
)

// runDemo is the product in one command.
func runDemo(ctx context.Context, e env, args []string) error {
	opts := demo.Options{Stdout: e.stdout, Stderr: e.stderr, Locale: locale(e.environ)}
	fs := flag.NewFlagSet("vendlane demo", flag.ContinueOnError)
	fs.StringVar(&opts.Listen, "listen", "127.0.0.1:8080", "`address` of the HTTP API; port 0 takes a free one")
	fs.StringVar(&opts.MQTTListen, "mqtt-listen", "127.0.0.1:1883", "`address` for machines; port 0 takes a free one")
	fs.StringVar(&opts.Data, "data", "./.vendlane-demo", "data `folder`")
	fs.BoolVar(&opts.Once, "once", false, "exit after the story, non-zero if a step failed")
	fs.BoolVar(&opts.NoStory, "no-story", false, "do not tell the story")
	fs.BoolVar(&opts.NoHistory, "no-history", false, "begin without the orders of the last 30 days that a new data folder gets")
	fs.BoolVar(&opts.NoSimulator, "no-simulator", false, "start no virtual machines, and tell no story")
	fs.BoolVar(&opts.JSON, "json", false, "print one line of JSON when ready, and nothing else, on standard output")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	return demo.Run(ctx, opts)
}

// locale is the language of messages as the environment asks for it.
func locale(environ []string) string {
	for _, name := range []string{"LC_ALL=", "LC_MESSAGES=", "LANG="} {
		for _, entry := range environ {
			if value, ok := strings.CutPrefix(entry, name); ok && value != "" {
				return value
			}
		}
	}
	return ""
}

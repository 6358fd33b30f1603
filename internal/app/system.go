package app

import (
	"context"
	"runtime/debug"

	"github.com/vendlane/vendlane/internal/console"
)

// system tells what a platform administrator wants to know of this node and of
// the others.
func (a *App) system(ctx context.Context) (console.System, error) {
	out := console.System{
		StartedAt: a.startedAt, Engine: "sqlite", Node: a.nodeID, ConnectedHere: int64(a.gateway.Stats().Machines),
		Nodes: []console.NodeSign{}, Disk: diskOf(a.Config.Data),
	}
	out.Version, out.Commit, out.GoVersion = build()
	if a.Config.Store.DSN != "" {
		out.Engine = "postgres"
	}
	if a.node == nil {
		out.Nodes = append(out.Nodes, console.NodeSign{ID: a.nodeID, StartedAt: a.startedAt, SeenAt: a.clock.Millis()})
	} else {
		for _, sign := range a.node.Signs() {
			out.Nodes = append(out.Nodes, console.NodeSign(sign))
		}
	}
	out.DatabaseWrites = a.look(ctx) == nil
	var err error
	out.SchemaVersion, err = a.Store.SchemaVersion(ctx)
	return out, err
}

// build is what the Go tool wrote into the program; commit is "" where it was not
// built in a repository.
func build() (version, commit, goVersion string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", "", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			commit = setting.Value
		}
	}
	return info.Main.Version, commit, info.GoVersion
}

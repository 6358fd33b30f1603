package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) healthRoutes() []route {
	return []route{{http.MethodGet, "/platform/health", platform, "", s.health}}
}

// System is what the node that answers knows of itself and of the others. Times
// are UTC milliseconds.
type System struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	GoVersion string `json:"go_version"`
	StartedAt int64  `json:"started_at"`
	// Engine is "sqlite" or "postgres".
	Engine         string     `json:"engine"`
	SchemaVersion  int64      `json:"schema_version"`
	DatabaseWrites bool       `json:"database_writes"`
	Node           string     `json:"node"`
	Nodes          []NodeSign `json:"nodes"`
	// ConnectedHere counts the machines at this node.
	ConnectedHere int64 `json:"connected_here"`
	// Disk is nil where the system does not tell.
	Disk *Disk `json:"disk"`
}

// NodeSign is the last sign of life of a node.
type NodeSign struct {
	ID        string `json:"id"`
	StartedAt int64  `json:"started_at"`
	SeenAt    int64  `json:"seen_at"`
}

// Disk is the room where the data folder is, in bytes.
type Disk struct {
	Free  int64 `json:"free"`
	Total int64 `json:"total"`
}

type healthInfo struct {
	Now int64 `json:"now"`
	System
	Connected int64       `json:"connected"`
	Queues    []queueInfo `json:"queues"`
}

// queueInfo counts what waits although its time has come; Since is when the oldest
// should have gone out.
type queueInfo struct {
	Queue   string `json:"queue"`
	Waiting int64  `json:"waiting"`
	Since   int64  `json:"since"`
}

func (s *Server) health(ctx context.Context, _ *call) (any, error) {
	out := healthInfo{Now: s.clock.Millis()}
	var err error
	if out.System, err = s.use.System(ctx); err != nil {
		return nil, err
	}
	if out.Connected, err = s.store.MachinesConnected(ctx); err != nil {
		return nil, err
	}
	queues, err := s.store.Queues(ctx, out.Now)
	out.Queues = items(queues, func(q db.QueuesRow) queueInfo { return queueInfo(q) }).Items
	return out, err
}

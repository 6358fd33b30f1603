package console

import "context"

// renameModel gives a template another name, if it still has the one that the page
// shows.
func (s *Server) renameModel(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	var in struct {
		OldName string `json:"old_name"`
		Name    string `json:"name"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	recording := s.recording(ctx, c, "model.rename", "model", in.OldName, map[string]any{"name": in.OldName}, map[string]any{"name": in.Name})
	return nil, changedMeanwhile(s.use.Catalog.RenameModel(recording, c.Merchant, id, in.OldName, in.Name))
}

// deleteModel deletes a template that no machine has, if nobody has added a version
// to those that the page shows.
func (s *Server) deleteModel(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	q := c.query()
	base := q.number("base")
	if base == 0 {
		q.fail("base is missing")
	}
	if err := q.done(); err != nil {
		return nil, err
	}
	m, err := s.use.Catalog.Model(ctx, c.Merchant, id, 0)
	if err != nil {
		return nil, err
	}
	// Entries of machines name the template by its id.
	before := map[string]any{"id": id, "version": m.Version, "channels": len(m.Layout.Channels)}
	recording := s.recording(ctx, c, "model.delete", "model", m.Name, before, nil)
	return nil, changedMeanwhile(s.use.Catalog.DeleteModel(recording, c.Merchant, id, base))
}

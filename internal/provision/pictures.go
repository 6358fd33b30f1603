package provision

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vendlane/vendlane/internal/storage"
)

// filePrefix marks a picture that is a file next to the description.
const filePrefix = "file:"

// storePictures puts every picture file that f names into the storage and its
// path in place of the name. It comes before the transaction: storing is slow,
// and a picture that nothing refers to does no harm.
func (a *Applier) storePictures(f File) error {
	for i := range f.Merchants {
		m := &f.Merchants[i]
		store := func(where string, picture *string) error { return a.storePicture(f.Dir, m.Slug, where, picture) }
		if err := store("logo", &m.Logo); err != nil {
			return err
		}
		for j := range m.Goods {
			g := &m.Goods[j]
			if err := store("good "+g.Slug, &g.Thumb); err != nil {
				return err
			}
			for k := range g.Media {
				if err := store("good "+g.Slug, &g.Media[k]); err != nil {
					return err
				}
			}
		}
		for j := range m.Machines {
			machine := &m.Machines[j]
			if err := store("machine "+machine.MachineNo, &machine.CoverImage); err != nil {
				return err
			}
			for k := range machine.Banners {
				if err := store("banner of machine "+machine.MachineNo, &machine.Banners[k].CoverImage); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (a *Applier) storePicture(dir, owner, where string, picture *string) error {
	name, isFile := strings.CutPrefix(*picture, filePrefix)
	if !isFile {
		return nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	content, err := storage.Read(name)
	if err != nil {
		return fmt.Errorf("merchant %s: picture of %s: %w", owner, where, err)
	}
	path, err := a.pictures.Save(owner, content)
	if err != nil {
		return fmt.Errorf("merchant %s: picture of %s: %w", owner, where, err)
	}
	*picture = path
	return nil
}

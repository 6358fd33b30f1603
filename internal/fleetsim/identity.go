package fleetsim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/strictyaml"
)

// maxMachines bounds a fleet.
const maxMachines = 100_000

// maxFleetFile bounds a fleet file before it is parsed.
const maxFleetFile = 16 << 20

// Identity is how a machine is known to the server.
type Identity struct {
	MachineNo string `yaml:"machine_no"` // 1–20 digits
	Password  string `yaml:"password"`
	AppKey    string `yaml:"app_key"`
	MachineID string `yaml:"-"` // sent as machine_id; may be left out
}

// fleetFile is the content of `simulate --fleet`.
type fleetFile struct {
	Machines []Identity `yaml:"machines"`
}

// ParseIdentities reads a fleet file. What a machine leaves out it has from
// standard.
func ParseIdentities(text []byte, standard Identity) ([]Identity, error) {
	if len(text) > maxFleetFile {
		return nil, fmt.Errorf("fleet file: longer than %d bytes", maxFleetFile)
	}
	var file fleetFile
	if err := strictyaml.Decode(text, &file); err != nil {
		return nil, fmt.Errorf("fleet file: %w", err)
	}
	for i := range file.Machines {
		m := &file.Machines[i]
		if m.Password == "" {
			m.Password = standard.Password
		}
		if m.AppKey == "" {
			m.AppKey = standard.AppKey
		}
	}
	if err := checkIdentities(file.Machines); err != nil {
		return nil, fmt.Errorf("fleet file: %w", err)
	}
	return file.Machines, nil
}

// Count returns n machines with numbers counting up from that of first, and its
// other properties.
func Count(first Identity, n int) ([]Identity, error) {
	if err := checkNumber(n); err != nil {
		return nil, err
	}
	no, err := strconv.ParseInt(first.MachineNo, 10, 62)
	if err != nil || !isMachineNo(first.MachineNo) {
		return nil, errors.New("the first machine number is not a number of at most 18 digits")
	}
	ids := make([]Identity, n)
	for i := range ids {
		ids[i] = first
		ids[i].MachineNo = fmt.Sprintf("%0*d", len(first.MachineNo), no+int64(i))
	}
	return ids, nil
}

func checkNumber(machines int) error {
	if machines < 1 || machines > maxMachines {
		return fmt.Errorf("number of machines is not between 1 and %d", maxMachines)
	}
	return nil
}

// isMachineNo tells whether a text is a machine number. It also names a folder.
func isMachineNo(text string) bool {
	return text != "" && len(text) <= 20 && strings.Trim(text, "0123456789") == ""
}

package machineapi

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// encode makes the body of a down message from its outbox row: own fields, base
// fields (mqtt.md §3.1) and signature, as base64 (signing.md §2.2, §5). The
// time is the row's, so the same row always gives the same bytes.
func encode(c db.Command, m db.Machine, appKey string) ([]byte, error) {
	var members map[string]string
	if err := json.Unmarshal([]byte(c.Fields), &members); err != nil {
		return nil, fmt.Errorf("fields of command %d: %w", c.ID, err)
	}
	if members == nil {
		members = map[string]string{}
	}
	members["machine_id"] = strconv.FormatInt(m.ID, 10)
	members["client_id"] = m.MachineNo
	members["method"] = c.Method
	members["status"] = "0"
	members["timestamp"] = strconv.FormatInt(c.CreatedAt/1000, 10)
	return signature.EncodeMessage(members, appKey), nil
}

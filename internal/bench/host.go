package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Host says where and with what a report was measured.
type Host struct {
	OS        string `json:"os"`
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	Memory    string `json:"memory"`
	// Load are the load averages of 1, 5 and 15 minutes before the benchmark;
	// above 0.5 or so somebody else was at work.
	Load    string `json:"load"`
	Version string `json:"version"`
	Go      string `json:"go"`
	// Baseline is the version of what Vendlane is compared with.
	Baseline string `json:"baseline"`
}

// ThisHost describes the machine and the binary that run. What /proc does not
// tell is left empty.
func ThisHost(baseline string) Host {
	h := Host{
		OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(), Baseline: baseline,
		Processor: procValue("/proc/cpuinfo", "model name"), Memory: procValue("/proc/meminfo", "MemTotal"), Version: "unknown",
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		h.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		h.Version = info.Main.Version
	}
	return h
}

// String returns the machine line and the version line of a report.
func (h Host) String() string {
	return fmt.Sprintf("%s, %s, %d cores, memory %s, load before %s\nvendlane %s, %s, baseline: %s",
		h.OS, h.Processor, h.Cores, h.Memory, h.Load, h.Version, h.Go, h.Baseline)
}

// procValue returns the value of the first line "name: value" of a file of
// /proc, or "".
func procValue(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

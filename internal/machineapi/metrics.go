package machineapi

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// upMetrics count messages of machines.
type upMetrics struct {
	dropped, accepted *prometheus.CounterVec
}

// newUpMetrics registers the counters with reg; nil registers nowhere.
func newUpMetrics(reg prometheus.Registerer) upMetrics {
	auto := promauto.With(reg)
	return upMetrics{
		dropped: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "mqtt_dropped_total",
			Help: "Messages of machines dropped without effect, by reason (mqtt.md §3.2).",
		}, []string{"reason", "method"}),
		accepted: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "mqtt_accepted_total",
			Help: "Messages of machines that were applied.",
		}, []string{"method"}),
	}
}

// downMetrics count what became of messages to machines, by method.
type downMetrics struct {
	published, acknowledged, offline, expired *prometheus.CounterVec
}

// newDownMetrics registers the counters with reg; nil registers nowhere.
func newDownMetrics(reg prometheus.Registerer) downMetrics {
	auto := promauto.With(reg)
	counter := func(name, help string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"method"})
	}
	return downMetrics{
		published:    counter("mqtt_published_total", "Messages written to machines, repeats included."),
		acknowledged: counter("mqtt_acknowledged_total", "Messages acknowledged by machines, repeats included."),
		offline:      counter("mqtt_offline_total", "Attempts to send to a machine that was not connected."),
		expired:      counter("mqtt_expired_total", "Messages given up because their time was over."),
	}
}

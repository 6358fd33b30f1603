package app

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/vendlane/vendlane/internal/callback"
	"github.com/vendlane/vendlane/internal/console"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/vending"
)

func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// observeRequests counts and times API answers by route and envelope code.
func observeRequests(reg prometheus.Registerer) openapi.Observer {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "openapi_answers_total", Help: "Answers of the Open API by route and code of the envelope.",
	}, []string{"route", "code"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "openapi_answer_seconds", Help: "Time from request to answer of the Open API by route.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
	}, []string{"route"})
	reg.MustRegister(answers, seconds)
	return func(route string, code vending.Code, took time.Duration) {
		answers.WithLabelValues(route, strconv.Itoa(int(code))).Inc()
		seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// observeConsole counts and times answers of the console by route and status.
func observeConsole(reg prometheus.Registerer) console.Observer {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "console_answers_total", Help: "Answers of the console API by route and HTTP status.",
	}, []string{"route", "status"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "console_answer_seconds", Help: "Time from request to answer of the console API by route.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
	}, []string{"route"})
	reg.MustRegister(answers, seconds)
	return func(route string, status int, took time.Duration) {
		answers.WithLabelValues(route, strconv.Itoa(status)).Inc()
		seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// registerStats exposes the counters that the gateway and the callback relay
// keep themselves.
func registerStats(reg prometheus.Registerer, gateway *devicegw.Gateway, callbacks *callback.Relay) {
	reg.MustRegister(statsCollector{gateway: gateway, callbacks: callbacks})
}

// statsCollector reads the counters when Prometheus asks.
type statsCollector struct {
	gateway   *devicegw.Gateway
	callbacks *callback.Relay
}

// Describe sends nothing: the labels of some counters are only known when they
// first happen.
func (statsCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c statsCollector) Collect(out chan<- prometheus.Metric) {
	number := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		var names []string
		if len(labels) > 0 {
			names = []string{"reason"}
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, labels...)
	}
	byReason := func(name, help string, counts map[string]uint64) {
		for reason, n := range counts {
			number(prometheus.CounterValue, name, help, float64(n), reason)
		}
	}
	g := c.gateway.Stats()
	for transport, n := range g.Transports {
		byTransport := prometheus.NewDesc("mqtt_transport_connections", "Open connections of the device gateway, by transport.",
			[]string{"transport"}, nil)
		out <- prometheus.MustNewConstMetric(byTransport, prometheus.GaugeValue, float64(n), transport)
	}
	number(prometheus.CounterValue, "mqtt_accept_failures_total", "Failed accepts, for example for want of file descriptors.", float64(g.AcceptFailed))
	number(prometheus.GaugeValue, "mqtt_connections", "Open connections of the device gateway.", float64(g.Connections))
	number(prometheus.GaugeValue, "mqtt_machines", "Machines connected.", float64(g.Machines))
	number(prometheus.CounterValue, "mqtt_connects_total", "Connections accepted.", float64(g.Accepted))
	number(prometheus.CounterValue, "mqtt_messages_in_total", "Messages taken from machines.", float64(g.MessagesIn))
	number(prometheus.CounterValue, "mqtt_messages_out_total", "Messages written to machines.", float64(g.MessagesOut))
	byReason("mqtt_refused_total", "Connections refused, by reason.", g.Refused)
	byReason("mqtt_ended_total", "Connections ended, by reason.", g.Ended)
	byReason("mqtt_denied_total", "Publications refused by the gateway itself, by reason.", g.Dropped)

	s := c.callbacks.Stats()
	number(prometheus.CounterValue, "callback_attempts_total", "Attempts to reach a notify_url.", float64(s.Attempts))
	number(prometheus.CounterValue, "callback_delivered_total", "Messages acknowledged by a merchant.", float64(s.Delivered))
	number(prometheus.CounterValue, "callback_failed_total", "Attempts that failed.", float64(s.Failed))
	number(prometheus.CounterValue, "callback_dead_total", "Messages given up as dead letters.", float64(s.Dead))
	number(prometheus.GaugeValue, "callback_in_flight", "Attempts under way.", float64(s.InFlight))
}

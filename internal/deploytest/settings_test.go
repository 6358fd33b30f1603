package deploytest

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

// load reads settings as the program does: unknown ones are errors.
func load(t *testing.T, file string, environ []string) config.Config {
	t.Helper()
	cfg, err := config.Load(file, environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestSystemdSettings(t *testing.T) {
	unit := read(t, deployed("systemd", "vendlane.service"))
	cfg := load(t, deployed("systemd", "vendlane.yaml"), nil)
	if cfg.Data != "/var/lib/vendlane" || !strings.Contains(unit, "\nStateDirectory=vendlane\n") {
		t.Errorf("data is in %s, which the unit does not open", cfg.Data)
	}
	var descriptors int
	if _, err := fmt.Sscanf(unit[strings.Index(unit, "LimitNOFILE="):], "LimitNOFILE=%d", &descriptors); err != nil {
		t.Fatal(err)
	}
	if cfg.MQTT.MaxConnections < 100_000 || descriptors < cfg.MQTT.MaxConnections+10_000 {
		t.Errorf("%d descriptors for %d machines", descriptors, cfg.MQTT.MaxConnections)
	}
	// The remark about PostgreSQL is a configuration as well.
	text := replace(t, read(t, deployed("systemd", "vendlane.yaml")), "# store:", "store:", "#   dsn:", "  dsn:")
	if cfg := load(t, write(t, filepath.Join(t.TempDir(), "vendlane.yaml"), text), nil); cfg.Store.DSN == "" {
		t.Error("the example for PostgreSQL sets no store.dsn")
	}
}

// compose is what the tests look at of compose.yaml.
type compose struct {
	Services map[string]struct {
		Environment map[string]string
		Ports       []string
		Networks    map[string]struct {
			Address string `yaml:"ipv4_address"`
		}
	}
}

func TestComposeSettings(t *testing.T) {
	project := documents[compose](t, deployed("compose", "compose.yaml"))[0]
	proxy := netip.MustParseAddr(project.Services["haproxy"].Networks["default"].Address)
	balancer := read(t, deployed("compose", "haproxy.cfg"))
	nodes := 0
	for name, service := range project.Services {
		if !strings.HasPrefix(name, "node") {
			continue
		}
		nodes++
		var environ []string
		for key, value := range service.Environment {
			environ = append(environ, key+"="+value)
		}
		cfg := load(t, "", environ)
		if cfg.Store.DSN == "" || cfg.HTTP.AdminListen == "" {
			t.Errorf("%s: store.dsn %q, http.admin_listen %q", name, cfg.Store.DSN, cfg.HTTP.AdminListen)
		}
		if !slices.ContainsFunc(cfg.HTTP.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(proxy) }) {
			t.Errorf("%s does not trust the balancer at %s", name, proxy)
		}
		for _, server := range []string{
			"server " + name + " " + name + cfg.HTTP.Listen + "\n",
			"server " + name + " " + name + cfg.MQTT.Listen + " port " + strings.TrimPrefix(cfg.HTTP.Listen, ":") + "\n",
		} {
			if !strings.Contains(balancer, server) {
				t.Errorf("haproxy.cfg has no %q", server)
			}
		}
		if len(service.Ports) != 1 || !strings.HasPrefix(service.Ports[0], "127.0.0.1:") || !strings.HasSuffix(service.Ports[0], cfg.HTTP.AdminListen) {
			t.Errorf("%s publishes %v, want its metrics on this host alone", name, service.Ports)
		}
	}
	if nodes < 2 {
		t.Errorf("%d nodes", nodes)
	}
	for _, published := range project.Services["haproxy"].Ports {
		_, port, _ := strings.Cut(published, ":")
		if !regexp.MustCompile(`(?m)^    bind :` + port + `( |$)`).MatchString(balancer) {
			t.Errorf("haproxy.cfg does not listen on %s", port)
		}
	}
}

// manifest is what the tests look at of the files for Kubernetes.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string `yaml:"stringData"`
	Spec     struct {
		Ports    []servicePort
		Template struct {
			Spec struct{ Containers []container }
		}
	}
}

type servicePort struct {
	TargetPort string `yaml:"targetPort"`
}

type container struct {
	Args []string
	Env  []struct {
		Name      string
		ValueFrom struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	StartupProbe   probe `yaml:"startupProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
	VolumeMounts   []struct {
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

func TestKubernetesSettings(t *testing.T) {
	c := documents[manifest](t, deployed("kubernetes", "deployment.yaml"))[0].Spec.Template.Spec.Containers[0]
	secret := documents[manifest](t, deployed("kubernetes", "secret.yaml"))[0]
	var environ []string
	for _, e := range c.Env {
		if !strings.HasPrefix(e.Name, "VENDLANE_") {
			continue
		}
		ref := e.ValueFrom.SecretKeyRef
		if ref.Name != secret.Metadata.Name || secret.Data[ref.Key] == "" {
			t.Errorf("%s is from %+v, which is not in secret.yaml", e.Name, ref)
		}
		environ = append(environ, e.Name+"="+secret.Data[ref.Key])
	}
	cfg := load(t, deployed("kubernetes", "vendlane.yaml"), environ)
	if cfg.Store.DSN == "" || cfg.Secrets.MasterKey == "" {
		t.Error("nodes need store.dsn and secrets.master_key")
	}
	// Every port, by the name services and probes use.
	listens := map[string]string{"http": cfg.HTTP.Listen, "mqtt-tls": cfg.MQTT.TLSListen, "admin": cfg.HTTP.AdminListen}
	for _, p := range c.Ports {
		if listens[p.Name] != fmt.Sprintf(":%d", p.ContainerPort) {
			t.Errorf("port %s is %d, the program listens on %q", p.Name, p.ContainerPort, listens[p.Name])
		}
	}
	for _, service := range documents[manifest](t, deployed("kubernetes", "services.yaml")) {
		for _, p := range service.Spec.Ports {
			if listens[p.TargetPort] == "" {
				t.Errorf("%s: nothing listens on port %q", service.Metadata.Name, p.TargetPort)
			}
		}
	}
	for p, path := range map[probe]string{c.StartupProbe: "/healthz", c.LivenessProbe: "/healthz", c.ReadinessProbe: "/readyz"} {
		if p.HTTPGet.Path != path || p.HTTPGet.Port != "http" {
			t.Errorf("probe %+v, want %s", p, path)
		}
	}
	if !slices.Equal(c.Args[:2], []string{"serve", "-config"}) {
		t.Errorf("args %v", c.Args)
	}
	for _, needed := range []string{cfg.Data, filepath.Join(cfg.Data, "storage"), filepath.Dir(c.Args[2]), filepath.Dir(cfg.MQTT.TLSCert), filepath.Dir(cfg.MQTT.TLSKey)} {
		if !slices.ContainsFunc(c.VolumeMounts, func(m struct {
			MountPath string `yaml:"mountPath"`
		}) bool {
			return m.MountPath == needed
		}) {
			t.Errorf("nothing is mounted at %s", needed)
		}
	}
	// A template that was not filled in must not start.
	if key := cfg.Secrets.MasterKey; regexp.MustCompile(`^[0-9a-fA-F]{64}$`).MatchString(key) {
		t.Error("secret.yaml holds a master key that works")
	}
}

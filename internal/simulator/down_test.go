package simulator

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// down returns a message of mqtt.md §5 with the given fields.
func down(method string, pairs ...string) map[string]string {
	fields := map[string]string{
		"client_id": machineNo, "machine_id": "10009", "method": method, "status": "0", "timestamp": "1714373688",
	}
	for pair := range slices.Chunk(pairs, 2) {
		fields[pair[0]] = pair[1]
	}
	return fields
}

func adMessage(method string, changes ...string) map[string]string {
	fields := down(method, "id", "10", "is_visible", "1", "title", "abc", "cover_image", "https://example.com/a.jpg",
		"video_url", "https://example.com/a.mp4", "expired_at", "0", "view_type", "0")
	maps.Copy(fields, down(method, changes...))
	return fields
}

func testMessage(changes ...string) map[string]string {
	fields := down("client.channel.debugging", "floor_type", "1", "is_lp", "0", "is_dc", "1", "code", "0", "addr", "1", "order_type", "test")
	maps.Copy(fields, down("client.channel.debugging", changes...))
	return fields
}

// Every message of mqtt.md §5 leaves its mark.
func TestDownMessages(t *testing.T) {
	ad := Ad{ID: "10", Visible: true, Title: "abc", CoverImage: "https://example.com/a.jpg", VideoURL: "https://example.com/a.mp4"}
	other := ad
	other.Title = "changed"
	for name, c := range map[string]struct {
		messages []map[string]string
		want     State
	}{
		"refresh":    {[]map[string]string{down("client.machine.refresh")}, State{Reloads: 1}},
		"invalidate": {[]map[string]string{down("client.machine.invalidate")}, State{Reloads: 1}},
		"schedule": {[]map[string]string{
			down("client.power.schedule.once", "power_off", "2025-09-22 18:00:00", "power_on", "2025-09-23 11:07:41"),
			down("client.power.schedule.cycle", "power_off", "18:00:00", "power_on", "11:07:41", "weekdays", "1,1,1,0,0,0,0"),
		}, State{Power: Power{
			Once:  &PowerOnce{Off: "2025-09-22 18:00:00", On: "2025-09-23 11:07:41"},
			Cycle: &PowerCycle{Off: "18:00:00", On: "11:07:41", Weekdays: "1,1,1,0,0,0,0"},
		}}},
		"schedule cleared": {[]map[string]string{
			down("client.power.schedule.once", "power_off", "2025-09-22 18:00:00", "power_on", "2025-09-23 11:07:41"),
			down("client.power.schedule.clear"),
		}, State{}},
		"config": {[]map[string]string{
			down("client.machine.config.push", "idle_timeout", "60", "language", "en_US", "new_setting", "1"),
			down("client.machine.config.push", "idle_timeout", "90", "app_navbar_logo", "https://example.com/l.png"),
		}, State{Config: map[string]string{"idle_timeout": "90", "language": "en_US", "app_navbar_logo": "https://example.com/l.png"}}},
		"ad": {[]map[string]string{adMessage("client.ads.push")}, State{Ads: []Ad{ad}}},
		"ad changed": {[]map[string]string{
			adMessage("client.ads.push"), adMessage("client.ads.update", "title", "changed"),
		}, State{Ads: []Ad{other}}},
		"ad deleted": {[]map[string]string{
			adMessage("client.ads.push"), down("client.ads.delete", "id", "10"),
		}, State{}},
		"fault cleared": {[]map[string]string{
			down("client.channel.fault.clear", "product_ids", "1,2", "floor_status", "1"),
		}, State{Channels: map[string]string{"1": "1", "2": "1"}}},
		"channel test": {[]map[string]string{testMessage()}, State{TestRuns: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				for _, m := range c.messages {
					p.send(sign(m))
					if e := r.await(Obeyed); e.Method != m["method"] {
						t.Error("obeyed", e.Method)
					}
				}
				got := r.State()
				if len(got.Ads) == 0 {
					got.Ads = nil
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("%+v\nwant %+v", got, c.want)
				}
				r.Kill() // what counts is on the disk
				r.start()
				c.want.Reloads, c.want.TestRuns, c.want.Channels = 0, 0, nil
				if got = r.State(); len(got.Ads) == 0 {
					got.Ads = nil
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("after a restart: %+v\nwant %+v", got, c.want)
				}
			})
		})
	}
}

func TestBadDownMessages(t *testing.T) {
	once, cycle, config := "client.power.schedule.once", "client.power.schedule.cycle", "client.machine.config.push"
	for why, messages := range map[string][]map[string]string{
		"bad field power_off": {
			down(once, "power_on", "2025-09-23 11:07:41"),
			down(once, "power_off", "18:00:00", "power_on", "2025-09-23 11:07:41"),
			down(cycle, "power_off", "6 pm", "power_on", "11:07:41", "weekdays", "1,1,1,0,0,0,0"),
		},
		"bad field power_on": {down(once, "power_off", "2025-09-23 11:07:41", "power_on", "2025-09-22 18:00:00")},
		"bad field weekdays": {
			down(cycle, "power_off", "18:00:00", "power_on", "11:07:41", "weekdays", "1,1,1"),
			down(cycle, "power_off", "18:00:00", "power_on", "11:07:41", "weekdays", "1,1,1,0,0,0,2"),
		},
		"bad field idle_timeout":        {down(config, "language", "en_US", "idle_timeout", "29")},
		"bad field standby_ads_enabled": {down(config, "standby_ads_enabled", "yes")},
		"bad field id":                  {adMessage("client.ads.push", "id", ""), down("client.ads.delete")},
		"bad field view_type":           {adMessage("client.ads.update", "view_type", "2")},
		"bad field expired_at":          {adMessage("client.ads.update", "expired_at", "soon")},
		"bad field floor_status":        {down("client.channel.fault.clear", "product_ids", "1", "floor_status", "2")},
		"bad field product_ids":         {down("client.channel.fault.clear", "floor_status", "1")},
		"bad field password":            {down("client.machine.password.modified")},
		"bad field reset_type":          {down("client.factory.reset", "reset_type", "2")},
		"bad field order_type":          {testMessage("order_type", "normal")},
		"bad field addr":                {testMessage("addr", "9")},
	} {
		t.Run(why, func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				for i, m := range messages {
					m["timestamp"] = "171437369" + string(rune('0'+i))
					p.send(sign(m))
					if e := r.await(Ignored); e.Detail != why {
						t.Errorf("ignored because %q", e.Detail)
					}
				}
				got := r.State()
				got.Ads = nil
				if !reflect.DeepEqual(got, State{}) || len(r.State().Ads) != 0 {
					t.Errorf("changed: %+v", got)
				}
			})
		})
	}
}

// The published samples of signing.md V2–V4 are understood.
func TestPublishedSchedules(t *testing.T) {
	for _, text := range []string{
		`{"method":"client.power.schedule.clear","status":"0","machine_id":"1","client_id":"16327127","timestamp":"1758519471","sign":"6EDCE0702B2D4D3664DE63BDAC90A3F7"}`,
		`{"status":"0","timestamp":"1758513120","sign":"3CBFE15E0D448CF8906B10922342F58A","client_id":"16327127","power_on":"2025-09-23 11:07:41","machine_id":"1","power_off":"2025-09-22 18:00:00","method":"client.power.schedule.once"}`,
		`{"weekdays":"1,1,1,0,0,0,0","client_id":"16327127","sign":"D356DFCB16DBC34D56C86B7BAC8F71CF","status":"0","power_off":"18:00:00","machine_id":"1","timestamp":"1758512979","power_on":"11:07:41","method":"client.power.schedule.cycle"}`,
	} {
		o, err := signature.ParseObject([]byte(text))
		if err != nil || !o.Verify(appKey) {
			t.Fatal("not the sample:", err)
		}
		state, err := openState(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		m := &Machine{state: state}
		if err := m.obey(textOf(o, "method"), o); err != nil {
			t.Error(err)
		}
	}
}

// A machine told to shut down or restart says goodbye and stops; one that plays
// a lock-screen ad does not (mqtt.md §5.3, §5.4).
func TestShutdownAndReboot(t *testing.T) {
	for method, restart := range map[string]bool{"client.machine.shutdown": false, "client.machine.reboot": true} {
		t.Run(method, func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				p.send(sign(command()))
				r.await(MotorStarted)
				p.send(sign(down(method)))
				<-r.Done()
				synctest.Wait()
				if got := p.messages(methodResponse); len(got) != 1 {
					t.Errorf("%d reports of the run", len(got))
				}
				if last := p.messages(methodOffline); len(last) != 1 || last[0].Will {
					t.Error("no goodbye")
				}
				if r.WantsRestart() != restart {
					t.Error("restart:", r.WantsRestart())
				}
				r.start()
			})
		})
	}
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(adMessage("client.ads.push", "view_type", "1", "expired_at", "1714373698")))
		p.send(sign(down("client.machine.shutdown")))
		if e := r.await(Ignored); e.Detail != "a lock-screen ad is playing" {
			t.Error(e.Detail)
		}
		time.Sleep(11 * time.Second) // the ad has expired
		p.send(sign(down("client.machine.shutdown", "timestamp", "1714373699")))
		<-r.Done()
		r.start()
	})
}

// A server that never acknowledges a result cannot keep a machine from
// restarting; the result comes afterwards.
func TestRebootDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodResponse)
		s.send(1, false, sign(command()))
		r.await(Reported)
		s.send(2, false, sign(down("client.machine.reboot")))
		<-r.Done()
		if !r.WantsRestart() {
			t.Error("it does not want to restart")
		}
		s.setHold("")
		r.start()
		r.await(Acknowledged)
		if r.Starts(sampleID) != 1 {
			t.Error(r.Starts(sampleID), "starts")
		}
		r.stop()
		s.stop()
	})
}

// A new password is used at once and after a restart (mqtt.md §5.5).
func TestPasswordModified(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.setSecret("new secret")
		p.send(sign(down("client.machine.password.modified", "password", "new secret")))
		r.await(Disconnected)
		r.await(Connected)
		if ends := p.endings(); !slices.Equal(ends, []string{"client disconnect"}) {
			t.Error("connection ended by", ends)
		}
		r.Kill()
		r.start()
		if !r.State().PasswordChanged {
			t.Error("forgotten")
		}
		p.setSecret("secret") // for the machine after a reset
		p.send(sign(down("client.factory.reset", "reset_type", "1")))
		<-r.Done()
		r.start()
	})
}

// A factory reset forgets everything but the journal (mqtt.md §6.4).
func TestFactoryReset(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(codeMessage()))
		p.send(sign(adMessage("client.ads.push")))
		p.send(sign(command()))
		r.await(Acknowledged)
		p.send(sign(down("client.factory.reset", "reset_type", "1")))
		<-r.Done()
		if !r.WantsRestart() {
			t.Error("stays off")
		}
		r.start()
		if s := r.State(); len(s.Codes) != 0 || len(s.Ads) != 0 {
			t.Errorf("%+v", s)
		}
		p.send(sign(command()))
		r.await(Acknowledged)
		if r.Starts(sampleID) != 1 {
			t.Error("starts:", r.Starts(sampleID))
		}
	})
}

// A channel test takes the motor and leaves no trace in the journal.
func TestChannelTest(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(testMessage()))
		r.await(TestRun)
		p.send(sign(command()))
		r.await(Queued)
		p.send(sign(testMessage("timestamp", "1714373689")))
		if e := r.await(Ignored); e.Detail != "a motor is running" {
			t.Error(e.Detail)
		}
		r.await(MotorStarted)
		if r.State().TestRuns != 1 {
			t.Errorf("%+v", r.State())
		}
		r.await(Acknowledged)
		if got := p.messages(methodResponse); len(got) != 1 {
			t.Errorf("%d reports", len(got))
		}
		p.send(sign(testMessage("timestamp", "1714373690")))
		r.await(TestRun)
		r.stop() // waits for the test run
		r.start()
	})
}

// What a machine keeps is bounded; ads it has may still change.
func TestTooManyAds(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		r.stop()
		ads := make([]string, maxAds)
		for i := range ads {
			ads[i] = fmt.Sprintf(`"%d":{"id":"%[1]d"}`, i)
		}
		mustWrite(t, r.cfg.Dir+"/state.json", `{"ads":{`+strings.Join(ads, ",")+`}}`)
		r.start()
		p.send(sign(adMessage("client.ads.push", "id", "new")))
		if e := r.await(Ignored); e.Detail != "too many ads" {
			t.Error(e.Detail)
		}
		p.send(sign(adMessage("client.ads.update", "id", "7")))
		r.await(Obeyed)
		if got := r.State().Ads; len(got) != maxAds {
			t.Errorf("%d ads", len(got))
		}
	})
}

func TestDamagedState(t *testing.T) {
	run(t, nil, func(t *testing.T, _ *platform, r *rig) {
		r.stop()
		mustWrite(t, r.cfg.Dir+"/state.json", "{")
		if _, err := Start(t.Context(), r.cfg); err == nil {
			t.Error("started")
		}
		mustWrite(t, r.cfg.Dir+"/state.json", "{}")
		r.start()
	})
}

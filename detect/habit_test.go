package detect

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

func TestHabits(t *testing.T) {
	h := HabitsOf(&Memory{})
	tx := &waywarden.Transaction{Client: waywarden.Client{IP: "192.0.2.7", JA4: "a"}}
	s := &waywarden.Scene{Record: &waywarden.Record{HTTP: tx}, Call: &waywarden.Call{Principal: waywarden.Principal{UID: "u"}}, Now: time.Unix(100, 0)}
	if got := h.See(s, 1); got.Calls != 0 || got.NewNetwork || got.NewProgram {
		t.Errorf("the first call compares with nothing: %+v", got)
	}
	tx.Client.IP = "192.0.2.200"
	if got := h.See(s, 2); got.Calls != 1 || got.NewNetwork || got.NewProgram || got.Since != time.Unix(100, 0).UnixNano() {
		t.Errorf("another address of the same network: %+v", got)
	}
	tx.Client = waywarden.Client{IP: "2001:db8:1:2::3", JA4: "b"}
	if got := h.See(s, 3); !got.NewNetwork || !got.NewProgram {
		t.Errorf("another network and program: %+v", got)
	}
	if again := h.See(s, 3); !again.NewNetwork || again.Calls != 2 {
		t.Errorf("the same scene asked twice: %+v", again)
	}
	tx.Client = waywarden.Client{IP: "192.0.2.9", JA4: "a"}
	if got := h.See(s, 4); got.NewNetwork || got.NewProgram || got.Calls != 3 {
		t.Errorf("back home: %+v", got)
	}
}

func TestFan(t *testing.T) {
	f := NewFan(&Memory{}, "test", 100, time.Minute)
	now := time.Unix(1000, 0)
	for party := range uint64(20) {
		f.Add(1, 100+party, 7, now)
	}
	var s Spread
	for thing := range uint64(5) {
		s = f.Add(1, 200, 10+thing, now)
	}
	if s != (Spread{Things: 5, Peers: 20, Most: 1}) {
		t.Errorf("five things at once: %+v", s)
	}
	if s = f.Add(1, 200, 99, now.Add(2*time.Minute)); s.Things != 1 {
		t.Errorf("after the span: %+v", s)
	}
	for thing := range uint64(40) {
		s = f.Add(1, 300, 10+thing, now)
	}
	if s.Things != FanMax || s.Reached != 0 || s.Most != 5 {
		t.Errorf("beyond what is counted: %+v", s)
	}
}

package detect

import (
	"strconv"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// commands returns a scene in which a caller commands a vehicle, with or without a link to it.
func commands(caller, vehicle string, own, listed bool) *waywarden.Scene {
	rec := &waywarden.Record{Kind: waywarden.KindHTTP, HTTP: &waywarden.Transaction{Method: "POST"}}
	op := &waywarden.Operation{Host: "api.example", Function: waywarden.Function{Class: "act.door.unlock"}, Access: waywarden.AccessControl}
	s := &waywarden.Scene{
		Record: rec, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), LinksLearned: 100, Caller: &waywarden.Twin{UID: caller},
		Call:     &waywarden.Call{Record: rec, Operation: op, Success: true, Principal: waywarden.Principal{UID: caller, Kind: waywarden.PrincipalUser}},
		Subjects: []waywarden.Subject{{Twin: &waywarden.Twin{Type: waywarden.AssetVehicle, UID: vehicle}}},
	}
	if own {
		s.Subjects[0].Linked = waywarden.Link{Rel: "user", Confidence: 0.9}
	}
	if listed {
		s.Caller.Links = []waywarden.Link{{Rel: "user", UID: "own of " + caller, Confidence: 0.9}}
	}
	return s
}

func TestStranger(t *testing.T) {
	for _, c := range []struct {
		name                    string
		linked, stray, late     int // peers that command their own, that command without a link, whose link shows later
		listed, unseen, learned bool
		want                    bool
	}{
		{name: "own list known", linked: 5, listed: true, learned: true, want: true},
		{name: "own list known, no peers yet", listed: true, learned: true, want: true},
		{name: "own list cut off", linked: 50, listed: true, unseen: true, learned: true, want: false},
		{name: "group without links", linked: 50, listed: true, want: false},
		{name: "peers command without links", linked: 40, stray: 12, listed: true, learned: true, want: false},
		{name: "links of peers show later and heal", linked: 40, late: 12, listed: true, learned: true, want: true},
		{name: "own list never seen", linked: 99, learned: true, want: false},
		{name: "own list never seen, peers always linked", linked: 120, learned: true, want: true},
		{name: "own list never seen, links come late", linked: 120, late: 5, learned: true, want: false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := RightsOf(&Memory{})
			serial := uint64(0)
			see := func(s *waywarden.Scene) { serial++; r.See(s, serial) }
			for i := range c.linked {
				see(commands("l"+strconv.Itoa(i), "L"+strconv.Itoa(i), true, true))
			}
			for i := range c.stray {
				see(commands("s"+strconv.Itoa(i), "S"+strconv.Itoa(i), false, true))
			}
			for i := range c.late {
				see(commands("t"+strconv.Itoa(i), "T"+strconv.Itoa(i), false, true))
				see(commands("t"+strconv.Itoa(i), "T"+strconv.Itoa(i), true, true))
			}
			s := commands("x", "X", false, c.listed)
			s.Unseen = c.unseen
			if !c.learned {
				s.LinksLearned = 0
			}
			see(s)
			if got := r.Stranger(s, s.Subjects[0].Linked); got != c.want {
				t.Errorf("stranger: %v, want %v", got, c.want)
			}
			if r.Stranger(s, waywarden.Link{Rel: "user"}) {
				t.Error("one who is linked is a stranger")
			}
		})
	}
}

package twin

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

// step makes a call that hands things on.
func (w *world) step(class, template, by string, leaves ...string) {
	w.ops[class+template] = &waywarden.Operation{
		ID: class + template, Host: "api.oem.example", Method: "POST", Template: template, Access: waywarden.AccessWrite, Function: waywarden.Function{Class: class},
	}
	w.call(class+template, by, 200, leaves...)
}

// list gives a user its vehicle.
func (w *world) list(by, vin string) {
	w.call("read.vehicle.list", by, 200, "response 1 v[].vin vin "+vin)
}

// TestHandovers holds who has a vehicle after it changed hands.
func TestHandovers(t *testing.T) {
	car := "body -1 vin vin " + vin1
	for name, c := range map[string]struct {
		play func(w *world)
		want []string // who has it; "-x" for one who had it
	}{
		"sale": {func(w *world) {
			w.list("seller", vin1)
			w.step("life.transfer", "/transfer", "seller", car)
			w.step("life.pair", "/pair", "buyer", car, "response 0 role - owner")
		}, []string{"-seller", "buyer owner"}},
		"claim without an offer": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.pair", "/pair", "second", car, "response 0 role - owner")
		}, []string{"owner user", "second owner"}},
		"offer nobody takes": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.transfer", "/transfer", "owner", car)
		}, []string{"owner user"}},
		"offer that lapsed": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.transfer", "/transfer", "owner", car)
			w.now = w.now.Add(offerSpan + time.Hour)
			w.step("life.pair", "/pair", "late", car, "response 0 role - owner")
		}, []string{"late owner", "owner user"}},
		"invited driver": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.share_key", "/invite", "owner", car)
			w.step("life.share_key", "/redeem", "friend", car, "response 0 role - driver")
		}, []string{"friend driver", "owner user"}},
		"rental goes round": {func(w *world) {
			w.list("lender", vin1)
			w.step("life.transfer", "/freigeben", "lender", car)
			w.step("life.transfer", "/annehmen", "renter", car, "response 0 rolle - fahrer")
			w.step("life.transfer", "/freigeben", "renter", car)
			w.step("life.transfer", "/annehmen", "next", car, "response 0 rolle - fahrer")
		}, []string{"-renter", "lender user", "next driver"}},
		"buyer invites": {func(w *world) {
			w.list("seller", vin1)
			w.step("life.transfer", "/transfer", "seller", car)
			w.step("life.pair", "/pair", "buyer", car, "response 0 role - owner")
			w.step("life.share_key", "/invite", "buyer", car)
			w.step("life.share_key", "/redeem", "spouse", car, "response 0 role - driver")
		}, []string{"-seller", "buyer owner", "spouse driver"}},
		"booking over": {func(w *world) {
			w.step("ride.request", "/book", "renter", car, "body -1 end - 2026-03-01T09:00:00Z")
			w.now = w.now.Add(2 * time.Hour)
		}, []string{"-renter"}},
		"booking given back": {func(w *world) {
			w.step("ride.request", "/book", "renter", car)
			w.step("ride.lifecycle", "/trips/return", "renter", car)
		}, []string{"-renter"}},
		"unpaired": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.pair", "/vehicles/unpair", "owner", car)
		}, []string{"-owner"}},
		"user removed": {func(w *world) {
			w.list("owner", vin1)
			w.list("guest", vin1)
			w.step("life.share_key", "/drivers/remove", "owner", car, "body -1 user person_id guest")
		}, []string{"-guest", "owner user"}},
		"stranger removes nobody": {func(w *world) {
			w.list("owner", vin1)
			w.step("life.share_key", "/drivers/remove", "stranger", car, "body -1 user person_id owner")
		}, []string{"owner user"}},
		"listed again": {func(w *world) {
			w.list("seller", vin1)
			w.step("life.transfer", "/transfer", "seller", car)
			w.step("life.pair", "/pair", "buyer", car, "response 0 role - owner")
			w.list("seller", vin1)
		}, []string{"buyer owner", "seller user"}},
	} {
		w := newWorld(Default())
		c.play(w)
		s := w.call("read.vehicle.status", "", 200, "path -1 vin vin "+vin1)
		var got []string
		for _, who := range []string{"buyer", "friend", "guest", "late", "lender", "next", "owner", "renter", "second", "seller", "spouse", "stranger"} {
			e := w.find(waywarden.AssetConsumer, waywarden.TypePersonID, who, "", false)
			l := w.linkOf(e, w.find(waywarden.AssetVehicle, waywarden.TypeVIN, vin1, "", false))
			switch {
			case l.Rel == Contact && !l.Until.IsZero() && !l.Until.After(s.Now):
				got = append(got, "-"+who)
			case l.Rel != "" && l.Rel != Contact:
				got = append(got, fmt.Sprint(who, " ", l.Rel))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestHeed holds that what was found to be wrong makes no link, and that a withdrawn finding is forgotten.
func TestHeed(t *testing.T) {
	found := func(w *world, detector string, a waywarden.Activity) {
		w.Heed(&waywarden.Finding{
			Detector: detector, Activity: a, Severity: waywarden.SeverityHigh, Principal: waywarden.Principal{UID: "thief"}, Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: vin1}},
		})
	}
	use := func(w *world) {
		for range 8 {
			w.now = w.now.Add(2 * time.Hour)
			w.call("read.vehicle.status", "thief", 200, "path -1 vin vin "+vin1)
		}
	}
	rel := func(w *world) string {
		return w.linkOf(w.find(waywarden.AssetConsumer, waywarden.TypePersonID, "thief", "", false), w.find(waywarden.AssetVehicle, waywarden.TypeVIN, vin1, "", false)).Rel
	}
	for name, c := range map[string]struct {
		play func(w *world)
		want string
	}{
		"long use":        {use, User},
		"use found wrong": {func(w *world) { use(w); found(w, "AUT-001", waywarden.ActivityCreate); use(w) }, Contact},
		"withdrawn": {func(w *world) {
			use(w)
			found(w, "AUT-001", waywarden.ActivityCreate)
			found(w, "AUT-001", waywarden.ActivityClose)
		}, User},
		"list after all": {func(w *world) { use(w); found(w, "AUT-001", waywarden.ActivityCreate); w.list("thief", vin1) }, User},
		"claim found wrong": {func(w *world) {
			w.step("life.pair", "/pair", "thief", "body -1 vin vin "+vin1)
			found(w, "LIF-003", waywarden.ActivityCreate)
			w.list("thief", vin1)
			use(w)
		}, Contact},
		"claim without more": {func(w *world) { w.step("life.pair", "/pair", "thief", "body -1 vin vin "+vin1) }, Owner},
	} {
		w := newWorld(Default())
		c.play(w)
		if got := rel(w); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

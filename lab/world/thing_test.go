package world

import (
	"testing"
	"time"
)

// TestVehiclesStandWhenTold: a trip that was asked for does not overlap another, and speed is zero outside of trips.
func TestVehiclesStandWhenTold(t *testing.T) {
	v := &Vehicle{at: Place{1, 1}}
	day := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	first, ok := v.Drive(Trip{From: day.Add(9 * time.Hour), End: Place{1.5, 1.3}, KMH: 60})
	if !ok || first.To.Sub(first.From) < 61*time.Minute || first.To.Sub(first.From) > 70*time.Minute {
		t.Fatalf("65 km at 60 km/h: %v, %v", ok, first.To.Sub(first.From))
	}
	if _, ok := v.Drive(Trip{From: day.Add(9*time.Hour + 30*time.Minute), To: day.Add(11 * time.Hour), KMH: 60}); ok {
		t.Error("a trip amid another was accepted")
	}
	early, ok := v.Drive(Trip{From: day.Add(7 * time.Hour), To: day.Add(8 * time.Hour), KMH: 60})
	if !ok {
		t.Error("an earlier trip was refused")
	}
	if km := early.begin.km(early.End); km < 58 || km > 60 {
		t.Errorf("%v km in an hour at 60 km/h less a minute", km)
	}
	for hour, want := range map[float64]Place{6: {1, 1}, 8.5: early.End, 12: {1.5, 1.3}} {
		at, kmh := v.State(day.Add(time.Duration(hour * float64(time.Hour))))
		if at != want || kmh != 0 {
			t.Errorf("at %v: %v at %v km/h, want to stand at %v", hour, at, kmh, want)
		}
	}
	for m := 5; m < 55; m++ { // what is said of speed is what positions say
		now := day.Add(7*time.Hour + time.Duration(m)*time.Minute)
		a, kmh := v.State(now)
		b, _ := v.State(now.Add(time.Minute))
		if is := a.km(b) * 60; is < kmh-1 || is > kmh+1 {
			t.Errorf("minute %d: %v km/h by the meter, %v by the map", m, kmh, is)
		}
	}
}

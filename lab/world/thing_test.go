package world

import (
	"testing"
	"time"
)

// TestVehiclesStandWhenTold: a trip that was asked for does not overlap another, and speed is zero outside of trips.
func TestVehiclesStandWhenTold(t *testing.T) {
	v := &Vehicle{at: Place{1, 1}}
	day := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	if !v.Drive(Trip{From: day.Add(9 * time.Hour), To: day.Add(10 * time.Hour), End: Place{2, 2}, KMH: 60}) {
		t.Fatal("the first trip was refused")
	}
	if v.Drive(Trip{From: day.Add(9*time.Hour + 30*time.Minute), To: day.Add(11 * time.Hour), End: Place{3, 3}, KMH: 60}) {
		t.Error("a trip amid another was accepted")
	}
	if !v.Drive(Trip{From: day.Add(7 * time.Hour), To: day.Add(8 * time.Hour), End: Place{4, 4}, KMH: 60}) {
		t.Error("an earlier trip was refused")
	}
	for hour, want := range map[float64]Place{6: {1, 1}, 8.5: {4, 4}, 12: {2, 2}} {
		at, kmh := v.State(day.Add(time.Duration(hour * float64(time.Hour))))
		if at != want || kmh != 0 {
			t.Errorf("at %v: %v at %v km/h, want to stand at %v", hour, at, kmh, want)
		}
	}
	if _, kmh := v.State(day.Add(9*time.Hour + 30*time.Minute)); kmh < 50 {
		t.Errorf("%v km/h amid a trip", kmh)
	}
}

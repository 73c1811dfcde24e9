package alert

import (
	"testing"
	"time"

	"github.com/waywarden/waywarden"
)

var start = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

func finding(uid, principal string, after time.Duration, s waywarden.Severity) *waywarden.Finding {
	return &waywarden.Finding{
		UID: uid, Title: "t " + uid, At: start.Add(after), Severity: s, Principal: waywarden.Principal{UID: principal},
		Evidence:  []waywarden.Evidence{{Record: "r", IP: "203.0.113.1"}},
		Resources: []waywarden.Resource{{Type: waywarden.AssetVehicle, UID: "car " + uid}},
	}
}

func TestFindingsOfOnePartyAreOneIncident(t *testing.T) {
	b := New(Default())
	first := b.Raise(finding("a", "mallory", 0, waywarden.SeverityMedium))
	second := b.Raise(finding("b", "mallory", time.Hour, waywarden.SeverityHigh))
	other := b.Raise(finding("c", "trudy", time.Hour, waywarden.SeverityHigh))
	if first == nil || second == nil || other == nil {
		t.Fatal("a new finding must be told")
	}
	if first.UID != second.UID || len(second.Findings) != 2 || len(second.Affected) != 2 || second.Severity != waywarden.SeverityHigh {
		t.Errorf("the second finding did not join: %+v", second)
	}
	if second.Activity != waywarden.ActivityUpdate {
		t.Errorf("a grown incident is an update, got %v", second.Activity)
	}
	if other.UID == first.UID {
		t.Error("parties were mixed")
	}
}

func TestWhatIsNotNewIsNotTold(t *testing.T) {
	b := New(Default())
	b.Raise(finding("a", "mallory", 0, waywarden.SeverityHigh))
	if got := b.Raise(finding("a", "mallory", time.Minute, waywarden.SeverityHigh)); got != nil {
		t.Errorf("told again: %+v", got)
	}
	if got := b.Raise(finding("a", "mallory", time.Minute, waywarden.SeverityCritical)); got == nil {
		t.Error("a raised severity was kept quiet")
	}
	if got := b.Raise(finding("i", "mallory", time.Minute, waywarden.SeverityInformational)); got != nil {
		t.Errorf("an informational finding made an incident: %+v", got)
	}
}

func TestWindowAndLimits(t *testing.T) {
	b := New(Options{Window: time.Hour, FindingsMax: 2, OpenMax: 2})
	a := b.Raise(finding("a", "mallory", 0, waywarden.SeverityHigh))
	later := b.Raise(finding("b", "mallory", 3*time.Hour, waywarden.SeverityHigh))
	if a.UID == later.UID {
		t.Error("a finding after the window joined an old incident")
	}
	b.Raise(finding("c", "trudy", 3*time.Hour, waywarden.SeverityHigh))
	b.Raise(finding("d", "eve", 4*time.Hour, waywarden.SeverityHigh))
	if len(b.open) != 2 || b.Ended != 1 {
		t.Errorf("open %d, ended %d; want 2 and 1", len(b.open), b.Ended)
	}
}

package app

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/app/results"
	"github.com/waywarden/waywarden/lab"
)

// A told is what findings.ndjson says last of one finding.
type told struct {
	Activity int `json:"activity_id"`
	Severity int `json:"severity_id"`
	Info     struct {
		UID      string
		Analytic struct{ UID string }
		Title    string
	} `json:"finding_info"`
	Evidences []struct {
		API struct{ Request struct{ UID string } }
	}
}

// analyzeLab analyzes the built-in capture and returns the output directory, what was summed up and the labels.
func analyzeLab(t *testing.T) (string, Summary, lab.Truth) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "in"), lab.Files()); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	sum, err := Analyze(t.Context(), AnalyzeOptions{
		Out: out, Files: []string{filepath.Join(dir, "in", lab.CaptureName)}, Specs: []string{filepath.Join(dir, "in", lab.SpecDir)},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	truth, err := lab.Capture(io.Discard, lab.Default())
	if err != nil {
		t.Fatal(err)
	}
	return out, sum, truth
}

// TestLabAttacks: every attack of the built-in capture is found by the detector that is there for it, most of whose evidence
// is the attack's own records; and nothing honest is called an attack.
func TestLabAttacks(t *testing.T) {
	out, sum, truth := analyzeLab(t)
	detectors := map[string]string{
		lab.AttackForeignVans: "AUT-001", lab.AttackVINs: "ENU-001", lab.AttackEngineOff: "SAF-001",
		lab.AttackOpenData: "DAT-002", lab.AttackDebug: "INV-001",
	}
	findings := readFindings(t, out)
	found := map[string]bool{}
	for _, f := range findings {
		name := attackOf(truth, f)
		if name == "" {
			t.Errorf("false finding: %s %s", f.Info.Analytic.UID, f.Info.Title)
			continue
		}
		if f.Info.Analytic.UID == detectors[name] {
			found[name] = true
		}
	}
	for name, detector := range detectors {
		if !found[name] {
			t.Errorf("%s: not found by %s", name, detector)
		}
	}
	if sum.Worst() != waywarden.SeverityCritical {
		t.Errorf("the gravest finding is %s", sum.Worst())
	}
}

// readFindings returns the last word on every finding that was not withdrawn and is more than information.
func readFindings(t *testing.T, dir string) []told {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "findings.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	last := map[string]told{}
	for line := range bytes.Lines(data) {
		var f told
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		if _, ok := last[f.Info.UID]; !ok {
			order = append(order, f.Info.UID)
		}
		last[f.Info.UID] = f
	}
	var all []told
	for _, uid := range order {
		if f := last[uid]; f.Activity != int(waywarden.ActivityClose) && f.Severity > int(waywarden.SeverityInformational) {
			all = append(all, f)
		}
	}
	return all
}

// attackOf names the attack that at least half of a finding's evidence belongs to.
func attackOf(truth lab.Truth, f told) string {
	for _, a := range truth.Attacks {
		n := 0
		for _, e := range f.Evidences {
			if slices.Contains(a.Records, e.API.Request.UID) {
				n++
			}
		}
		if n > 0 && 2*n >= len(f.Evidences) {
			return a.Name
		}
	}
	return ""
}

// TestLabInventory: the inventory of the built-in capture is the one the business has.
func TestLabInventory(t *testing.T) {
	out, sum, _ := analyzeLab(t)
	var inv waywarden.Inventory
	if err := results.Read(out, "inventory.json", &inv); err != nil {
		t.Fatal(err)
	}
	var got []string
	status := map[string]string{}
	for _, e := range inv.Endpoints {
		segments := strings.Split(e.Template, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = "{}"
			}
		}
		name := e.Method + " " + strings.TrimSuffix(e.Host, ".vanloop.example") + strings.Join(segments, "/")
		if d := e.Discriminator; d != nil {
			name += " " + d.Name + "=" + d.Value
		}
		got = append(got, name)
		status[name] = strings.Join(e.Status, " ")
	}
	want := strings.Split(strings.TrimSpace(labEndpoints), "\n")
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("missing: %s", name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("not of the business: %s", name)
		}
	}
	for name, want := range map[string]string{
		"GET app/v3/vans/{}": "documented", "GET app/v3/vans/{}/trips": "shadow", "GET app/v2/vans/{}": "documented zombie",
		"DELETE app/v3/reservations/{}": "orphan", "GET console/admin/vans/{}": "",
	} {
		if got := status[name]; got != want && !(want == "documented zombie" && got == "zombie") {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if sum.Shadow != 1 || sum.Zombie != 1 || sum.Orphans != 1 || sum.Endpoints != len(want)-1 {
		t.Errorf("%d shadow, %d zombie, %d orphan, %d endpoints", sum.Shadow, sum.Zombie, sum.Orphans, sum.Endpoints)
	}
}

// labEndpoints are the operations of the business, the one orphan included.
const labEndpoints = `
GET app/v2/vans/{}
GET app/v3/commands/{}
GET app/v3/invoices
GET app/v3/invoices/{}
GET app/v3/me
GET app/v3/pairing/{}
DELETE app/v3/reservations/{}
GET app/v3/reservations/{}
POST app/v3/reservations
POST app/v3/reservations/{}/end
GET app/v3/vans
GET app/v3/vans/{}
GET app/v3/vans/{}/location
GET app/v3/vans/{}/trips
POST app/v3/vans/{}/climate/start
POST app/v3/vans/{}/doors/lock
POST app/v3/vans/{}/doors/unlock
POST app/v3/vans/{}/horn
GET console/admin/teams
GET console/admin/teams/{}
GET console/admin/vans/{}
POST console/admin/vans/{}/commands type=locate
POST console/admin/vans/{}/commands type=lock
POST console/admin/vans/{}/commands type=unlock
GET console/internal/debug/config
GET console/internal/debug/vars
POST console/session
POST id/oauth2/token grant_type=password
POST id/oauth2/token grant_type=refresh_token
GET partner/api/ritten/{}
GET partner/api/voertuigen
GET partner/api/voertuigen/{}
POST partner/api/voertuigen/{}/opdrachten opdracht=laden_starten
POST partner/api/voertuigen/{}/opdrachten opdracht=motor_uit
POST partner/api/voertuigen/{}/opdrachten opdracht=ontgrendelen
POST partner/api/voertuigen/{}/opdrachten opdracht=route_sturen
POST partner/api/voertuigen/{}/opdrachten opdracht=vergrendelen
POST partner/api/zendingen
GET partner/api/zendingen/{}/positie
`

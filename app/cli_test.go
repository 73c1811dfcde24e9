package app

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/waywarden/waywarden"
)

// summary is one with something of everything.
func summary() Summary {
	return Summary{
		Records: 1234567, HTTP: 51234, Rejected: 3, Late: 2, Hosts: 4, Endpoints: 61, Shadow: 5, Zombie: 1, Probes: 12,
		Findings:  map[waywarden.Severity]int{waywarden.SeverityCritical: 1, waywarden.SeverityMedium: 2},
		Incidents: 2, Posture: 9, Out: "out", Elapsed: 1234 * time.Millisecond,
		Top: []TopEndpoint{
			{Method: "POST", Host: "partner.vanloop.example", Template: "/api/voertuigen/{kenteken}/opdrachten", Discriminator: "opdracht=motor_uit",
				Class: "act.engine.stop", Access: "control", Auth: "always", Status: "documented", Risk: 92},
			{Method: "DELETE", Host: "a-host-with-quite-a-long-name.services.vanloop.example", Template: "/" + strings.Repeat("segment/", 20) + "{id}", Auth: "never", Risk: 41},
		},
		TopFindings: []waywarden.Finding{{Detector: "SAF-001", Severity: waywarden.SeverityCritical, Title: "Engine stopped while driving",
			Desc: "koerier-noord stopped the engine of V-104-R at 82 km/h; " + strings.Repeat("that is why a van in motion must refuse it. ", 4)}},
		Blind: []string{"No response bodies of otel.example were captured: excessive data and value flow cannot be seen there."},
	}
}

func TestSummaryFits(t *testing.T) {
	for _, width := range []int{80, 100, 120, 200} {
		var b bytes.Buffer
		if err := printSummary(&b, summary(), style{columns: width}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width && !strings.HasPrefix(line, "Why so:") {
				t.Errorf("%d columns at a width of %d: %q", n, width, line)
			}
		}
		for _, want := range []string{"1,234,567 records", "51,234 of them API calls", "3 could not be decoded", "61 endpoints", "5 shadow",
			"motor_uit", "act.engine.stop", "SAF-001", "1 critical, 2 medium", "2 incidents", "82 km/h", "No response bodies", "waywarden explain"} {
			if !strings.Contains(text, want) {
				t.Errorf("at a width of %d, no %q in:\n%s", width, want, text)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Error("colour where none was asked for")
		}
	}
}

func TestSummaryColour(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := printSummary(&plain, summary(), style{columns: 120}); err != nil {
		t.Fatal(err)
	}
	if err := printSummary(&coloured, summary(), style{columns: 120, color: true}); err != nil {
		t.Fatal(err)
	}
	text := coloured.String()
	for _, code := range []string{bold, dim, red, yellow, cyan, "0"} {
		text = strings.ReplaceAll(text, "\x1b["+code+"m", "")
	}
	if text != plain.String() || text == coloured.String() {
		t.Errorf("colours change more than colour:\n%s", text)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := printSummary(&b, Summary{Out: "out"}, style{columns: 80}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "No threats.") || strings.Contains(b.String(), "Riskiest") {
		t.Error(b.String())
	}
}

// runMain runs the program and returns its exit code and what it printed.
func runMain(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = Main(context.Background(), args, Streams{Out: &o, Err: &e})
	return code, o.String(), e.String()
}

func TestEveryCommandTeaches(t *testing.T) {
	for _, cmd := range []string{"analyze", "explain", "bench", "completion", "man"} {
		code, out, errs := runMain(cmd, "--help")
		if code != ExitDone || errs != "" || !strings.Contains(out, "Examples:") || !strings.Contains(out, "waywarden "+cmd) {
			t.Errorf("%s --help: %d %q\n%s", cmd, code, errs, out)
		}
	}
}

func TestBashCompletion(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	code, script, _ := runMain("completion", "bash")
	if code != ExitDone {
		t.Fatal(code)
	}
	for _, c := range []struct{ words, want string }{
		{"waywarden an", "analyze"},
		{"waywarden analyze --fail-on c", "critical"},
		{"waywarden analyze --fo", "--format"},
		{"waywarden completion z", "zsh"},
	} {
		words := strings.Fields(c.words)
		probe := script + "\nCOMP_WORDS=(" + c.words + "); COMP_CWORD=" + string(rune('0'+len(words)-1)) + "; _waywarden; echo \"${COMPREPLY[*]}\""
		out, err := exec.Command(shell, "--norc", "-c", probe).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.words, out, err, c.want)
		}
	}
}

// TestCompletionsNameEverything: each script offers each command and each flag that shows.
func TestCompletionsNameEverything(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		_, script, _ := runMain("completion", shell)
		for _, want := range []string{"analyze", "explain", "bench", "version", "completion", "man", "fail-on", "spec", "peers", "critical"} {
			if !strings.Contains(script, want) {
				t.Errorf("%s: no %q", shell, want)
			}
		}
		if strings.Contains(script, "cpuprofile") {
			t.Errorf("%s: offers a hidden flag", shell)
		}
	}
}

func TestManPage(t *testing.T) {
	code, page, _ := runMain("man")
	if code != ExitDone || !strings.HasPrefix(page, ".TH WAYWARDEN 1") {
		t.Fatalf("%d %.80q", code, page)
	}
	for _, want := range []string{".SS analyze", `\-\-fail\-on`, ".SH EXIT STATUS", `waywarden explain`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		cmd := exec.Command(groff, "-man", "-Tascii", "-ww", "-z")
		cmd.Stdin = strings.NewReader(page)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("groff: %v %s", err, out)
		}
	}
}

// TestReference: what docs/reference.md shows of settings and formats is so.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	settings, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("it shows no settings")
	}
	name := filepath.Join(t.TempDir(), "waywarden.yaml")
	if err := os.WriteFile(name, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(name)
	if err != nil || len(c.Paths) != 1 || len(c.Selectors) != 1 || len(c.Functions) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, f := range formatNames() {
		if !strings.Contains(string(text), "| `"+f+"` |") {
			t.Errorf("it does not list the format %s", f)
		}
	}
}

// broken is a stream whose owner made a mistake.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("broken") }

// TestPanicIsInternal: a broken invariant ends with the code of an internal failure, not with that of bad usage.
func TestPanicIsInternal(t *testing.T) {
	var errs bytes.Buffer
	code := Main(t.Context(), []string{"version"}, Streams{Out: broken{}, Err: &errs})
	if code != ExitInternal || !strings.Contains(errs.String(), "internal failure: broken") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

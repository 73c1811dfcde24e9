package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden/detect/profile"
)

func config(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "waywarden.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(path)
}

func TestLoadConfig(t *testing.T) {
	c, err := config(t, `
reorder: 30s
paths:
  - {host: api.example, template: "/cars/{id}", do: pin}
selectors:
  - {path: /send, in: body, field: what}
functions:
  - {template: "/cars/{id}/x", class: act.door.unlock, access: control}
`)
	if err != nil {
		t.Fatal(err)
	}
	if c.Reorder != 30*time.Second || c.Paths[0].Do != "pin" || c.Selectors[0].Field != "what" || c.Functions[0].Access != "control" {
		t.Errorf("%+v", c)
	}
	if c, err := config(t, "profiles: {budget: 0}\n"); err != nil || c.Profiles.Budget != 0 || c.Profiles.PerMillion != profile.Default().PerMillion || len(c.Profiles.Makers()) != 0 {
		t.Errorf("profiles off: %+v, %v", c.Profiles, err)
	}
	if c, err := config(t, "# nothing yet\n"); err != nil || c.Reorder != DefaultConfig().Reorder {
		t.Errorf("an empty file: %+v, %v", c, err)
	}
}

func TestConfigErrorsSayWhereAndWhatToDo(t *testing.T) {
	for text, want := range map[string]string{
		"reorderd: 5s\n": "reorderd",
		"paths:\n  - {template: cars, do: pin}\n":                     `paths[0].template is "cars": it must begin with /`,
		"paths:\n  - {template: /cars, do: join}\n":                   "pin, split, merge",
		"selectors:\n  - {path: /a, field: b, in: cookie}\n":          "body, query, header",
		"functions:\n  - {template: /a}\n":                            "act.door.unlock",
		"functions:\n  - {template: /a, class: act.x, access: all}\n": "read, write, control",
		"profiles: {budget: -1}\n":                                    "profiles.budget must be between 0 (off)",
		"reorder: 2h\n":                                               "between 0 and 1h",
		"reorder: [\n":                                                "1:",
	} {
		if _, err := config(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want it to contain %q", text, err, want)
		}
	}
	if _, err := LoadConfig("/nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("missing file: %v", err)
	}
}

package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/waywarden/waywarden/app"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"waywarden": main})
}

// TestStories runs the program as a user would; each file of testdata is one story.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "holds": holds},
		Setup: func(e *testscript.Env) error {
			e.Setenv("COLUMNS", "100")
			return nil
		},
	})
}

// code runs a program and compares its exit code: code 2 waywarden analyze --nonsense.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM [ARG...]")
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// holds says whether a file has some text, without showing the whole of it when not: holds FILE TEXT.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: holds FILE TEXT")
	}
	if got := strings.Contains(ts.ReadFile(args[0]), args[1]); got == neg {
		ts.Fatalf("%s holds %q: %v", args[0], args[1], got)
	}
}

// TestReadme runs what README.md and the guide tell a user to type, in the order they tell it, on the built-in capture.
func TestReadme(t *testing.T) {
	for _, name := range []string{"README.md", "docs/guide.md"} {
		t.Run(name, func(t *testing.T) {
			commands := shown(t, filepath.Join("..", "..", name))
			t.Chdir(t.TempDir())
			if len(commands) == 0 {
				t.Fatal("it shows no command of waywarden")
			}
			for _, args := range commands {
				out, err := os.Create("stdout")
				if err != nil {
					t.Fatal(err)
				}
				if code := app.Main(t.Context(), args, app.Streams{Out: out, Err: out}); code != app.ExitDone && code != app.ExitFound {
					t.Errorf("waywarden %q: exit code %d", args, code)
				}
				if err := out.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// shown are the arguments of the commands in the sh blocks of a document that need nothing the reader must bring: those
// that name a file of the reader's are left out, and so are pipes.
func shown(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	in := false
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if rest, ok := strings.CutPrefix(line, "```"); ok {
			in = rest == "sh"
			continue
		}
		line, _, _ = strings.Cut(line, " #")
		line = strings.Replace(line, "go run ./cmd/waywarden", "waywarden", 1)
		args := strings.Fields(strings.ReplaceAll(line, "'", ""))
		if !in || len(args) < 2 || args[0] != "waywarden" || strings.ContainsAny(line, "|<>$") || theirs(args) {
			continue
		}
		all = append(all, args[1:])
	}
	return all
}

// theirs says whether a command names a file of the reader's.
func theirs(args []string) bool {
	for _, a := range args {
		for _, ext := range []string{".zst", ".gz", ".har", ".pcap", ".pcapng", ".log", ".ndjson", ".yaml", "openapi/", "peers"} {
			if strings.HasSuffix(a, ext) {
				return true
			}
		}
	}
	return false
}

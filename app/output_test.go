package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWholeFilesOrNone(t *testing.T) {
	o, err := openOutput(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.json("a.json", map[string]int{"b": 1}); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err = o.write("a.json", func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("error %v", err)
	}
	b, err := os.ReadFile(filepath.Join(o.dir, "a.json"))
	if err != nil || string(b) != "{\n \"b\": 1\n}\n" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.dir, ".waywarden-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFullDisk writes to the device that is always full.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	o, err := openOutput(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(o.dir, "findings.ndjson")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	w, err := o.stream("findings.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("a finding\n"))
	if err := o.close(); err == nil || !strings.Contains(err.Error(), "--out") || !strings.Contains(err.Error(), "findings.ndjson") {
		t.Errorf("error %v: it must name the file and what to do", err)
	}
}

func TestFileNamesOfHostsAreSafe(t *testing.T) {
	for host, want := range map[string]string{
		"api.oem.example": "api.oem.example", "../../etc/passwd": "_._.._etc_passwd", "": "_", "a:b\x00c": "a_b_c", strings.Repeat("x", 300): strings.Repeat("x", 200),
	} {
		if got := fileName(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

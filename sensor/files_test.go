package sensor_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// format is a format for tests: a line is "SECONDS ID"; a line that is none is rejected.
type format struct{}

func (format) Name() string { return "lines" }

func (format) Detect(head []byte) int {
	if bytes.HasPrefix(head, []byte("#lines\n")) {
		return 90
	}
	return 0
}

func (format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	lines := sensor.NewLines(in.R, 1<<20)
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line[0] == '#' {
			continue
		}
		at, id, _ := strings.Cut(string(line), " ")
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			out.Reject(sensor.Reject(in.Name, lines.Number(), "no number", line))
			continue
		}
		out.Count("seen", 1)
		if err := out.Record(&waywarden.Record{Kind: waywarden.KindSignal, ID: id, At: time.Unix(n, 0).UTC(), Signal: &waywarden.Signal{}}); err != nil {
			return err
		}
	}
}

// A run is what Files made of files.
type run struct {
	ids      []string
	counts   map[string]int64
	rejected []sensor.Rejection
	done     int64
	total    int64
	err      error
}

func files(t testing.TB, o sensor.FilesOptions) (r run) {
	t.Helper()
	r.counts = map[string]int64{}
	o.Formats = []sensor.Format{format{}}
	o.OnCount = func(name string, n int64) { r.counts[name] += n }
	o.OnReject = func(j sensor.Rejection) { r.rejected = append(r.rejected, j) }
	o.Progress = func(done, total int64) { r.done, r.total = done, total }
	r.err = sensor.Files(context.Background(), o, func(_ context.Context, list ...*waywarden.Record) error {
		for _, rec := range list {
			r.ids = append(r.ids, rec.ID)
		}
		return nil
	})
	return r
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t testing.TB, content string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(content), nil))
}

func TestFilesMerge(t *testing.T) {
	a := write(t, "a", "#lines\n1 a1\n5 a5\n3 a3\nbad\n9 same\n")
	b := write(t, "b.gz", zipped(t, "#lines\n2 b2\n5 b5\n4 b4\n9 same\n"))
	c := write(t, "c", zstandard(t, zipped(t, "#lines\n0 c0\n")))
	empty := write(t, "empty", "")
	r := files(t, sensor.FilesOptions{Paths: []string{a, b, c, empty, "-"}, Stdin: strings.NewReader("#lines\n10 stdin\n")})
	want := []string{"c0", "a1", "b2", "a3", "b4", "a5", "b5", "same", "stdin"}
	if r.err != nil || !slices.Equal(r.ids, want) {
		t.Errorf("%v, error %v", r.ids, r.err)
	}
	if r.counts[sensor.CountRead] != 10 || r.counts[sensor.CountDuplicate] != 1 || r.counts[sensor.CountRejected] != 1 || r.counts["seen"] != 10 {
		t.Errorf("%v", r.counts)
	}
	if len(r.rejected) != 1 || r.rejected[0].Line != 5 || r.rejected[0].File != a {
		t.Errorf("%+v", r.rejected)
	}
	if r.done == 0 || r.total != 0 {
		t.Errorf("progress %d of %d", r.done, r.total)
	}
}

func TestFilesLate(t *testing.T) {
	a := write(t, "a", "#lines\n100 p\n200 o\n300 q\n350 r\n99 late\n98 later\n290 s\n")
	r := files(t, sensor.FilesOptions{Paths: []string{a}})
	if want := []string{"p", "o", "late", "later", "s", "q", "r"}; r.err != nil || !slices.Equal(r.ids, want) || r.counts[sensor.CountLate] != 2 {
		t.Errorf("%v %v, error %v", r.ids, r.counts, r.err)
	}
	r = files(t, sensor.FilesOptions{Paths: []string{a}, Reorder: -1})
	if want := []string{"p", "o", "q", "r", "late", "later", "s"}; r.err != nil || !slices.Equal(r.ids, want) {
		t.Errorf("without a window: %v, error %v", r.ids, r.err)
	}
}

// TestFilesAhead: a wrong clock makes nobody else late, whoever has it; a pause in the traffic is none.
func TestFilesAhead(t *testing.T) {
	steady := func(from, to int, more map[int]string) (lines string, ids []string) {
		var b strings.Builder
		for i := from; i < to; i += 20 {
			fmt.Fprintf(&b, "%d t%d\n%d t%d\n", i+10, i+10, i, i) // each two have changed places
			ids = append(ids, fmt.Sprint("t", i), fmt.Sprint("t", i+10))
			if x, ok := more[i]; ok {
				b.WriteString(x + "\n")
			}
		}
		return b.String(), ids
	}
	run := func(name, content string, want []string, ahead int64) {
		t.Helper()
		r := files(t, sensor.FilesOptions{Paths: []string{write(t, "a", "#lines\n"+content)}})
		got := r.ids
		if name == "first" { // until it is found out, records pass as they come
			got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
		}
		if r.err != nil || r.counts[sensor.CountAhead] != ahead || name != "first" && r.counts[sensor.CountLate] != 0 || r.counts[sensor.CountLate] > 16 || !slices.Equal(got, want) {
			t.Errorf("%s: %d records, %v, error %v", name, len(got), r.counts, r.err)
		}
	}
	lines, ids := steady(1000, 9000, map[int]string{2000: "900000000 x", 4000: "900000500 y"})
	run("two records of the far future", lines, append(ids, "x", "y"), 2)
	lines, ids = steady(1000, 9000, map[int]string{2000: "4001 soon"})
	run("a clock half an hour fast", lines, slices.Insert(ids, slices.Index(ids, "t4000")+1, "soon"), 0)
	lines, ids = steady(1000, 9000, nil)
	run("first", "900000000 x\n"+lines, append(ids, "x"), 1)
	more, later := steady(50_000, 59_000, nil)
	run("pause", lines+more, append(ids, later...), 0)
}

// A window that holds more than there is room for hands its earliest on, and says so.
func TestFilesFull(t *testing.T) {
	var b strings.Builder
	b.WriteString("#lines\n")
	const n = 200_000
	for i := range n {
		fmt.Fprintf(&b, "%d %d\n", i/10_000, i)
	}
	r := files(t, sensor.FilesOptions{Paths: []string{write(t, "a", b.String())}})
	if r.err != nil || len(r.ids) != n || r.counts[sensor.CountReorderFull] == 0 {
		t.Errorf("%d records, %v, error %v", len(r.ids), r.counts, r.err)
	}
}

func TestFilesErrors(t *testing.T) {
	dir := t.TempDir()
	good := write(t, "good", "#lines\n1 a\n")
	for name, c := range map[string]struct {
		o    sensor.FilesOptions
		want string
	}{
		"none":           {sensor.FilesOptions{}, "no file was named"},
		"no such file":   {sensor.FilesOptions{Paths: []string{good, dir + "/x"}}, "read " + dir + "/x: no such file; check the path"},
		"directory":      {sensor.FilesOptions{Paths: []string{dir}}, "is a directory; name the files in it, for example " + dir + "/*"},
		"unknown":        {sensor.FilesOptions{Paths: []string{write(t, "x", "hello\nworld")}}, `begins with "hello", which no format knows; say --format, one of lines`},
		"unknown format": {sensor.FilesOptions{Paths: []string{good}, Format: "lnies"}, `unknown format "lnies"; use --format auto or one of lines`},
		"empty":          {sensor.FilesOptions{Paths: []string{write(t, "e", ""), write(t, "f", "\n\n")}}, "there is no record in it"},
		"broken gzip":    {sensor.FilesOptions{Paths: []string{write(t, "g", "\x1f\x8bxxxxxxxxxxxxxxx")}}, "looks like gzip and is broken"},
	} {
		r := files(t, c.o)
		if r.err == nil || !strings.Contains(r.err.Error(), c.want) || !errors.Is(r.err, sensor.ErrUnreadable) {
			t.Errorf("%s: %v", name, r.err)
		}
		if len(r.ids) > 0 {
			t.Errorf("%s: %d records", name, len(r.ids))
		}
	}
	r := files(t, sensor.FilesOptions{Paths: []string{dir, dir + "/x"}})
	if n := strings.Count(fmt.Sprint(r.err), "\n"); n != 1 {
		t.Errorf("two files that cannot be read are not both named: %v", r.err)
	}
}

// Compressed data that end early, or break, are bad input: what came before counts.
func TestFilesCutArchive(t *testing.T) {
	var b strings.Builder
	b.WriteString("#lines\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d %x\n", i, uint32(i)*2654435761)
	}
	for name, data := range map[string]string{"gzip": zipped(t, b.String()), "zstd": zstandard(t, b.String())} {
		r := files(t, sensor.FilesOptions{Paths: []string{write(t, name, data[:len(data)*3/4])}})
		if r.err != nil || len(r.ids) < 10_000 || len(r.rejected) == 0 || !strings.Contains(r.rejected[len(r.rejected)-1].Reason, "compressed data end early") {
			t.Errorf("%s: %d records, %+v, error %v", name, len(r.ids), r.rejected, r.err)
		}
	}
}

func TestFilesStop(t *testing.T) {
	var b strings.Builder
	b.WriteString("#lines\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d i%d\n", i, i)
	}
	paths := []string{write(t, "a", b.String()), write(t, "b", b.String())}
	full := errors.New("full")
	err := sensor.Files(t.Context(), sensor.FilesOptions{Paths: paths, Formats: []sensor.Format{format{}}},
		func(context.Context, ...*waywarden.Record) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("error of the sink: %v", err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	err = sensor.Files(ctx, sensor.FilesOptions{Paths: paths, Formats: []sensor.Format{format{}}},
		func(context.Context, ...*waywarden.Record) error { cancel(stop); return nil })
	if !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
}

// The stream does not depend on the number of processors nor on how records are spread over files, as long as each file
// is in order within the window.
func TestFilesDeterministic(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "files")
		content := make([]strings.Builder, n)
		paths := make([]string, n)
		total := 0
		for i := range n {
			content[i].WriteString("#lines\n")
			now := 1000
			for range rapid.IntRange(0, 600).Draw(t, "records") {
				now += rapid.IntRange(-20, 30).Draw(t, "step")
				fmt.Fprintf(&content[i], "%d r%d\n", now, total)
				total++
			}
			paths[i] = filepath.Join(dir, strconv.Itoa(i))
			if err := os.WriteFile(paths[i], []byte(content[i].String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if total == 0 {
			return
		}
		read := func(procs int, paths []string) []string {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			var ids []string
			err := sensor.Files(context.Background(), sensor.FilesOptions{Paths: paths, Formats: []sensor.Format{format{}}},
				func(_ context.Context, list ...*waywarden.Record) error {
					for _, r := range list {
						ids = append(ids, r.ID)
					}
					return nil
				})
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		one := read(1, paths)
		if len(one) != total || !slices.Equal(one, read(2, paths)) {
			t.Fatalf("%d of %d records, or they differ with the number of processors", len(one), total)
		}
		slices.Reverse(paths) // ids differ, so that the file does not decide
		if !slices.Equal(one, read(2, paths)) {
			t.Fatal("differs with the order of files")
		}
	})
}

func TestDuplicatesByTimeOnly(t *testing.T) {
	a := write(t, "a", "#lines\n1 x\n2 x\n2 x\n")
	r := files(t, sensor.FilesOptions{Paths: []string{a}})
	if !slices.Equal(r.ids, []string{"x", "x"}) || r.counts[sensor.CountDuplicate] != 1 {
		t.Errorf("%v %v", r.ids, r.counts)
	}
}

func BenchmarkReject(b *testing.B) {
	raw := binary.AppendUvarint([]byte(strings.Repeat(`{"kind":"http","authorization":"Bearer x",`, 30)), 7)
	for b.Loop() {
		sensor.Reject("f", 1, "bad", raw)
	}
}

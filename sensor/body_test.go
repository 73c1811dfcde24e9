package sensor_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// packers pack by the name of a content coding; "deflate" is zlib, "raw deflate" what some send in its place.
var packers = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"raw deflate": func(w io.Writer) io.WriteCloser {
		f, err := flate.NewWriter(w, 6)
		if err != nil {
			panic(err)
		}
		return f
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		return z
	},
}

func pack(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := packers[coding](&b)
	if _, err := w.Write(body); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func header(coding string) string { return strings.TrimPrefix(coding, "raw ") }

func TestDecodeBody(t *testing.T) {
	body := []byte(strings.Repeat(`{"vin":"5YJ3E1EA7KF000316","speed":82.1}`, 100))
	for coding := range packers {
		packed := pack(t, coding, body)
		for range 2 { // the second by a decoder that was used
			got, truncated, err := sensor.DecodeBody(header(coding), packed, 0)
			if err != nil || truncated || !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes, truncated %v, error %v", coding, len(got), truncated, err)
			}
		}
		cut := packed[:len(packed)*3/4]
		if got, truncated, err := sensor.DecodeBody(header(coding), cut, 0); err == nil && (!truncated || !bytes.HasPrefix(body, got)) {
			t.Errorf("%s cut off: %d bytes, truncated %v", coding, len(got), truncated)
		}
		got, truncated, err := sensor.DecodeBody(header(coding), packed, 1000)
		if !errors.Is(err, sensor.ErrBodyBomb) || !truncated || !bytes.Equal(got, body[:1000]) {
			t.Errorf("%s over the limit: %d bytes, truncated %v, error %v", coding, len(got), truncated, err)
		}
	}
	chain := pack(t, "br", pack(t, "gzip", body))
	if got, _, err := sensor.DecodeBody("GZIP, identity, br", chain, 0); err != nil || !bytes.Equal(got, body) {
		t.Errorf("chain: %v", err)
	}
	for _, c := range []struct{ encoding, raw string }{{"compress", "x"}, {"gzip", "x"}, {"zstd", "xxxxxxxxxx"}, {"gzip,gzip,gzip,gzip,gzip", "x"}} {
		if got, _, err := sensor.DecodeBody(c.encoding, []byte(c.raw), 0); !errors.Is(err, sensor.ErrBodyEncoding) || got != nil {
			t.Errorf("%v: %q, error %v", c, got, err)
		}
	}
	if got, truncated, err := sensor.DecodeBody("", body, 10); err != nil || !truncated || len(got) != 10 {
		t.Errorf("plain over the limit: %d bytes, truncated %v, error %v", len(got), truncated, err)
	}
}

// A bomb is stopped early, whatever packed it.
func TestDecodeBomb(t *testing.T) {
	zeros := make([]byte, 32<<20)
	for coding := range packers {
		packed := pack(t, coding, zeros)
		start := time.Now()
		got, truncated, err := sensor.DecodeBody(header(coding), packed, 0)
		if !errors.Is(err, sensor.ErrBodyBomb) || !truncated || len(got) > sensor.DefaultBodyLimit {
			t.Errorf("%s: %d bytes out of %d, truncated %v, error %v", coding, len(got), len(packed), truncated, err)
		}
		t.Logf("%s: %d bytes out of %d in %s", coding, len(got), len(packed), time.Since(start))
	}
}

func TestTakeBody(t *testing.T) {
	packed := pack(t, "gzip", []byte("hello"))
	for name, c := range map[string]struct {
		encoding string
		raw      []byte
		cut      bool
		want     waywarden.Message
		count    string
	}{
		"packed":            {"gzip", packed, false, waywarden.Message{Body: []byte("hello"), Captured: true}, ""},
		"decoded already":   {"br", []byte(`{"a":"ü"}`), false, waywarden.Message{Body: []byte(`{"a":"ü"}`), Captured: true}, ""},
		"broken":            {"zstd", []byte("\x00\x01"), false, waywarden.Message{}, sensor.CountBodyUndecodable},
		"cut by the sensor": {"", []byte("hel"), true, waywarden.Message{Body: []byte("hel"), Captured: true, Truncated: true}, sensor.CountBodyTruncated},
		"bomb":              {"gzip", pack(t, "gzip", make([]byte, 4<<20)), false, waywarden.Message{Captured: true, Truncated: true}, sensor.CountBodyBomb},
	} {
		m := waywarden.Message{Headers: waywarden.Headers{{Name: "content-encoding", Value: c.encoding}}}
		count := sensor.TakeBody(&m, c.raw, c.cut, 0)
		if count != c.count || m.Captured != c.want.Captured || m.Truncated != c.want.Truncated || c.count != sensor.CountBodyBomb && !bytes.Equal(m.Body, c.want.Body) {
			t.Errorf("%s: %q, captured %v, truncated %v, counted %q", name, clip(m.Body), m.Captured, m.Truncated, count)
		}
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }

func FuzzDecodeBody(f *testing.F) {
	for coding := range packers {
		f.Add(header(coding), pack(f, coding, []byte("hello")))
	}
	f.Fuzz(func(t *testing.T, encoding string, raw []byte) {
		body, truncated, err := sensor.DecodeBody(encoding, raw, 1<<16)
		if len(body) > 1<<16 || errors.Is(err, sensor.ErrBodyEncoding) && body != nil || errors.Is(err, sensor.ErrBodyBomb) && !truncated {
			t.Errorf("%d bytes, truncated %v, error %v", len(body), truncated, err)
		}
	})
}

func TestParseTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596800+86400, 253402300799-86400).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns"))
		at = at.In(time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "zone")))
		s := at.Format(time.RFC3339Nano)
		if got, ok := sensor.ParseTime([]byte(s)); !ok || !got.Equal(at) || got.Location() != time.UTC {
			t.Fatalf("%s: %s %v", s, got, ok)
		}
	})
	for s, want := range map[string]string{
		"2026-06-30T23:59:60Z": "2026-07-01T00:00:00Z", "2026-03-01 08:00:00+0100": "2026-03-01T07:00:00Z", "2024-02-29t00:00:00z": "2024-02-29T00:00:00Z",
		"2026-03-01T08:00:00.1234567891234Z": "2026-03-01T08:00:00.123456789Z",
		"2026-02-29T00:00:00Z":               "", "2026-13-01T00:00:00Z": "", "2026-03-01T24:00:00Z": "", "2026-03-01T08:00:00": "", "2026-03-01": "",
		"2026-03-01T08:00:00.Z": "", "20a6-03-01T08:00:00Z": "", "2026-03-01T08:00:00+0a:00": "", "": "",
	} {
		got, ok := sensor.ParseTime([]byte(s))
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %s %v", s, got.Format(time.RFC3339Nano), ok)
		}
	}
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{"API.example:8443": "api.example 8443", "a.": "a 0", "[2001:DB8::1]:80": "2001:db8::1 80", "2001:db8::1": "2001:db8::1 0", "": " 0", "a:b": "a 0"} {
		host, port := sensor.Host(in, 0)
		if got := strings.TrimSpace(host) + " " + strconv.Itoa(port); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

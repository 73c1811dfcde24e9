package pcap_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor/pcap"
	"github.com/waywarden/waywarden/sensor/records"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// world returns the first records of a kind of a world of the range, decompressed.
func world(tb testing.TB, name string, kind waywarden.Kind, n int) []*waywarden.Record {
	tb.Helper()
	root := os.Getenv("WAYWARDEN_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	files, _ := filepath.Glob(filepath.Join(root, "range", name, "*.ndjson.zst"))
	if len(files) == 0 {
		tb.Skipf("the traffic of the range is not there: set WAYWARDEN_SHARED (looked in %s)", root)
	}
	var out []*waywarden.Record
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		z, err := zstd.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		defer z.Close()
		res, err := sensortest.Decode(tb.Context(), records.Format{}, z)
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range res.Records {
			if r.Kind == kind && len(out) < n {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		tb.Fatalf("no records of kind %v in %s", kind, files)
	}
	slices.SortStableFunc(out, func(a, b *waywarden.Record) int { return a.At.Compare(b.At) })
	return out
}

func TestRangeHTTP(t *testing.T) {
	want := world(t, "alpha", waywarden.KindHTTP, 5000)
	compare(t, want)
}

func TestRangeOCPP(t *testing.T) {
	compare(t, world(t, "charlie", waywarden.KindOCPP, 20000))
}

// compare writes records as a capture and compares what is read of it.
func compare(t *testing.T, want []*waywarden.Record) {
	t.Helper()
	file, err := write(want)
	if err != nil {
		t.Fatal(err)
	}
	res, err := sensortest.Decode(t.Context(), pcap.Format{}, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Rejected) > 0 || len(res.Counts) > 0 {
		t.Errorf("rejected %v, counted %v", res.Rejected, res.Counts)
	}
	a, z := bare(want), bare(res.Records)
	for i := range min(len(a), len(z)) {
		if a[i] != z[i] {
			t.Fatalf("record %d of %d:\n got %s\nwant %s", i, len(a), z[i], a[i])
		}
	}
	if len(a) != len(z) {
		t.Errorf("%d records, want %d", len(z), len(a))
	}
}

// bare returns what a capture can say of records, in a fixed order: no names that sensors made up, nor fields that
// belong to the transfer.
func bare(list []*waywarden.Record) []string {
	out := make([]string, 0, len(list))
	for _, r := range list {
		c := *r
		c.ID, c.Sensor, c.Received = "", "", c.At
		if c.HTTP != nil {
			tx := *c.HTTP
			tx.Client.JA4, tx.Client.Port, tx.Server.TLS = "", 0, false
			tx.Request, tx.Response = bareMessage(tx.Request), bareMessage(tx.Response)
			c.HTTP = &tx
		}
		if c.OCPP != nil {
			f := *c.OCPP
			f.Connection, f.Client.Port = "", 0
			f.Inbound = f.Inbound || f.Event != waywarden.SocketNone // which side closes is not always said
			f.Handshake.Headers = bareMessage(waywarden.Message{Headers: f.Handshake.Headers}).Headers
			c.OCPP = &f
		}
		out = append(out, c.At.Format("15:04:05.000000000")+sensortest.Dump(&c))
	}
	slices.Sort(out)
	return out
}

func bareMessage(m waywarden.Message) waywarden.Message {
	h := waywarden.Headers{}
	for _, f := range m.Headers {
		switch f.Name {
		case "host", "content-length", "upgrade", "connection":
		default:
			h = append(h, f)
		}
	}
	slices.SortStableFunc(h, func(a, b waywarden.Header) int { return strings.Compare(a.Name, b.Name) })
	m.Headers = h
	if len(m.Body) == 0 {
		m.Body, m.Captured = nil, false
	}
	return m
}

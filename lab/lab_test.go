package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

var rewrite = flag.Bool("rewrite", false, "write capture.ndjson.zst")

// TestCaptureIsCurrent: the capture in the repository is the one this code makes, and small.
func TestCaptureIsCurrent(t *testing.T) {
	const sizeMax = 300_000
	var want bytes.Buffer
	if _, err := Capture(&want, Default()); err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(CaptureName, enc.EncodeAll(want.Bytes(), nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.ReadFile(CaptureName)
	if err != nil {
		t.Fatal(err)
	}
	if len(packed) > sizeMax {
		t.Errorf("the capture has %d bytes, at most %d", len(packed), sizeMax)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	got, err := dec.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("the capture is not what this code makes; run: go generate ./lab")
	}
}

// capture returns the records of a capture in order.
func capture(t *testing.T, o Options) ([]record, Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := Capture(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	var all []record
	for s := bufio.NewScanner(&b); s.Scan(); {
		var r record
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all, truth
}

func TestRecords(t *testing.T) {
	all, _ := capture(t, Default())
	if n := len(all); n < 3000 || n > 6000 {
		t.Errorf("%d records", n)
	}
	if !slices.IsSortedFunc(all, func(a, b record) int { return a.Time.Compare(b.Time) }) {
		t.Error("records are out of order")
	}
	start := Default().Start
	for _, r := range all {
		if r.Time.Before(start.Add(-time.Minute)) || r.Time.After(start.Add(hours+time.Hour)) {
			t.Errorf("%s at %s", r.ID, r.Time)
		}
		if r.Server != nil && !strings.HasSuffix(r.Server.Host, ".vanloop.example") {
			t.Errorf("%s: host %s is not one of the business", r.ID, r.Server.Host)
		}
	}
}

// TestAttacks: what the labels say is so in the records.
func TestAttacks(t *testing.T) {
	all, truth := capture(t, Default())
	byID := map[string]*record{}
	for i := range all {
		byID[all[i].ID] = &all[i]
	}
	want := []string{AttackDebug, AttackEngineOff, AttackForeignVans, AttackOpenData, AttackVINs}
	var got []string
	for _, a := range truth.Attacks {
		got = append(got, a.Name)
		for _, id := range a.Records {
			r := byID[id]
			if r == nil || r.Kind != "http" {
				t.Fatalf("%s: record %q", a.Name, id)
			}
			if a.Name == AttackOpenData && (r.Request.Headers["x-api-key"] != "" || r.Response.Status != 200) {
				t.Errorf("%s: %s has a key or no answer", a.Name, id)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("attacks %q, want %q", got, want)
	}
}

// TestEngineOffIsInMotion: the last thing the van said before its engine was stopped is that it drives fast.
func TestEngineOffIsInMotion(t *testing.T) {
	all, truth := capture(t, Default())
	i := slices.IndexFunc(truth.Attacks, func(a Attack) bool { return a.Name == AttackEngineOff })
	vin, stop := truth.Attacks[i].Objects[1], truth.Attacks[i].Records[0]
	speed := 0.0
	for _, r := range all {
		if r.ID == stop {
			break
		}
		if r.Vehicle["vin"] == vin {
			speed = r.Signals["Vehicle.Speed"].(float64)
		}
	}
	if speed < 75 || speed > 90 {
		t.Errorf("the van drove %.1f km/h", speed)
	}
}

func TestSeedsDiffer(t *testing.T) {
	o := Default()
	a, _ := capture(t, o)
	o.Seed++
	b, _ := capture(t, o)
	if a[len(a)/2].Time.Equal(b[len(b)/2].Time) {
		t.Error("another seed gave the same capture")
	}
}

func TestCheckDigit(t *testing.T) {
	for _, vin := range []string{"11111111111111111", "1M8GDM9AXKP042788", "5GZCZ43D13S812715"} { // published examples
		if got := checked(vin); got != vin {
			t.Errorf("check digit of %s: got %s", vin, got)
		}
	}
}

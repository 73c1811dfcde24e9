// Package sensortest is the contract of a [sensor.Format] as a test: every format passes [Run] and [Fuzz].
//
// It also writes recorded calls in other forms ([ToRecords], [ToHAR], [ToCombined], [ToJSONLog], [ToOTLP]), so that what
// is learned from one form can be compared with what is learned from another.
package sensortest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

// A Case is a format with a file of it.
type Case struct {
	Format  sensor.Format
	Sample  []byte   // a file with at least two records, none of them the same
	Records int      // how many
	Foreign [][]byte // beginnings of files of other formats
	// Whole says that a file which is cut off anywhere can have lost all its records: one message is the file.
	Whole bool
	// Open says that a file which is cut off has records that are not complete: calls whose answers were in what is missing.
	Open bool
}

// Result is what a format made of an input.
type Result struct {
	Records  []*waywarden.Record
	Rejected []sensor.Rejection
	Counts   map[string]int64
}

// Decode runs f over r.
func Decode(ctx context.Context, f sensor.Format, r io.Reader) (Result, error) {
	res := Result{Counts: map[string]int64{}}
	err := f.Decode(ctx, sensor.Input{Name: "test", R: r}, sensor.Output{
		Record: func(r *waywarden.Record) error { res.Records = append(res.Records, r); return nil },
		Reject: func(r sensor.Rejection) { res.Rejected = append(res.Rejected, r) },
		Count:  func(name string, n int64) { res.Counts[name] += n },
	})
	return res, err
}

// Dump returns a record as text, for comparison.
func Dump(r *waywarden.Record) string {
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func dumps(list []*waywarden.Record) []string {
	s := make([]string, len(list))
	for i, r := range list {
		s[i] = Dump(r)
	}
	return s
}

// Check says what is wrong with a record, or "".
func Check(r *waywarden.Record) string {
	set := 0
	for kind, given := range map[waywarden.Kind]bool{
		waywarden.KindHTTP: r.HTTP != nil, waywarden.KindSignal: r.Signal != nil,
		waywarden.KindOCPP: r.OCPP != nil, waywarden.KindAsset: r.Asset != nil,
	} {
		if given {
			set++
			if kind != r.Kind {
				return "kind " + r.Kind.String() + " with the content of " + kind.String()
			}
		}
	}
	switch {
	case set != 1:
		return fmt.Sprintf("%d contents", set)
	case r.ID == "":
		return "no id"
	case r.At.IsZero(), r.At.Location().String() != "UTC":
		return "no time in UTC"
	case r.HTTP != nil:
		return checkHTTP(r.HTTP)
	case r.OCPP != nil && r.OCPP.Station == "":
		return "no station"
	case r.OCPP != nil && r.OCPP.Event == waywarden.SocketNone && r.OCPP.Type == 0:
		return "neither a message nor an event"
	}
	return ""
}

func checkHTTP(t *waywarden.Transaction) string {
	switch {
	case t.Client.IP == "":
		return "no client address"
	case t.Server.Host == "" || t.Server.Host != strings.ToLower(t.Server.Host):
		return "no host in lower case"
	case t.Method == "" || t.Method != strings.ToUpper(t.Method):
		return "no method in upper case"
	case t.Target == "":
		return "no target"
	}
	for _, m := range []*waywarden.Message{&t.Request, &t.Response} {
		if len(m.Body) > sensor.DefaultBodyLimit {
			return "body beyond the limit"
		}
		for _, h := range m.Headers {
			if strings.IndexFunc(h.Name, func(r rune) bool { return 'A' <= r && r <= 'Z' }) >= 0 {
				return "header name not in lower case: " + h.Name
			}
		}
	}
	return ""
}

// Run checks the contract.
func Run(t *testing.T, c Case) {
	t.Helper()
	whole, err := Decode(t.Context(), c.Format, bytes.NewReader(c.Sample))
	if err != nil || len(whole.Records) != c.Records || c.Records < 2 {
		t.Fatalf("%d records, want %d (at least 2), error %v, rejected %+v", len(whole.Records), c.Records, err, whole.Rejected)
	}
	ids := map[string]bool{}
	for _, r := range whole.Records {
		if s := Check(r); s != "" || ids[r.ID] {
			t.Errorf("record %s: %s (id seen: %v)", Dump(r), s, ids[r.ID])
		}
		ids[r.ID] = true
	}
	t.Run("detect", func(t *testing.T) { c.detect(t) })
	t.Run("same again", func(t *testing.T) { c.again(t, dumps(whole.Records)) })
	t.Run("kept records do not change", func(t *testing.T) { c.retain(t) })
	t.Run("cut off", func(t *testing.T) { c.cut(t, dumps(whole.Records)) })
	t.Run("hostile", func(t *testing.T) { c.hostile(t) })
	t.Run("errors", func(t *testing.T) { c.errors(t) })
}

func (c Case) detect(t *testing.T) {
	own := c.Format.Detect(c.Sample[:min(len(c.Sample), 64<<10)])
	if own < 50 || own > 100 {
		t.Errorf("own sample: %d", own)
	}
	for _, foreign := range append(c.Foreign, nil, []byte("\n\n"), []byte("hello"), make([]byte, 100), []byte("{}"), []byte("[]")) {
		if sure := c.Format.Detect(foreign); sure >= 20 {
			t.Errorf("%d for foreign %.60q", sure, foreign)
		}
	}
}

func (c Case) again(t *testing.T, want []string) {
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(c.Sample), "bytewise": iotest.OneByteReader(bytes.NewReader(c.Sample)),
		"data with the error": iotest.DataErrReader(bytes.NewReader(c.Sample)),
	} {
		res, err := Decode(t.Context(), c.Format, r)
		if err != nil || !slices.Equal(dumps(res.Records), want) {
			t.Errorf("%s: error %v, %d records, or they differ", name, err, len(res.Records))
		}
	}
}

// retain looks at each record when it comes and when all have come.
func (c Case) retain(t *testing.T) {
	var seen []string
	var kept []*waywarden.Record
	err := c.Format.Decode(t.Context(), sensor.Input{Name: "test", R: bytes.NewReader(c.Sample)}, sensor.Output{
		Record: func(r *waywarden.Record) error {
			seen, kept = append(seen, Dump(r)), append(kept, r)
			return nil
		},
		Reject: func(sensor.Rejection) {}, Count: func(string, int64) {},
	})
	if err != nil || !slices.Equal(seen, dumps(kept)) {
		t.Errorf("records changed after they were handed on (error %v)", err)
	}
}

// cut ends the input at every byte: no error, and no record lost that stands before.
func (c Case) cut(t *testing.T, want []string) {
	step := max(1, len(c.Sample)/8192)
	before := 0
	for n := 0; n <= len(c.Sample); n += step {
		res, err := Decode(t.Context(), c.Format, bytes.NewReader(c.Sample[:n]))
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		got := dumps(res.Records)
		if len(got) > len(want) || !c.Whole && len(got) < before {
			t.Fatalf("cut at %d: %d records, %d before", n, len(got), before)
		}
		for i := 0; i < len(got)-1 && !c.Open; i++ {
			if !slices.Contains(want, got[i]) {
				t.Fatalf("cut at %d: record %d is %s", n, i, got[i])
			}
		}
		before = len(got)
	}
}

func (c Case) hostile(t *testing.T) {
	inputs := map[string][]byte{
		"nothing": nil, "zeros": make([]byte, 1<<16), "ones": bytes.Repeat([]byte{0xff}, 1<<16), "deep": bytes.Repeat([]byte("["), 100_000),
		"deep objects": bytes.Repeat([]byte(`{"a":`), 50_000), "quotes": bytes.Repeat([]byte(`"`), 1<<16), "newlines": bytes.Repeat([]byte("\n"), 1<<16),
		"blanks": bytes.Repeat([]byte(" "), 1<<18), "sample twice": bytes.Repeat(c.Sample, 2), "sample from its middle": c.Sample[len(c.Sample)/2:],
	}
	reversed := slices.Clone(c.Sample)
	slices.Reverse(reversed)
	inputs["reversed"] = reversed
	seed := uint32(1)
	for i := range 200 { // bytes of the sample changed
		b := slices.Clone(c.Sample)
		for range 1 + i%5 {
			seed = seed*1664525 + 1013904223
			b[int(seed>>8)%len(b)] = byte(seed >> 3)
		}
		inputs[fmt.Sprintf("changed %d", i)] = b
	}
	for name, in := range inputs {
		res, err := Decode(t.Context(), c.Format, bytes.NewReader(in))
		if err != nil {
			t.Errorf("%s: bad input is an error: %v", name, err)
		}
		c.checkAll(t, name, res)
	}
}

func (c Case) checkAll(t testing.TB, name string, res Result) {
	for _, r := range res.Records {
		if s := Check(r); s != "" {
			t.Errorf("%s: record %s: %s", name, Dump(r), s)
		}
	}
	for _, r := range res.Rejected {
		if r.Reason == "" || len(r.Raw) > 256 {
			t.Errorf("%s: rejection %+v", name, r)
		}
	}
}

func (c Case) errors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Decode(ctx, c.Format, bytes.NewReader(c.Sample)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled context: %v", err)
	}
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(c.Sample[:len(c.Sample)/2]), iotest.ErrReader(broken))
	if _, err := Decode(t.Context(), c.Format, r); !errors.Is(err, broken) {
		t.Errorf("error of the reader: %v", err)
	}
	full, n := errors.New("sink full"), 0
	err := c.Format.Decode(t.Context(), sensor.Input{Name: "test", R: bytes.NewReader(c.Sample)}, sensor.Output{
		Record: func(*waywarden.Record) error { n++; return full },
		Reject: func(sensor.Rejection) {}, Count: func(string, int64) {},
	})
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("error of the sink: %v after %d records", err, n)
	}
}

// Fuzz decodes whatever the fuzzer comes up with: no panic, no error, no record that breaks the contract.
func Fuzz(f *testing.F, format sensor.Format, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
		f.Add(s[:len(s)*2/3])
	}
	c := Case{Format: format}
	f.Fuzz(func(t *testing.T, in []byte) {
		format.Detect(in)
		res, err := Decode(t.Context(), format, bytes.NewReader(in))
		if err != nil {
			t.Errorf("bad input is an error: %v", err)
		}
		c.checkAll(t, "input", res)
	})
}

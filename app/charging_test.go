package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/risk"
)

// grave collects the findings of high or critical severity.
type grave struct{ found []string }

func (g *grave) Finding(_ context.Context, f *waywarden.Finding) error {
	if f.Severity >= waywarden.SeverityHigh {
		g.found = append(g.found, f.Detector+" "+f.Title+": "+f.Desc)
	}
	return nil
}

func (g *grave) Incident(context.Context, *waywarden.Incident) error { return nil }

// chargingFlow returns a whole flow, and what it finds.
func chargingFlow(t *testing.T) (*Flow, *grave) {
	t.Helper()
	know, err := domain.Load()
	if err != nil {
		t.Fatal(err)
	}
	g := &grave{}
	return newFlow(know, catalog.Default(), Detectors(), risk.DefaultWeights(), g), g
}

// recording returns a file of the recordings, which are not part of the repository.
func recording(t *testing.T, path ...string) []byte {
	t.Helper()
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = "../../shared"
	}
	b, err := os.ReadFile(filepath.Join(append([]string{dir, "data", "fixtures"}, path...)...))
	if err != nil {
		t.Skip("no recording: ", err)
	}
	if strings.HasSuffix(path[len(path)-1], ".zst") {
		z, err := zstd.NewReader(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if b, err = z.DecodeAll(b, nil); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// ocppRecord reads a line of the recording: a handshake, a closing, or a frame.
func ocppRecord(n int, line []byte) (*waywarden.Record, error) {
	var l struct {
		TS      time.Time         `json:"ts"`
		Conn    int               `json:"conn"`
		Station string            `json:"cp"`
		Event   string            `json:"ev"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Dir     string            `json:"dir"`
		Frame   string            `json:"frame"`
		Code    int               `json:"code"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, fmt.Errorf("read line %d: %w", n, err)
	}
	f := &waywarden.Frame{Station: l.Station, Connection: strconv.Itoa(l.Conn), Version: "1.6", Client: waywarden.Client{IP: "127.0.0.1"}, Inbound: l.Dir == "cp->csms"}
	rec := &waywarden.Record{Kind: waywarden.KindOCPP, ID: "r" + strconv.Itoa(n), At: l.TS, OCPP: f}
	switch l.Event {
	case "open":
		f.Event, f.Handshake = waywarden.SocketOpen, waywarden.Handshake{Target: l.URL, Status: 101}
		for _, k := range []string{"authorization", "sec-websocket-protocol"} {
			if v := l.Headers[k]; v != "" {
				f.Handshake.Headers = append(f.Handshake.Headers, waywarden.Header{Name: k, Value: v})
			}
		}
		return rec, nil
	case "close":
		f.Event, f.CloseCode = waywarden.SocketClose, l.Code
		return rec, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(l.Frame), &parts); err != nil || len(parts) < 3 {
		return nil, fmt.Errorf("read frame %d: %w", n, err)
	}
	f.Type, f.Message = int(parts[0][0]-'0'), strings.Trim(string(parts[1]), `"`)
	switch f.Type {
	case 2:
		f.Action = strings.Trim(string(parts[2]), `"`)
	case 4:
		f.Error = strings.Trim(string(parts[2]), `"`)
	}
	f.Payload = parts[len(parts)-1]
	return rec, nil
}

// TestRecordedOCPP: traffic of a station simulator and a back office, both ways with handshakes, is read whole, fills the
// twins of its stations, and nothing in it looks like an attack.
func TestRecordedOCPP(t *testing.T) {
	data := recording(t, "ocpp_recorded", "ocpp16_recorded.ndjson.zst")
	flow, g := chargingFlow(t)
	var last time.Time
	n := 0
	boots := map[string]bool{}
	for line := range bytes.Lines(data) {
		n++
		rec, err := ocppRecord(n, line)
		if err != nil {
			t.Fatal(err)
		}
		if rec.OCPP.Action == "BootNotification" {
			boots[rec.OCPP.Station] = true
		}
		last = rec.At
		if err := flow.Handle(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := flow.Finish(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	for _, f := range g.found {
		t.Error(f)
	}
	have := map[string]int{}
	flow.Twins.Each(func(w waywarden.Twin) {
		if w.Type != waywarden.AssetCharger {
			return
		}
		for _, r := range w.State {
			if r.At.IsZero() || r.Received.IsZero() || r.Source != "ocpp" || r.Confidence <= 0 {
				t.Errorf("%s %s has no provenance: %+v", w.UID, r.Name, r)
			}
			have[r.Name]++
		}
	})
	t.Logf("%d lines, %d stations, state %v", n, len(boots), have)
	for _, name := range []string{"Charger.Vendor", "Charger.Model", "Charger.Registration", "Charger.HeartbeatInterval", "Charger.Socket", "Charger.Connector.1.Status"} {
		if have[name] < len(boots) {
			t.Errorf("%s is known of %d stations of %d", name, have[name], len(boots))
		}
	}
	for _, name := range []string{
		"Charger.Connector.1.Transaction", "Charger.Connector.1.Transaction.Token", "Charger.Connector.1.Energy", "Charger.LastHeartbeat", "Charger.Log.Status",
		"Charger.LocalList.Version", "Charger.Config.MeterValueSampleInterval", "Charger.Security.Profile",
	} {
		if have[name] == 0 {
			t.Errorf("%s is known of no station", name)
		}
	}
}

// TestRecordedLocations: pages of OCPI locations of real operators give every charging place a state, a position and a time.
func TestRecordedLocations(t *testing.T) {
	for _, file := range []string{
		"ocpi_2_1_1_locations-fastned.json.zst", "ocpi_2_2_1_locations-ev24.json", "ocpi_2_2_1_locations-greems.json.zst",
		"ocpi_2_2_1_locations-sitronics.json.zst", "ocpi_2_2_locations-evio.json", "ocpi_2_2_locations-zepto.json",
	} {
		t.Run(file, func(t *testing.T) {
			data := recording(t, "ocpi_locations_real_cpos", file)
			places, err := locations(data)
			if err != nil {
				t.Fatal(err)
			}
			flow, g := chargingFlow(t)
			at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
			const page = 50
			want := map[string]string{}
			for i := 0; i < len(places); i += page {
				part := places[i:min(i+page, len(places))]
				for _, p := range part {
					expect(p, want)
				}
				body := append([]byte(`{"status_code":1000,"data":`), join(part)...)
				at = at.Add(time.Minute)
				rec := &waywarden.Record{Kind: waywarden.KindHTTP, ID: "p" + strconv.Itoa(i), At: at, HTTP: &waywarden.Transaction{
					Client: waywarden.Client{IP: "198.51.100.7"}, Server: waywarden.Server{Host: "ocpi.cpo.example", TLS: true}, Method: "GET",
					Target: "/ocpi/cpo/2.2.1/locations?offset=" + strconv.Itoa(i) + "&limit=50", Status: 200,
					Request:  waywarden.Message{Headers: waywarden.Headers{{Name: "authorization", Value: "Token ZWJmM2IzOTktNzc5Zi00NDk3LTliOWQtYWM2YWQzY2M0NGQy"}}, Captured: true},
					Response: waywarden.Message{Headers: waywarden.Headers{{Name: "content-type", Value: "application/json"}}, Body: append(body, '}'), Captured: true},
				}}
				if err := flow.Handle(t.Context(), rec); err != nil {
					t.Fatal(err)
				}
			}
			if err := flow.Finish(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			for _, f := range g.found {
				t.Error(f)
			}
			status, position := held(flow, want)
			t.Logf("%d places: %d with state, %d with position", len(want), status, position)
			if status < len(want)*9/10 || position < len(want)*9/10 {
				t.Errorf("of %d places %d have a state and %d a position", len(want), status, position)
			}
		})
	}
}

// locations takes a page apart: a list, or an object with one.
func locations(data []byte) ([]json.RawMessage, error) {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		return list, nil
	}
	var object struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("read locations: %w", err)
	}
	return locations(object.Data)
}

func join(parts []json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(p)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// expect notes the places of a location and their state.
func expect(location json.RawMessage, want map[string]string) {
	var l struct {
		EVSEs []struct {
			UID    string `json:"uid"`
			EVSEID string `json:"evse_id"`
			Status string `json:"status"`
		} `json:"evses"`
	}
	if json.Unmarshal(location, &l) != nil {
		return
	}
	for _, e := range l.EVSEs {
		id := e.EVSEID
		if id == "" {
			id = e.UID
		}
		if id != "" && e.Status != "" && e.Status != "UNKNOWN" {
			want[id] = e.Status
		}
	}
}

// held counts the places whose twin has a state, and a position.
func held(flow *Flow, want map[string]string) (status, position int) {
	flow.Twins.Each(func(w waywarden.Twin) {
		if w.Type != waywarden.AssetCharger {
			return
		}
		known := false
		for _, id := range w.IDs {
			known = known || want[id.Value] != ""
		}
		if !known {
			return
		}
		if r, ok := w.Reading("Charger.Status"); ok && r.Source == "response" {
			status++
		}
		if _, ok := w.Reading("Charger.Latitude"); ok {
			position++
		}
	})
	return status, position
}

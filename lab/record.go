package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// The JSON of the file contract, as far as the lab speaks it.
type (
	record struct {
		Kind       string            `json:"kind"`
		ID         string            `json:"id"`
		Time       time.Time         `json:"time"`
		Sensor     string            `json:"sensor,omitempty"`
		Client     *client           `json:"client,omitempty"`
		Server     *server           `json:"server,omitempty"`
		Request    *message          `json:"request,omitempty"`
		Response   *message          `json:"response,omitempty"`
		DurationMS float64           `json:"durationMs,omitempty"`
		Vehicle    map[string]string `json:"vehicle,omitempty"`
		Signals    map[string]any    `json:"signals,omitempty"`
	}
	client struct {
		IP   string `json:"ip"`
		Port int    `json:"port"`
	}
	server struct {
		Host string `json:"host"`
		Port int    `json:"port"`
		TLS  bool   `json:"tls"`
	}
	message struct {
		Method    string            `json:"method,omitempty"`
		Target    string            `json:"target,omitempty"`
		Version   string            `json:"version,omitempty"`
		Status    int               `json:"status,omitempty"`
		Headers   map[string]string `json:"headers"`
		Body      string            `json:"body,omitempty"`
		BodyBytes int               `json:"bodyBytes"`
	}
)

// An object is a JSON object.
type object = map[string]any

// A call is one API call before it is a record.
type call struct {
	method, host, target string
	headers              map[string]string // of the request, beside the usual ones
	form                 string            // body of a form; else
	body                 object
	status               int
	answer               any
}

// A caller is where calls come from.
type caller struct {
	ip, agent string
	headers   map[string]string // the credential
}

// http notes a call at a time and returns its record.
func (w *world) http(at time.Time, who *caller, c call) *record {
	headers := map[string]string{"user-agent": who.agent, "accept": "application/json"}
	for _, more := range []map[string]string{who.headers, c.headers} {
		maps.Copy(headers, more)
	}
	body := c.form
	switch {
	case body != "":
		headers["content-type"] = "application/x-www-form-urlencoded"
	case c.body != nil:
		headers["content-type"] = "application/json"
		body = compact(c.body)
	}
	answer := ""
	back := map[string]string{}
	if c.answer != nil {
		back["content-type"] = "application/json"
		answer = compact(c.answer)
	}
	r := &record{
		Kind: "http", Time: at, Sensor: "edge-" + strings.SplitN(c.host, ".", 2)[0],
		Client: &client{who.ip, 40000 + w.rng.IntN(20000)}, Server: &server{c.host, 443, true},
		Request:    &message{Method: c.method, Target: c.target, Version: "2", Headers: headers, Body: body, BodyBytes: len(body)},
		Response:   &message{Status: c.status, Headers: back, Body: answer, BodyBytes: len(answer)},
		DurationMS: float64(80+w.rng.IntN(900)) / 10,
	}
	w.records = append(w.records, r)
	return r
}

// signal notes what a van reported.
func (w *world) signal(at time.Time, v *van, signals map[string]any) {
	w.records = append(w.records, &record{Kind: "signal", Time: at, Sensor: "telematics", Vehicle: map[string]string{"vin": v.vin}, Signals: signals})
}

// compact is the JSON of v. What the lab makes can always be written.
func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("lab: %v", err))
	}
	return string(b)
}

// write puts the records in order, gives them their ids and writes them.
func (w *world) write(to io.Writer) error {
	slices.SortStableFunc(w.records, func(a, b *record) int { return a.Time.Compare(b.Time) })
	b := bufio.NewWriter(to)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i, r := range w.records {
		r.ID = fmt.Sprintf("lab-%05d", i+1)
		if err := e.Encode(r); err != nil {
			return fmt.Errorf("write record: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

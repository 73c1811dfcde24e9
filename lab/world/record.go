package world

import (
	"bufio"
	"container/heap"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// The JSON of the file contract, as far as a world speaks it.
type (
	Record struct {
		Kind       string            `json:"kind"`
		ID         string            `json:"id"`
		Time       time.Time         `json:"time"`
		Received   *time.Time        `json:"received,omitempty"`
		Sensor     string            `json:"sensor,omitempty"`
		Station    string            `json:"station,omitempty"`
		Connection string            `json:"connection,omitempty"`
		Version    string            `json:"version,omitempty"`
		Client     *Client           `json:"client,omitempty"`
		Server     *server           `json:"server,omitempty"`
		Request    *Message          `json:"request,omitempty"`
		Response   *Message          `json:"response,omitempty"`
		DurationMS float64           `json:"durationMs,omitempty"`
		Event      string            `json:"event,omitempty"`
		Direction  string            `json:"direction,omitempty"`
		Frame      []any             `json:"frame,omitempty"`
		Vehicle    map[string]string `json:"vehicle,omitempty"`
		Signals    map[string]any    `json:"signals,omitempty"`
		Type       string            `json:"type,omitempty"`
		IDs        map[string]string `json:"ids,omitempty"`
		Links      []assetLink       `json:"links,omitempty"`
	}
	Client struct {
		IP   string `json:"ip"`
		Port int    `json:"port,omitempty"`
		JA4  string `json:"ja4,omitempty"`
	}
	server struct {
		Host string `json:"host"`
		Port int    `json:"port"`
		TLS  bool   `json:"tls"`
	}
	Message struct {
		Method    string            `json:"method,omitempty"`
		Target    string            `json:"target,omitempty"`
		Version   string            `json:"version,omitempty"`
		Status    int               `json:"status,omitempty"`
		Headers   map[string]string `json:"headers,omitempty"`
		Body      string            `json:"body,omitempty"`
		BodyBytes int               `json:"bodyBytes"`
	}
	assetLink struct {
		Rel  string `json:"rel"`
		Type string `json:"type"`
		ID   string `json:"id"`
	}
)

// A sink writes records in the order of their arrival. It holds those of the near future: scripts run ahead of the clock.
type sink struct {
	waiting arrivals
	to      *bufio.Writer
	enc     *json.Encoder
	counts  map[string]int // by kind
	err     error
}

func newSink(to io.Writer) *sink {
	b := bufio.NewWriterSize(to, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return &sink{to: b, enc: e, counts: map[string]int{}}
}

// Add gives a record its id and keeps it until its time has come.
func (s *sink) Add(r *Record) {
	prefix := map[string]string{"http": "tx-", "signal": "sg-", "ocpp": "oc-"}[r.Kind]
	r.ID = prefix + fmt.Sprintf("%07s", strconv.FormatInt(int64(s.counts[r.Kind]), 36))
	r.Time = r.Time.Truncate(time.Microsecond)
	s.counts[r.Kind]++
	heap.Push(&s.waiting, arrival{r.Arrives(), s.counts["http"] + s.counts["signal"] + s.counts["ocpp"], r})
}

// flush writes what arrives up to a time.
func (s *sink) flush(until time.Time) {
	for len(s.waiting) > 0 && !s.waiting[0].at.After(until) {
		r := heap.Pop(&s.waiting).(arrival).r
		if err := s.enc.Encode(r); err != nil && s.err == nil {
			s.err = fmt.Errorf("write record: %w", err)
		}
	}
}

func (s *sink) Close() error {
	for len(s.waiting) > 0 {
		s.flush(s.waiting[0].at)
	}
	if err := s.to.Flush(); err != nil && s.err == nil {
		s.err = fmt.Errorf("write records: %w", err)
	}
	return s.err
}

// Arrives is when the sensor saw the record.
func (r *Record) Arrives() time.Time {
	if r.Received != nil {
		return *r.Received
	}
	return r.Time
}

type arrival struct {
	at  time.Time
	seq int
	r   *Record
}

// arrivals is a heap by time of arrival, then by order of making.
type arrivals []arrival

func (h arrivals) Len() int      { return len(h) }
func (h arrivals) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h arrivals) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}

// Push is for container/heap.
func (h *arrivals) Push(x any) { *h = append(*h, x.(arrival)) }

// Pop is for container/heap.
func (h *arrivals) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// An agenda is what will happen, by time.
type agenda []event

type event struct {
	at  time.Time
	seq int
	do  func(time.Time)
}

// Len is for container/heap.
func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	if c := a[i].at.Compare(a[j].at); c != 0 {
		return c < 0
	}
	return a[i].seq < a[j].seq
}

// Push is for container/heap.
func (a *agenda) Push(x any) { *a = append(*a, x.(event)) }

// Pop is for container/heap.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

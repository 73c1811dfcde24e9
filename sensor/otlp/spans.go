package otlp

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/sensor"
)

const (
	// window is how long a client's span waits for the server's, in event time.
	window = 60 * time.Second
	// maxWaiting is how many wait at most, and how many servers' parents are remembered. At the limit the eldest
	// becomes a record, and the eldest parent is forgotten.
	maxWaiting = 1 << 15
)

// A spanKey names a span.
type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// A waiting record is that of a client's span whose server's span may still come.
type waiting struct {
	key spanKey
	rec *waywarden.Record
}

// spans turns spans into records, one per call.
type spans struct {
	file    string
	out     sensor.Output
	latest  time.Time
	queue   []waiting // in the order they came
	open    map[spanKey]bool
	served  map[spanKey]bool // parents of servers' spans
	parents []spanKey        // ring of served
	next    int
}

func newSpans(file string, out sensor.Output) *spans {
	return &spans{file: file, out: out, open: map[spanKey]bool{}, served: map[spanKey]bool{}}
}

// take hands on the calls of a request.
func (s *spans) take(traces ptrace.Traces) error {
	rss := traces.ResourceSpans()
	for i := range rss.Len() {
		rs := rss.At(i)
		resource := rs.Resource().Attributes()
		for j := range rs.ScopeSpans().Len() {
			list := rs.ScopeSpans().At(j).Spans()
			for k := range list.Len() {
				if err := s.span(resource, list.At(k)); err != nil {
					return err
				}
			}
		}
	}
	return s.due(false)
}

func (s *spans) span(resource pcommon.Map, span ptrace.Span) error {
	kind := span.Kind()
	if kind != ptrace.SpanKindServer && kind != ptrace.SpanKindClient || !isHTTP(span.Attributes()) {
		s.out.Count(sensor.CountNotHTTP, 1)
		return nil
	}
	rec, reason := record(resource, span, s.out.Count)
	if reason != "" {
		s.out.Reject(sensor.Reject(s.file, 0, "span "+span.SpanID().String()+": "+reason, nil))
		return nil
	}
	if rec.At.After(s.latest) {
		s.latest = rec.At
	}
	key := spanKey{span.TraceID(), span.SpanID()}
	if kind == ptrace.SpanKindServer {
		s.serve(spanKey{span.TraceID(), span.ParentSpanID()})
		return s.out.Record(rec)
	}
	if s.served[key] {
		return nil
	}
	s.queue = append(s.queue, waiting{key, rec})
	s.open[key] = true
	return nil
}

// serve notes that the server's side of a client's span was seen.
func (s *spans) serve(parent spanKey) {
	if parent.span.IsEmpty() || s.served[parent] {
		return
	}
	delete(s.open, parent)
	s.served[parent] = true
	if len(s.parents) < maxWaiting {
		s.parents = append(s.parents, parent)
		return
	}
	delete(s.served, s.parents[s.next])
	s.parents[s.next] = parent
	s.next = (s.next + 1) % maxWaiting
}

// due hands on the clients' spans that have waited long enough, or all.
func (s *spans) due(all bool) error {
	n := 0
	for ; n < len(s.queue); n++ {
		w := &s.queue[n]
		if s.open[w.key] && !all && len(s.queue)-n <= maxWaiting && s.latest.Sub(w.rec.At) <= window {
			break
		}
		if s.open[w.key] {
			delete(s.open, w.key)
			if err := s.out.Record(w.rec); err != nil {
				return err
			}
		}
	}
	rest := copy(s.queue, s.queue[n:])
	clear(s.queue[rest:])
	s.queue = s.queue[:rest]
	return nil
}

func (s *spans) flush() error { return s.due(true) }

package schema

import (
	"net/url"
	"strings"

	"github.com/waywarden/waywarden"
)

// Query walks the query part of a target, still percent-encoded.
func (w *Walker) Query(t *Tree, rawQuery string) {
	if rawQuery == "" {
		if r := t.roots[waywarden.InQuery]; r != nil || t.place == waywarden.InQuery {
			w.absent(t, waywarden.InQuery)
		}
		return
	}
	root := w.begin(t, waywarden.InQuery)
	w.form(root, rawQuery)
}

// absent counts a message that had nothing at that place, so that what others had there is not taken for required.
func (w *Walker) absent(t *Tree, in waywarden.Place) {
	r := t.root(in)
	r.seen++
	m := r.membersOf()
	m.opened++
	m.closed++
}

// form walks name=value pairs.
func (w *Walker) form(root *node, s string) {
	w.pairs(root, s, "&", true)
}

func (w *Walker) pairs(root *node, s, separator string, encoded bool) {
	m := root.membersOf()
	m.opened++
	at := int32(-1)
	if w.in == waywarden.InBody || w.in == waywarden.InResponse {
		root.kinds[kindObject]++
		at = w.open(-1, false)
	}
	hint := 0
	for pair := range strings.SplitSeq(s, separator) {
		name, value, _ := strings.Cut(pair, "=")
		if encoded {
			name, value = unescape(name), unescape(value)
		} else {
			name = strings.TrimSpace(name)
		}
		if name == "" {
			continue
		}
		hint = w.named(root, m, name, value, hint, at)
	}
	m.closed++
}

// named learns one value of a flat message. A name with "[]" behind it is an array's.
func (w *Walker) named(root *node, m *members, name, value string, hint int, at int32) int {
	base, array := strings.CutSuffix(name, "[]")
	var k *node
	if hint < len(m.list) && m.list[hint].key == base {
		k, hint = m.list[hint], hint+1
	} else {
		k, hint = w.tree.kid(root, m, base, hint)
	}
	m.seen(k)
	w.signed(k)
	if k == m.wild {
		w.key(root, m, base, at)
	}
	if array {
		k.kinds[kindArray]++
		k = w.tree.elements(k)
	}
	w.leaf(k, scalarKind(value), value, at)
	return hint
}

// unescape decodes percent-encoding and plus signs; what is wrongly encoded stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// scalarKind returns the kind of an untyped scalar: what it would be in JSON. Leading zeros make it a code, no number.
func scalarKind(s string) int {
	switch {
	case s == "true" || s == "false":
		return kindBool
	case s == "" || s[0] > '9' || len(s) > 24:
		return kindText
	}
	whole, frac, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	switch {
	case !allDigits(whole) || len(whole) > 1 && whole[0] == '0' || dot && !allDigits(frac):
		return kindText
	case dot:
		return kindNumber
	}
	return kindInteger
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Headers walks the header fields that say something about the call: those of transport and credentials are passed over.
func (w *Walker) Headers(t *Tree, headers waywarden.Headers) {
	root := w.begin(t, waywarden.InHeader)
	m := root.membersOf()
	m.opened++
	hint := 0
	for i := range headers {
		if name := headers[i].Name; !w.transport(name) {
			hint = w.named(root, m, name, headers[i].Value, hint, -1)
		}
	}
	m.closed++
}

// transportHeaders are fields of HTTP itself, of browsers and of proxies, and credentials, which are judged as
// authentication. Sorted by nothing: a set.
var transportHeaders = set(`accept accept-charset accept-encoding accept-language accept-ranges access-control-request-headers access-control-request-method
	age allow alt-svc authorization baggage cache-control cdn-loop cf-connecting-ip cf-ipcountry cf-ray cf-visitor connection content-disposition content-encoding
	content-language content-length content-location content-md5 content-range content-type cookie date digest dnt dpop etag expect expires forwarded from host
	http2-settings if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive last-modified link max-forwards origin pragma priority
	proxy-authorization proxy-connection range referer sec-gpc server set-cookie signature signature-input te trailer traceparent tracestate transfer-encoding
	true-client-ip upgrade upgrade-insecure-requests user-agent vary via want-digest warning x-b3-flags x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid
	x-cache x-client-ip x-cloud-trace-context x-datadog-origin x-datadog-parent-id x-datadog-sampling-priority x-datadog-trace-id x-envoy-attempt-count
	x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-internal x-envoy-original-path x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port
	x-forwarded-prefix x-forwarded-proto x-forwarded-scheme x-forwarded-server x-newrelic-id x-original-forwarded-for x-powered-by x-real-ip x-requested-with x-scheme
	x-amzn-trace-id b3 x-ot-span-context x-request-id x-correlation-id x-trace-id x-transaction-id request-id correlation-id x-amz-request-id x-ms-request-id x-ms-client-request-id x-vcap-request-id x-kong-request-id x-kong-proxy-latency x-kong-upstream-latency ssl-client-cert x-ssl-client-cert x-client-cert x-http-method-override`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// A nearHeader is the name of a header that was judged lately: most messages have the same few.
type nearHeader struct {
	name      string
	transport bool
}

// nearMax is the longest name of a header that is kept at hand.
const nearMax = 64

func (w *Walker) transport(name string) bool {
	if name == "" || len(name) > nearMax {
		return transport(name)
	}
	near := &w.near[uint8(len(name))*31+name[0]*7+name[len(name)-1]]
	if near.name != name {
		*near = nearHeader{strings.Clone(name), transport(name)}
	}
	return near.transport
}

func transport(name string) bool {
	return name == "" || name[0] == ':' || transportHeaders[name] || strings.HasPrefix(name, "sec-")
}

// Cookies walks a Cookie header.
func (w *Walker) Cookies(t *Tree, header string) {
	if header == "" {
		w.absent(t, waywarden.InCookie)
		return
	}
	w.pairs(w.begin(t, waywarden.InCookie), header, ";", false)
}

// Path walks the values of a path template's parameters, in the template's order. It makes the tree know the template.
func (w *Walker) Path(t *Tree, method, template string, values []string) {
	t.About(method, template)
	root := w.begin(t, waywarden.InPath)
	m := root.membersOf()
	m.opened++
	hint := 0
	for i, p := range t.params {
		if i >= len(values) {
			break
		}
		hint = w.named(root, m, p.name, values[i], hint, -1)
	}
	m.closed++
}

// csv walks lines of separated values below a line of names.
func (w *Walker) csv(root *node, s string, truncated bool) {
	head, rest, _ := strings.Cut(s, "\n")
	separator := byte(',')
	if strings.Count(head, ";") > strings.Count(head, ",") {
		separator = ';'
	} else if strings.Count(head, "\t") > strings.Count(head, ",") {
		separator = '\t'
	}
	names := splitRow(strings.TrimSuffix(head, "\r"), separator, nil)
	root.kinds[kindArray]++
	e := w.tree.elements(root)
	m := e.membersOf()
	var row []string
	for line := range strings.SplitSeq(rest, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			continue
		}
		row = splitRow(line, separator, row[:0])
		e.kinds[kindObject]++
		m.opened++
		at, hint := w.open(-1, true), 0
		for i, name := range names {
			if i < len(row) && name != "" {
				hint = w.named(e, m, strings.TrimSpace(name), row[i], hint, at)
			}
		}
		if len(row) >= len(names) || !truncated {
			m.closed++
		}
		if len(w.Leaves) >= leavesMax {
			w.Lost++
			return
		}
	}
}

// splitRow splits one line of separated values; quotes are taken off, doubled ones stand for one. A line break within
// quotes ends the value.
func splitRow(line string, separator byte, row []string) []string {
	for {
		if len(line) > 0 && line[0] == '"' {
			end := 1
			for end < len(line) && (line[end] != '"' || end+1 < len(line) && line[end+1] == '"') {
				if line[end] == '"' {
					end++
				}
				end++
			}
			row = append(row, strings.ReplaceAll(line[1:min(end, len(line))], `""`, `"`))
			line = line[min(end+1, len(line)):]
		} else {
			end := strings.IndexByte(line, separator)
			if end < 0 {
				return append(row, line)
			}
			row = append(row, line[:end])
			line = line[end:]
		}
		if line == "" {
			return row
		}
		line = line[1:]
	}
}

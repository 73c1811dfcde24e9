package spec

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// driftMax bounds the differences told of one endpoint.
const driftMax = 200

// Drift returns the differences between a documented operation and the traffic of it: params are what it was seen to
// take and give, statuses how often it answered with which code. What a description leaves open is no difference: fields
// of free-form objects and of bodies that are not described at all.
func Drift(op *Operation, params []waywarden.Parameter, statuses map[string]int64) []waywarden.Drift {
	var out []waywarden.Drift
	for i := range params {
		if d, ok := op.differs(&params[i]); ok {
			out = append(out, d)
		}
	}
	out = append(out, op.missing(params)...)
	out = append(out, op.undocumented(statuses)...)
	slices.SortStableFunc(out, func(a, b waywarden.Drift) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), driftMax)]
}

// differs compares one observed parameter or field with the description.
func (o *Operation) differs(p *waywarden.Parameter) (waywarden.Drift, bool) {
	body := p.In == "body" || p.In == "response"
	if p.In == "path" || p.In == "header" && plainHeader(p.Name) || body && o.Fields[p.In] == nil {
		return waywarden.Drift{}, false
	}
	doc, covered := o.lookup(p.In, p.Name)
	d := waywarden.Drift{In: p.In, Name: p.Name, Detail: "seen as " + p.Type}
	switch {
	case doc != nil:
		d.Kind, d.Detail = "type_differs", "documented as "+strings.Join(doc.Types, " or ")+", seen as "+p.Type
		return d, !typeFits(doc.Types, p.Type, body && !(o.form && p.In == "body"))
	case body:
		d.Kind = "field_undocumented"
		return d, !covered
	}
	d.Kind = "parameter_undocumented"
	return d, !covered && !o.credential(p)
}

// lookup returns the documented parameter of that name; covered says that an open object above it takes any field.
func (o *Operation) lookup(in, name string) (doc *Parameter, covered bool) {
	ps := o.documented(in)
	for i := range ps {
		p := &ps[i]
		if p.In != in {
			continue
		}
		if p.Name == name || in == "header" && strings.EqualFold(p.Name, name) {
			return p, false
		}
		if p.Open && (p.Name == "" || below(name, p.Name)) {
			covered = true
		}
		// An object or array that holds documented fields is documented itself.
		if below(p.Name, name) {
			covered = true
		}
	}
	return nil, covered
}

// below says whether a dotted name lies below another.
func below(name, parent string) bool {
	return len(name) > len(parent) && strings.HasPrefix(name, parent) && (name[len(parent)] == '.' || name[len(parent)] == '[' || strings.HasSuffix(parent, "[]"))
}

// credential says whether a parameter is a credential, which descriptions leave to their security schemes.
func (o *Operation) credential(p *waywarden.Parameter) bool {
	if p.In == "cookie" || p.DataType == waywarden.TypeAccessToken || p.DataType == waywarden.TypeSessionID {
		return true
	}
	n := strings.ToLower(p.Name)
	return slices.ContainsFunc([]string{"key", "token", "auth", "secret", "signature", "client-cert"}, func(w string) bool { return strings.Contains(n, w) })
}

// typeFits says whether an observed JSON type agrees with the documented ones. Outside typed bodies everything is text on
// the wire, so a documented text may look like anything.
func typeFits(doc []string, seen string, typed bool) bool {
	if len(doc) == 0 || seen == "" || seen == "null" || slices.Contains(doc, seen) {
		return true
	}
	if seen == "integer" && slices.Contains(doc, "number") {
		return true
	}
	return !typed && (slices.Contains(doc, "string") || slices.Contains(doc, "array") || slices.Contains(doc, "object") ||
		slices.Contains(doc, "boolean") && seen == "integer")
}

// missing returns the required parameters that were never seen.
func (o *Operation) missing(params []waywarden.Parameter) []waywarden.Drift {
	var out []waywarden.Drift
	for _, p := range slices.Concat(o.Parameters, o.Fields["body"]) {
		if !p.Required || p.In == "path" || p.In == "response" || p.In == "header" && plainHeader(p.Name) {
			continue
		}
		seen := slices.ContainsFunc(params, func(q waywarden.Parameter) bool {
			return q.In == p.In && (q.Name == p.Name || p.In == "header" && strings.EqualFold(q.Name, p.Name) || below(q.Name, p.Name))
		})
		observed := p.In != "body" || slices.ContainsFunc(params, func(q waywarden.Parameter) bool { return q.In == "body" })
		if !seen && observed {
			out = append(out, waywarden.Drift{Kind: "parameter_missing", In: p.In, Name: p.Name, Detail: "documented as required, never seen"})
		}
	}
	return out
}

// undocumented returns the statuses the description does not know. What any server or gateway may answer to anything is
// no difference: 404, 405, 429 and 5xx, and refusals where a credential is documented.
func (o *Operation) undocumented(statuses map[string]int64) []waywarden.Drift {
	if len(o.Statuses) == 0 || slices.Contains(o.Statuses, "default") {
		return nil
	}
	var out []waywarden.Drift
	for code, n := range statuses {
		if n == 0 || len(code) != 3 || code == "404" || code == "405" || code == "429" || code[0] == '5' || (code == "401" || code == "403") && !o.Public {
			continue
		}
		if !slices.Contains(o.Statuses, code) && !slices.Contains(o.Statuses, code[:1]+"XX") {
			out = append(out, waywarden.Drift{Kind: "status_undocumented", In: "response", Name: code})
		}
	}
	return out
}

// plainHeader says whether a header is one every HTTP client or gateway sends; descriptions leave those out.
func plainHeader(name string) bool {
	n := strings.ToLower(name)
	for _, p := range []string{
		"accept", "content-", "user-agent", "authorization", "cookie", "host", "connection", "cache-control", "pragma", "origin", "referer", "sec-", "x-request-id", "x-correlation-id",
		"x-forwarded-", "x-real-ip", "x-b3-", "x-amz", "x-envoy-", "x-cloud-", "x-datadog-", "trace", "b3", "baggage", "if-", "range", "dnt", "te", "via", "date", "expect",
		"upgrade", "forwarded", "priority", "access-control-", "x-requested-with", "keep-alive", "x-app-", "x-client-", "x-device-", "x-os-", "x-platform", "x-build-",
		"x-trace-", "x-span-", "x-csrf-", "x-xsrf-", "x-sdk-", "newrelic",
	} {
		if n == p || strings.HasPrefix(n, p) && (strings.HasSuffix(p, "-") || p == "accept" || p == "trace" || p == "x-amz") {
			return true
		}
	}
	return false
}

package rule

import (
	"net/netip"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A field is one variable of conditions.
type field struct {
	name  string
	typ   *cel.Type
	needs detect.Inputs // without which it is never known
	doc   string
	of    func(*scope) ref.Val
}

var listOfText = cel.ListType(cel.StringType)

// fields are the variables of every condition, in the order of the reference.
var fields = [...]field{
	{"now", cel.TimestampType, 0, "time of the event", func(s *scope) ref.Val { return types.Timestamp{Time: s.scene.Now} }},

	{"call.kind", cel.StringType, 0, "http, or ocpp for a request of a charging socket", func(s *scope) ref.Val { return str(s.scene.Record.Kind.String()) }},
	{"call.host", cel.StringType, 0, "host that was called, in lower case", func(s *scope) ref.Val { return str(s.operation().Host) }},
	{"call.method", cel.StringType, 0, "HTTP method", func(s *scope) ref.Val { return str(s.operation().Method) }},
	{"call.template", cel.StringType, 0, "learned path template: /vehicles/{vin}/lock", func(s *scope) ref.Val { return str(s.operation().Template) }},
	{"call.path", cel.StringType, 0, "path as sent, without the query", func(s *scope) ref.Val { return str(before(s.http().Target)) }},
	{"call.query", cel.StringType, 0, "query as sent", func(s *scope) ref.Val { return str(after(s.http().Target)) }},
	{"call.selector", cel.StringType, 0, "value of the field that selects the function, or the OCPP action; empty when there is none", func(s *scope) ref.Val { return str(s.operation().Discriminator.Value) }},
	{"call.operation", cel.StringType, 0, "id of the operation in inventory.json", func(s *scope) ref.Val { return str(s.operation().ID) }},
	{"call.class", cel.StringType, 0, "function class: act.door.unlock; empty when none was recognised", func(s *scope) ref.Val { return str(s.operation().Function.Class) }},
	{"call.class_confidence", cel.DoubleType, 0, "0 to 1, how sure the class is", func(s *scope) ref.Val { return types.Double(s.operation().Function.Confidence) }},
	{"call.access", cel.StringType, 0, "read, write or control", func(s *scope) ref.Val { return str(string(s.operation().Access)) }},
	{"call.probe", cel.BoolType, 0, "the path only ever met refusals: no operation", func(s *scope) ref.Val {
		return types.Bool(s.scene.Call != nil && s.scene.Call.Operation == nil)
	}},
	{"call.status", cel.IntType, 0, "HTTP status; unknown when no answer was seen", func(s *scope) ref.Val {
		if n := s.http().Status; n != 0 {
			return types.Int(n)
		}
		return unknown
	}},
	{"call.success", cel.BoolType, 0, "the server did what was asked", func(s *scope) ref.Val { return types.Bool(s.scene.Call != nil && s.scene.Call.Success) }},
	{"call.duration", cel.DurationType, 0, "time to the answer; unknown when not measured", func(s *scope) ref.Val {
		if d := s.http().Duration; d != 0 {
			return types.Duration{Duration: d}
		}
		return unknown
	}},
	{"call.request_bytes", cel.IntType, 0, "size of the request body", func(s *scope) ref.Val { return size(s.http().Request.BodyBytes) }},
	{"call.response_bytes", cel.IntType, 0, "size of the answer's body", func(s *scope) ref.Val { return size(s.http().Response.BodyBytes) }},
	{"call.objects", cel.IntType, detect.InputResponseBodies, "assets in the answer, of the kind that has most; unknown when the answer was not captured", func(s *scope) ref.Val {
		if !s.http().Response.Captured {
			return unknown
		}
		return types.Int(s.digest.Objects)
	}},
	{"call.subjects", cel.IntType, 0, "assets the call names", func(s *scope) ref.Val { return types.Int(len(s.scene.Subjects)) }},
	{"call.ip", cel.StringType, 0, "address the call came from", func(s *scope) ref.Val { return strOr(detect.Address(s.scene)) }},
	{"call.internal", cel.BoolType, 0, "the address is a private or local one", func(s *scope) ref.Val {
		a, err := netip.ParseAddr(detect.Address(s.scene))
		if err != nil {
			return unknown
		}
		return types.Bool(a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
	}},
	{"call.ja4", cel.StringType, 0, "TLS fingerprint of the client; unknown when the sensor takes none", func(s *scope) ref.Val { return strOr(s.http().Client.JA4) }},
	{"call.sensor", cel.StringType, 0, "sensor that saw the call", func(s *scope) ref.Val { return str(s.scene.Record.Sensor) }},

	{"caller.id", cel.StringType, detect.InputCredentials, "who calls, across its tokens; empty for nobody", func(s *scope) ref.Val { return str(s.principal().UID) }},
	{"caller.key", cel.StringType, 0, "caller.id, or the address for nobody: what to count by", func(s *scope) ref.Val { return str(s.callerKey()) }},
	{"caller.kind", cel.StringType, detect.InputCredentials, "user, service, charger, device, session; empty for nobody", func(s *scope) ref.Val { return str(string(s.principal().Kind)) }},
	{"caller.authenticated", cel.BoolType, 0, "the call carried a credential; unknown when header fields were not captured", func(s *scope) ref.Val { return truth(s.proven()) }},
	{"caller.scheme", cel.StringType, 0, "bearer_jwt, bearer_opaque, cookie, api_key, basic, token, mtls, hmac; empty for none", func(s *scope) ref.Val { return str(string(s.principal().Scheme)) }},
	{"caller.session", cel.StringType, detect.InputCredentials, "digest of the credential, the same for one token", func(s *scope) ref.Val { return strOr(s.principal().Session) }},
	{"caller.client", cel.StringType, detect.InputCredentials, "OAuth client, or owner of the API key", func(s *scope) ref.Val { return str(s.principal().Client) }},
	{"caller.issuer", cel.StringType, detect.InputCredentials, "issuer of the credential", func(s *scope) ref.Val { return str(s.principal().Issuer) }},
	{"caller.audiences", listOfText, detect.InputCredentials, "audiences of the credential", func(s *scope) ref.Val { return texts64(s.principal().Audiences) }},
	{"caller.roles", listOfText, detect.InputCredentials, "roles in the credential", func(s *scope) ref.Val { return texts64(s.principal().Roles) }},
	{"caller.scopes", listOfText, detect.InputCredentials, "scopes of the credential", func(s *scope) ref.Val { return texts64(s.principal().Scopes) }},
	{"caller.on_behalf", cel.StringType, detect.InputCredentials, "end user a service calls for; empty when not said", func(s *scope) ref.Val { return str(s.principal().OnBehalf) }},
	{"caller.algorithm", cel.StringType, detect.InputCredentials, "signature algorithm of the token; unknown for others", func(s *scope) ref.Val { return strOr(s.principal().Algorithm) }},
	{"caller.expires", cel.TimestampType, detect.InputCredentials, "end of the credential; unknown when it does not say", func(s *scope) ref.Val { return timeOr(s.principal().Expires) }},
	{"caller.links", cel.IntType, detect.InputLinks, "assets the caller has a link to", func(s *scope) ref.Val {
		if s.scene.Caller == nil {
			return types.Int(0)
		}
		return types.Int(len(s.scene.Caller.Links))
	}},
	{"caller.peer_links", cel.IntType, detect.InputLinks, "links learned for callers of its kind", func(s *scope) ref.Val { return types.Int(s.scene.LinksLearned) }},

	{"app.id", cel.StringType, 0, "program that calls: its client id, else the product of its user agent", func(s *scope) ref.Val { return str(s.application().UID) }},
	{"app.name", cel.StringType, 0, "name of the program", func(s *scope) ref.Val { return str(s.application().Name) }},
	{"app.version", cel.StringType, 0, "version of the program", func(s *scope) ref.Val { return str(s.application().Version) }},
	{"app.sdk", cel.StringType, 0, "library it uses: okhttp/4.12.0", func(s *scope) ref.Val { return str(s.application().SDK) }},

	{"subject.id", cel.StringType, 0, "the asset the call names", func(s *scope) ref.Val { return strOr(s.subjectID()) }},
	{"subject.type", cel.StringType, 0, "vehicle, consumer, charger, fleet, ride", func(s *scope) ref.Val { return strOr(string(s.subjectType())) }},
	{"subject.seen", cel.BoolType, 0, "the asset had been seen before this call", func(s *scope) ref.Val { return types.Bool(s.subject != nil && s.subject.Known) }},
	{"subject.linked", cel.BoolType, detect.InputLinks, "the caller has a link to it; unknown where too little was learned to tell", func(s *scope) ref.Val { return truth(s.linked()) }},
	{"subject.relation", cel.StringType, detect.InputLinks, "the caller's relation to it: owner, driver, renter, fleet_manager, …; unknown when there is none", func(s *scope) ref.Val {
		if s.linked() != waywarden.True {
			return unknown
		}
		return str(s.subject.Linked.Rel)
	}},
	{"subject.linked_since", cel.TimestampType, detect.InputLinks, "since when the link holds", func(s *scope) ref.Val {
		if s.linked() != waywarden.True {
			return unknown
		}
		return timeOr(s.subject.Linked.Since)
	}},
	{"subject.parties", listOfText, detect.InputLinks, "who is linked to it", func(s *scope) ref.Val {
		var ids []string
		if t := s.twin(); t != nil {
			for i := range t.Links[:min(len(t.Links), listMax)] {
				ids = append(ids, t.Links[i].UID)
			}
		}
		return texts64(ids)
	}},
	{"subject.place", cel.StringType, 0, "where the call names it: path, query, header, cookie, body", func(s *scope) ref.Val {
		if s.subject == nil || s.subject.Leaf < 0 || s.scene.Call == nil {
			return unknown
		}
		return str(s.scene.Call.Leaves[s.subject.Leaf].In.String())
	}},
}

// fieldIndex finds a field by its name.
var fieldIndex = indexFields()

func indexFields() map[string]int {
	m := make(map[string]int, len(fields))
	for i := range fields {
		m[fields[i].name] = i
	}
	return m
}

func size(n int64) ref.Val {
	if n < 0 {
		return unknown
	}
	return types.Int(n)
}

func before(target string) string { path, _, _ := strings.Cut(target, "?"); return path }
func after(target string) string  { _, query, _ := strings.Cut(target, "?"); return query }

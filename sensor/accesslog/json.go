package accesslog

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// A field is what a key of a JSON log stands for.
type field uint8

const (
	fieldNone field = iota
	fieldTime
	fieldTimeOrSeconds // nginx's request_time is a duration, API Gateway's requestTime the time
	fieldID
	fieldPeer
	fieldForwarded
	fieldHost
	fieldPort
	fieldScheme
	fieldTLS
	fieldMethod
	fieldTarget // the best name of a target there is
	fieldPath   // taken where there is no target
	fieldRoute  // a template, taken where there is no path
	fieldQuery
	fieldRequestLine
	fieldVersion
	fieldUser
	fieldStatus
	fieldSent
	fieldReceived
	fieldSeconds
	fieldMillis
	fieldDuration // the unit is guessed
	fieldAgent
	fieldReferer
	fieldAuthorization
	fieldCookie
	fieldRequestType
	fieldResponseType
	fieldRequestBody
	fieldResponseBody
	fieldRequestID
)

// keys maps the usual keys to fields. A key is the path to a value in lower case without punctuation: "request.uri",
// "request_uri" and "requestURI" are the same.
var keys = map[string]field{
	"time": fieldTime, "timestamp": fieldTime, "ts": fieldTime, "timelocal": fieldTime, "timeiso8601": fieldTime, "msec": fieldTime,
	"starttime": fieldTime, "startedat": fieldTime, "startutc": fieldTime, "requesttimeepoch": fieldTime, "datetime": fieldTime,
	"eventstart": fieldTime, "date": fieldTime, "timems": fieldTime, "timelocaliso": fieldTime, "requeststarttime": fieldTime,
	"requesttime": fieldTimeOrSeconds,

	"requestid": fieldID, "reqid": fieldID, "xrequestid": fieldID, "httpxrequestid": fieldID, "httprequestid": fieldID,

	"remoteaddr": fieldPeer, "clientip": fieldPeer, "client": fieldPeer, "ip": fieldPeer, "sourceip": fieldPeer, "remoteip": fieldPeer,
	"clientaddress": fieldPeer, "clientaddr": fieldPeer, "clienthost": fieldPeer, "identitysourceip": fieldPeer, "downstreamremoteaddress": fieldPeer,
	"downstreamdirectremoteaddress": fieldPeer, "sourceaddress": fieldPeer, "requestremoteip": fieldPeer, "requestclientip": fieldPeer,
	"remoteaddress": fieldPeer, "realip": fieldPeer, "httpxrealip": fieldPeer, "xrealip": fieldPeer, "requestremoteaddr": fieldPeer, "remotehost": fieldPeer,
	"httpxforwardedfor": fieldForwarded, "xforwardedfor": fieldForwarded, "forwardedfor": fieldForwarded, "xff": fieldForwarded,

	"host": fieldHost, "httphost": fieldHost, "authority": fieldHost, "servername": fieldHost, "domainname": fieldHost, "vhost": fieldHost,
	"requesthost": fieldHost, "urldomain": fieldHost, "requestauthority": fieldHost, "domain": fieldHost, "requestaddr": fieldHost,
	"serverport": fieldPort, "requestport": fieldPort, "urlport": fieldPort,
	"scheme": fieldScheme, "requestscheme": fieldScheme, "urlscheme": fieldScheme, "httpxforwardedproto": fieldScheme,
	"sslprotocol": fieldTLS, "tlsversion": fieldTLS, "requesttlsversion": fieldTLS, "downstreamtlsversion": fieldTLS, "requesttlsproto": fieldTLS,

	"method": fieldMethod, "requestmethod": fieldMethod, "httpmethod": fieldMethod, "verb": fieldMethod, "httprequestmethod": fieldMethod,
	"requesturi": fieldTarget, "originalpath": fieldTarget, "xenvoyoriginalpath": fieldTarget, "requesturl": fieldTarget, "requesttarget": fieldTarget,
	"target": fieldTarget, "urloriginal": fieldTarget,
	"uri": fieldPath, "path": fieldPath, "url": fieldPath, "httppath": fieldPath, "requestpath": fieldPath, "urlpath": fieldPath,
	"resourcepath": fieldRoute, "routekey": fieldRoute,
	"args": fieldQuery, "query": fieldQuery, "querystring": fieldQuery, "urlquery": fieldQuery, "requestquery": fieldQuery,
	"request": fieldRequestLine, "requestline": fieldRequestLine,
	"protocol": fieldVersion, "serverprotocol": fieldVersion, "httpversion": fieldVersion, "requestprotocol": fieldVersion, "requestproto": fieldVersion,
	"requesthttpversion": fieldVersion,

	"remoteuser": fieldUser, "clientusername": fieldUser,
	"status": fieldStatus, "responsecode": fieldStatus, "statuscode": fieldStatus, "httpstatus": fieldStatus, "responsestatus": fieldStatus,
	"downstreamstatus": fieldStatus, "httpresponsestatuscode": fieldStatus, "responsestatuscode": fieldStatus, "code": fieldStatus, "httpstatuscode": fieldStatus,
	"bodybytessent": fieldSent, "bytessent": fieldSent, "responselength": fieldSent, "responsesize": fieldSent, "size": fieldSent, "bytes": fieldSent,
	"downstreamcontentsize": fieldSent, "httpresponsebodybytes": fieldSent,
	"bytesreceived": fieldReceived, "requestsize": fieldReceived, "requestcontentsize": fieldReceived, "bytesread": fieldReceived, "httprequestbodybytes": fieldReceived,
	"duration": fieldDuration, "responsetime": fieldDuration, "latency": fieldDuration, "requestduration": fieldDuration, "elapsed": fieldDuration,
	"responselatency": fieldMillis, "durationms": fieldMillis, "latencyms": fieldMillis, "latenciesrequest": fieldMillis, "responsetimems": fieldMillis,
	"durationseconds": fieldSeconds,

	"useragent": fieldAgent, "httpuseragent": fieldAgent, "agent": fieldAgent, "useragentoriginal": fieldAgent, "requestuseragent": fieldAgent,
	"httpreferer": fieldReferer, "referer": fieldReferer, "referrer": fieldReferer, "httpreferrer": fieldReferer, "requestreferer": fieldReferer, "httprequestreferrer": fieldReferer,
	"httpauthorization": fieldAuthorization, "authorization": fieldAuthorization, "httpcookie": fieldCookie, "cookie": fieldCookie,
	"contenttype": fieldRequestType, "httpcontenttype": fieldRequestType, "requestcontenttype": fieldRequestType,
	"senthttpcontenttype": fieldResponseType, "responsecontenttype": fieldResponseType,
	"requestbody": fieldRequestBody, "httprequestbodycontent": fieldRequestBody, "responsebody": fieldResponseBody, "respbody": fieldResponseBody,
	"httpresponsebodycontent": fieldResponseBody,
}

// keyName brings the path to a value to the form of keys.
func keyName(path []byte) string {
	b := make([]byte, 0, len(path))
	for _, c := range path {
		switch {
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

// An object is a JSON line in reading.
type object struct {
	s      jsonscan.Scanner
	e      *entry
	path   []byte
	depth  int
	values [fieldRequestID + 1]string
}

// maxNesting is how deep an object of a log is looked into.
const maxNesting = 4

var errJSON = errors.New("not a JSON access log")

func detectJSON(line []byte) int {
	if line[0] == '[' {
		line = line[1:]
	}
	if len(line) == 0 || line[0] != '{' {
		return 0
	}
	var e entry
	if parseJSON(line, &e) != nil || e.check() != nil || e.status == 0 {
		return 0
	}
	return 70
}

// parseJSON reads an object by the names of its keys. Kong's queue may put it into an array of one.
func parseJSON(line []byte, e *entry) error {
	o := object{e: e}
	o.s.Reset(line)
	wrapped := o.s.Peek() == '['
	if wrapped && !o.s.Enter('[') {
		return errJSON
	}
	if o.s.Peek() != '{' {
		return errJSON
	}
	e.sent, e.received = -1, -1
	o.object()
	if wrapped && o.s.More(']') {
		return errors.New("several entries in one line")
	}
	if err := o.s.End(); err != nil {
		return err
	}
	o.fill()
	return nil
}

func (o *object) object() {
	o.depth++
	n := len(o.path)
	for ok := o.s.Enter('{'); ok; ok = o.s.More('}') {
		o.path = append(o.path[:n], o.s.Key()...)
		o.value()
	}
	o.path = o.path[:n]
	o.depth--
}

func (o *object) value() {
	name := keyName(o.path)
	switch o.s.Peek() {
	case '{':
		switch {
		case strings.HasSuffix(name, "headers"):
			o.headers(strings.HasPrefix(name, "resp") || strings.HasPrefix(name, "upstreamresp"))
		case o.depth < maxNesting:
			o.object()
		default:
			o.s.Skip()
		}
	case '[':
		o.s.Skip()
	case 'n':
		o.s.Null()
	case '"':
		o.set(name, o.s.Text())
	default:
		o.set(name, jsonscan.String(o.s.Keep(o.s.Raw())))
	}
}

// headers reads {"name":"value"} or {"name":["value"]}.
func (o *object) headers(response bool) {
	list := &o.e.request
	if response {
		list = &o.e.response
	}
	for ok := o.s.Enter('{'); ok; ok = o.s.More('}') {
		name := strings.ToLower(string(o.s.Key()))
		switch o.s.Peek() {
		case '[':
			for ok := o.s.Enter('['); ok; ok = o.s.More(']') {
				o.headerValue(list, name)
			}
		default:
			o.headerValue(list, name)
		}
	}
}

func (o *object) headerValue(list *waywarden.Headers, name string) {
	if o.s.Peek() != '"' {
		o.s.Skip()
		return
	}
	value := o.s.Text()
	if len(*list) < maxFields && !strings.HasPrefix(name, ":") {
		*list = append(*list, waywarden.Header{Name: name, Value: value})
	}
}

func (o *object) set(name, value string) {
	if value == "" || value == "-" {
		return
	}
	if f := keys[name]; f != fieldNone {
		if o.values[f] == "" {
			o.values[f] = value
		}
		return
	}
	// nginx: $http_name is a field of the request, $sent_http_name of the response.
	path := strings.ToLower(string(o.path))
	if rest, ok := strings.CutPrefix(path, "sent_http_"); ok {
		o.e.response = append(o.e.response, waywarden.Header{Name: strings.ReplaceAll(rest, "_", "-"), Value: value})
	} else if rest, ok := strings.CutPrefix(path, "http_"); ok {
		o.e.header(strings.ReplaceAll(rest, "_", "-"), value)
	}
}

// fill makes the entry of the values.
func (o *object) fill() {
	e, v := o.e, &o.values
	e.at = when(v[fieldTime])
	if both := v[fieldTimeOrSeconds]; both != "" {
		if e.duration = seconds(both); e.duration == 0 && e.at.IsZero() {
			e.at = when(both)
		}
	}
	e.id, e.peer, e.forwarded = v[fieldID], v[fieldPeer], v[fieldForwarded]
	o.fillTarget()
	e.user, e.status = v[fieldUser], status(v[fieldStatus])
	e.sent, e.received = size(v[fieldSent]), size(v[fieldReceived])
	switch {
	case v[fieldMillis] != "":
		e.duration = seconds(v[fieldMillis]) / 1000
	case v[fieldSeconds] != "":
		e.duration = seconds(v[fieldSeconds])
	case v[fieldDuration] != "" && e.duration == 0:
		e.duration = guessed(v[fieldDuration])
	}
	for _, h := range [...]struct {
		name string
		f    field
	}{{"user-agent", fieldAgent}, {"referer", fieldReferer}, {"authorization", fieldAuthorization}, {"cookie", fieldCookie}, {"content-type", fieldRequestType}} {
		if !e.request.Has(h.name) {
			e.header(h.name, v[h.f])
		}
	}
	if ct := v[fieldResponseType]; ct != "" && !e.response.Has("content-type") {
		e.response = append(e.response, waywarden.Header{Name: "content-type", Value: ct})
	}
	if v[fieldRequestBody] != "" {
		e.requestBody = &v[fieldRequestBody]
	}
	if v[fieldResponseBody] != "" {
		e.responseBody = &v[fieldResponseBody]
	}
}

func (o *object) fillTarget() {
	e, v := o.e, &o.values
	e.requestLine(v[fieldRequestLine])
	if v[fieldMethod] != "" {
		e.method = v[fieldMethod]
	}
	if v[fieldVersion] != "" {
		e.version = v[fieldVersion]
	}
	for _, target := range []string{v[fieldTarget], e.target, escapeTarget(v[fieldPath]), v[fieldRoute]} {
		if target != "" {
			e.target = target
			break
		}
	}
	if e.target != "" && e.target[0] != '/' && !strings.Contains(e.target, "://") && e.target != "*" {
		e.target = "/" + e.target
	}
	e.target = addQuery(e.target, v[fieldQuery])
	e.host = v[fieldHost]
	if e.host == "" {
		e.host = e.request.First("host")
	}
	e.port, _ = strconv.Atoi(v[fieldPort])
	if e.port < 0 || e.port > 65535 {
		e.port = 0
	}
	e.absolute()
	switch {
	case v[fieldScheme] != "":
		e.scheme = strings.ToLower(v[fieldScheme])
	case strings.HasPrefix(v[fieldTLS], "TLS"), strings.HasPrefix(v[fieldTLS], "tls"):
		e.scheme = "https"
	}
}

// guessed reads a duration of an unknown unit: "12ms" says it, a fraction below 1,000 is in seconds, a whole number in
// milliseconds, one of a million or more, as Traefik writes it, in nanoseconds.
func guessed(s string) time.Duration {
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || !(f > 0):
		return 0
	case strings.Contains(s, ".") && f < 1000:
		return time.Duration(f*1e9 + 0.5)
	case f < 1e6:
		return time.Duration(f*1e6 + 0.5)
	case f < 1e15:
		return time.Duration(f)
	}
	return 0
}

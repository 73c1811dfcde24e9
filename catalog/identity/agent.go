package identity

import "strings"

// An agent is what a User-Agent header says of the program that sends it.
type agent struct {
	name    string // product
	version string
	sdk     string // library or engine it calls with, with its version
}

// agentMax bounds the bytes of a user agent that are read.
const agentMax = 512

// libraries are the products that are means to call and not applications.
var libraries = map[string]bool{
	"okhttp": true, "cfnetwork": true, "darwin": true, "dart": true, "alamofire": true, "afnetworking": true, "aiohttp": true, "python-requests": true, "python": true,
	"python-httpx": true, "python-urllib": true, "urllib3": true, "httpx": true, "axios": true, "node-fetch": true, "node": true, "node.js": true, "undici": true, "got": true,
	"go-http-client": true, "fasthttp": true, "resty": true, "apache-httpclient": true, "apache-httpasyncclient": true, "java": true, "java-http-client": true, "jersey": true,
	"spring": true, "reactornetty": true, "netty": true, "retrofit": true, "volley": true, "dalvik": true, "ktor": true, "ktor-client": true, "curl": true, "libcurl": true,
	"wget": true, "httpie": true, "postmanruntime": true, "insomnia": true, "libwww-perl": true, "lwp": true, "faraday": true, "ruby": true, "rest-client": true, "httparty": true,
	"guzzlehttp": true, "guzzle": true, "php": true, "symfony": true, "restsharp": true, "dotnet": true, ".net": true, "reqwest": true, "hyper": true, "ureq": true, "isahc": true,
	"boto3": true, "botocore": true, "aws-sdk": true, "grpc-java": true, "grpc-go": true, "grpc-node-js": true, "grpc-python": true, "grpc-c": true, "cordova": true, "capacitor": true,
	"flutter": true, "react-native": true, "expo": true, "unity": true, "unityplayer": true, "cronet": true, "winhttp": true, "urlsession": true, "swift": true, "erlang": true,
	"elixir": true, "hackney": true, "mint": true, "openapi-generator": true, "swagger-codegen": true, "axios-retry": true, "esp32": true, "esp8266httpclient": true, "lwip": true,
}

// browsers are looked for in this order: later ones stand in the header of earlier ones too.
var browsers = []struct{ token, name string }{
	{"edg/", "Edge"}, {"edga/", "Edge"}, {"edgios/", "Edge"}, {"opr/", "Opera"}, {"samsungbrowser/", "Samsung Internet"}, {"vivaldi/", "Vivaldi"}, {"yabrowser/", "Yandex"},
	{"brave/", "Brave"}, {"crios/", "Chrome"}, {"fxios/", "Firefox"}, {"firefox/", "Firefox"}, {"headlesschrome/", "HeadlessChrome"}, {"chrome/", "Chrome"}, {"version/", "Safari"},
}

// engines are products of a browser's header that are no application of their own.
var engines = map[string]bool{
	"mozilla": true, "applewebkit": true, "gecko": true, "safari": true, "mobile": true, "version": true, "chrome": true, "khtml": true, "presto": true, "trident": true,
}

// parseAgent reads a User-Agent header (RFC 9110 section 10.1.5): products with versions, and comments.
func parseAgent(ua string) agent {
	if len(ua) > agentMax {
		ua = ua[:agentMax]
	}
	ua = strings.TrimSpace(ua)
	if ua == "" {
		return agent{}
	}
	if hasFold(ua, "mozilla/") {
		return parseBrowser(ua)
	}
	var a agent
	words := ""
	products(ua, func(name, version string) {
		l := lower(name)
		switch {
		case version == "" && a.name == "" && !libraries[l]:
			words = strings.TrimSpace(words + " " + name)
		case libraries[l]:
			if a.sdk == "" || lower(a.sdk[:min(len(a.sdk), 6)]) == "darwin" {
				a.sdk = joined(name, version)
			}
		case a.name == "":
			a.name, a.version = strings.TrimSpace(words+" "+name), version
		}
	})
	if a.name == "" {
		a.name = words
	}
	if a.name == "" && a.sdk != "" {
		a.name, a.version, _ = strings.Cut(a.sdk, "/")
	}
	return a
}

// parseBrowser reads the header of a browser, a web view inside an application, or a crawler that poses as one.
func parseBrowser(ua string) agent {
	l := lower(ua)
	if i := strings.Index(l, "compatible; "); i >= 0 {
		rest := ua[i+len("compatible; "):]
		name, _, _ := strings.Cut(rest, ";")
		name, _, _ = strings.Cut(name, ")")
		n, v, _ := strings.Cut(strings.TrimSpace(name), "/")
		if !hasFold(n, "msie") && n != "" {
			return agent{name: n, version: v}
		}
	}
	a := agent{name: "Browser"}
	for _, b := range browsers {
		if i := strings.Index(l, b.token); i >= 0 {
			v := ua[i+len(b.token):]
			if j := strings.IndexAny(v, " ;)"); j >= 0 {
				v = v[:j]
			}
			v, _, _ = strings.Cut(v, ".")
			a.name, a.version = b.name, v
			break
		}
	}
	browser := a
	products(ua, func(name, version string) {
		n := lower(name)
		if version == "" || engines[n] || isBrowser(n) || libraries[n] || a != browser {
			return
		}
		a = agent{name: name, version: version, sdk: joined(browser.name, browser.version)}
	})
	return a
}

func isBrowser(n string) bool {
	for _, b := range browsers {
		if n+"/" == b.token {
			return true
		}
	}
	return false
}

func joined(name, version string) string {
	if version == "" {
		return name
	}
	return name + "/" + version
}

// products calls f for each product outside comments.
func products(ua string, f func(name, version string)) {
	depth, start := 0, -1
	flush := func(end int) {
		if start >= 0 {
			name, version, _ := strings.Cut(strings.TrimSuffix(ua[start:end], ";"), "/")
			f(strings.ReplaceAll(name, "%20", " "), version)
			start = -1
		}
	}
	for i := range len(ua) {
		switch c := ua[i]; {
		case c == '(':
			flush(i)
			depth++
		case c == ')':
			if depth > 0 {
				depth--
			}
		case depth > 0:
		case c == ' ' || c == '\t' || c == ',':
			flush(i)
		case start < 0:
			start = i
		}
	}
	flush(len(ua))
}

package exposure

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// DebugSurface makes INV-001: a debug or management surface that answers.
func DebugSurface(*detect.Memory) detect.Detector { return debugSurface{} }

type debugSurface struct{}

func (debugSurface) Card() detect.Card {
	return detect.Card{
		ID: "INV-001", Title: "Debug or management surface answers",
		Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API8:2023", "API9:2023", "R155:28.2", "R155:29.1", "R155:3.5"},
		Needs: detect.InputCalls, Helped: detect.InputResponseBodies,
		Desc: `Raised when a path that is known to expose the inside of a server (memory dumps, environment, profiles, version control, backups, consoles) is answered with success and content. Memory, environment, keys and backups are critical; other insides are high; documentation of the API itself is informational, metrics low.

There is one finding per host and caller.`,
		Silent: []string{
			"scanners that only meet refusals",
			"health, readiness and version checks",
			"a page in place of the file: single-page applications answer every path with 200",
			"metrics collected from inside the network",
		},
		Respond: "Close the surface to the outside at the gateway, rotate every secret it showed, and find out from the logs who else fetched it.",
	}
}

// A surface is a kind of path that should not answer.
type surface struct {
	severity waywarden.Severity
	what     string
	page     bool // is itself a page: HTML is content
}

// The kinds of surface.
var (
	surfaceMemory  = surface{waywarden.SeverityCritical, "a dump of the server's memory", false}
	surfaceEnv     = surface{waywarden.SeverityCritical, "the server's environment and configuration", false}
	surfaceBackup  = surface{waywarden.SeverityCritical, "a backup or database dump", false}
	surfaceKey     = surface{waywarden.SeverityCritical, "a private key or password file", false}
	surfaceSource  = surface{waywarden.SeverityHigh, "the version control folder of the server", false}
	surfaceProfile = surface{waywarden.SeverityHigh, "a debug profile of the server", false}
	surfaceInside  = surface{waywarden.SeverityHigh, "the inside of the application server", false}
	surfaceConsole = surface{waywarden.SeverityHigh, "a debug or management page", true}
	surfaceMetrics = surface{waywarden.SeverityLow, "the server's metrics", false}
	surfaceDocs    = surface{waywarden.SeverityInformational, "the documentation of the API", true}
)

// segments are path segments that name a surface wherever they stand last, or before others of their own.
var segments = map[string]surface{
	"heapdump": surfaceMemory, "heap-dump": surfaceMemory, "threaddump": surfaceInside, "hprof": surfaceMemory, "coredump": surfaceMemory,
	".env": surfaceEnv, ".env.local": surfaceEnv, ".env.production": surfaceEnv, "configprops": surfaceEnv, "web.config": surfaceEnv, "wp-config.php": surfaceEnv,
	"appsettings.json": surfaceEnv, ".htpasswd": surfaceKey, "id_rsa": surfaceKey, ".aws": surfaceKey, ".ssh": surfaceKey, ".npmrc": surfaceKey,
	".git": surfaceSource, ".svn": surfaceSource, ".hg": surfaceSource, ".ds_store": surfaceSource,
	"pprof": surfaceProfile, "phpinfo": surfaceConsole, "phpinfo.php": surfaceConsole, "info.php": surfaceConsole,
	"server-status": surfaceConsole, "server-info": surfaceConsole, "elmah.axd": surfaceConsole, "trace.axd": surfaceConsole,
	"jolokia": surfaceInside, "_profiler": surfaceConsole, "phpmyadmin": surfaceConsole, "adminer.php": surfaceConsole, "h2-console": surfaceConsole,
	"jmx-console": surfaceConsole, "graphiql": surfaceDocs, "playground": surfaceDocs, "swagger-ui": surfaceDocs, "swagger-ui.html": surfaceDocs,
	"swagger.json": surfaceDocs, "swagger.yaml": surfaceDocs, "openapi.json": surfaceDocs, "openapi.yaml": surfaceDocs, "api-docs": surfaceDocs,
	"application.wadl": surfaceDocs, "metrics": surfaceMetrics, "prometheus": surfaceMetrics,
}

// insides are what a management root (actuator, debug) shows below it.
var insides = map[string]surface{
	"": surfaceInside, "env": surfaceEnv, "beans": surfaceInside, "mappings": surfaceInside, "loggers": surfaceInside, "logfile": surfaceInside,
	"httptrace": surfaceInside, "httpexchanges": surfaceInside, "trace": surfaceInside, "dump": surfaceInside, "sessions": surfaceInside, "auditevents": surfaceInside,
	"scheduledtasks": surfaceInside, "conditions": surfaceInside, "caches": surfaceInside, "gateway": surfaceInside, "shutdown": surfaceInside,
	"restart": surfaceInside, "refresh": surfaceInside, "vars": surfaceInside, "requests": surfaceInside, "config": surfaceEnv, "vm": surfaceInside,
}

// harmless are what such roots may show to everyone.
var harmless = map[string]bool{"health": true, "info": true, "ping": true, "live": true, "liveness": true, "ready": true, "readiness": true, "version": true}

// dumps are endings of files with the content of a database or a disk; archives count only when they are named so.
var (
	dumps    = [...]string{".sql", ".sql.gz", ".sql.zip", ".sqlite", ".sqlite3", ".db", ".mdb", ".dump", ".bak", ".hprof"}
	archives = [...]string{".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".7z", ".rar"}
	stores   = [...]string{"backup", "dump", "sicherung", "database", "datenbank", "respaldo", "sauvegarde", "db_", "-db", "_db", "www", "site"}
	keys     = [...]string{".pem", ".pfx", ".p12", ".jks", ".keystore", ".kdbx"}
)

// surfaceOf returns the surface that a path is; its severity is 0 for none.
func surfaceOf(path string) surface {
	path = strings.ToLower(strings.TrimRight(path, "/"))
	root := false
	rest := path
	for rest != "" {
		rest = strings.TrimPrefix(rest, "/")
		seg, after, more := strings.Cut(rest, "/")
		if root {
			if harmless[seg] {
				return surface{}
			}
			if s, ok := insides[seg]; ok {
				return s
			}
		}
		if s, ok := segments[seg]; ok {
			return s
		}
		root = seg == "actuator" || seg == "debug" || seg == "_debug" || seg == "__debug__"
		if !more {
			if root && seg == "actuator" {
				return insides[""]
			}
			return fileOf(seg)
		}
		rest = after
	}
	return surface{}
}

// fileOf judges the last segment of a path as a file.
func fileOf(name string) surface {
	for _, x := range dumps {
		if strings.HasSuffix(name, x) && len(name) > len(x) {
			return surfaceBackup
		}
	}
	for _, x := range keys {
		if strings.HasSuffix(name, x) {
			return surfaceKey
		}
	}
	for _, x := range archives {
		if !strings.HasSuffix(name, x) {
			continue
		}
		for _, w := range stores {
			if strings.Contains(name, w) {
				return surfaceBackup
			}
		}
	}
	return surface{}
}

// contentMin is the size below which an answer shows nothing.
const contentMin = 24

func (debugSurface) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls | detect.OfProbes} }

func (debugSurface) Inspect(s *waywarden.Scene, out *detect.Output) {
	tx := s.Record.HTTP
	if tx == nil || s.Call == nil || tx.Status < 200 || tx.Status > 206 || tx.Status == 204 {
		return
	}
	path, _, _ := strings.Cut(tx.Target, "?")
	f := surfaceOf(path)
	if f.severity == 0 || !shows(tx, f) || bare(&tx.Response) {
		return
	}
	if f.severity <= waywarden.SeverityLow && (detect.Inside(tx.Client.IP) || s.Call.Principal.UID != "") {
		return
	}
	r := detect.Report{
		Group: tx.Server.Host + " " + detect.Caller(s), Severity: f.severity, Confidence: 90, Operation: s.Call.Operation, Principal: s.Call.Principal,
		Title: "Debug surface answers: " + tx.Method + " " + tx.Server.Host + path,
		Desc: detect.Who(s) + " fetched " + f.what + " with " + tx.Method + " " + tx.Server.Host + path +
			". Such a surface is for the operators alone; what it shows (secrets, tokens of other users, configuration) opens the rest.",
		Facts: []waywarden.Fact{{Name: "status", Observed: detect.Itoa(tx.Status), Normal: "404, or 401 without an operator's credential"}},
	}
	if n := tx.Response.BodyBytes; n > 0 {
		r.Facts = append(r.Facts, waywarden.Fact{Name: "bytes", Observed: detect.Itoa(n), Normal: "0"})
	}
	if s.Call.Operation != nil {
		r.Resources = []waywarden.Resource{{Type: waywarden.AssetEndpoint, UID: s.Call.Operation.ID}}
	}
	out.Raise(&r)
}

// bare says whether an answer is too small to show anything.
func bare(m *waywarden.Message) bool {
	if m.BodyBytes >= 0 {
		return m.BodyBytes < contentMin
	}
	return m.Captured && len(m.Body) < contentMin
}

// shows says whether an answer can be the surface itself: servers of single-page applications answer every path with
// their page.
func shows(tx *waywarden.Transaction, f surface) bool {
	if strings.Contains(tx.Response.Headers.First("content-type"), "html") {
		return f.page
	}
	b := tx.Response.Body
	if tx.Response.Captured && len(b) > 0 && b[0] == '<' {
		head := strings.ToLower(string(b[:min(len(b), 64)]))
		return f.page || !strings.Contains(head, "<html") && !strings.Contains(head, "<!doctype html")
	}
	return true
}

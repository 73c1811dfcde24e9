package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// OtherApp pools the applications beyond Options.AppsMax.
const OtherApp = "(other)"

// Limits of what is kept of one application.
const (
	versionsMax = 32
	sdksMax     = 8
	appTextMax  = 120 // bytes of a name or version taken from a header
)

// An appStat is what is known of one application.
type appStat struct {
	entry      waywarden.AppEntry
	principals *hyperloglog.Sketch
	last       uint64 // principal counted last
}

// application returns the program that calls: the client id where there is one, else the product of the user agent.
func (r *Registry) application(s *survey, p *waywarden.Principal) waywarden.Application {
	a, ok := r.agents.find(s.agent)
	if !ok {
		a = parseAgent(strings.Clone(s.agent))
		r.agents.put(strings.Clone(s.agent), a)
	}
	app := waywarden.Application{UID: p.Client, Name: a.name, Version: a.version, SDK: a.sdk}
	if s.name != "" && len(s.name) <= appTextMax {
		app.Name = s.name
	}
	if s.version != "" && len(s.version) <= appTextMax {
		app.Version = s.version
	}
	if app.UID == "" {
		app.UID = app.Name
	}
	if app.Name == "" {
		app.Name = app.UID
	}
	if app.UID != "" {
		r.countApp(&app, p)
	}
	return app
}

// countApp counts a call of an application, and replaces the texts that point into the record by kept ones.
func (r *Registry) countApp(app *waywarden.Application, p *waywarden.Principal) {
	st := r.apps[app.UID]
	if st == nil {
		if len(r.apps) >= r.o.AppsMax {
			r.overflow++
			st = r.apps[OtherApp]
		}
		if st == nil {
			st = r.newApp(app)
		}
	}
	if st.entry.UID != OtherApp {
		app.UID = st.entry.UID
	}
	st.entry.Count++
	app.Version = keep(&st.entry.Versions, app.Version, versionsMax)
	app.SDK = keep(&st.entry.SDKs, app.SDK, sdksMax)
	if p.UID != "" {
		if h := xxh3.HashString(p.UID); h != st.last {
			st.last = h
			st.principals.InsertHash(h)
		}
	}
}

func (r *Registry) newApp(app *waywarden.Application) *appStat {
	uid, name := strings.Clone(app.UID), strings.Clone(app.Name)
	if len(r.apps) >= r.o.AppsMax {
		uid, name = OtherApp, OtherApp
	}
	st := &appStat{entry: waywarden.AppEntry{UID: uid, Name: name}, principals: hyperloglog.New()}
	r.apps[uid] = st
	r.appList = append(r.appList, st)
	return st
}

// keep adds a text to a bounded list of distinct ones and returns the kept copy.
func keep(list *[]string, v string, limit int) string {
	if v == "" {
		return ""
	}
	for _, have := range *list {
		if have == v {
			return have
		}
	}
	v = strings.Clone(v)
	if len(*list) < limit {
		*list = append(*list, v)
	}
	return v
}

// Applications returns the applications seen, the most active first.
func (r *Registry) Applications() []waywarden.AppEntry {
	out := make([]waywarden.AppEntry, 0, len(r.appList))
	for _, st := range r.appList {
		e := st.entry
		e.Versions, e.SDKs = slices.Sorted(slices.Values(e.Versions)), slices.Sorted(slices.Values(e.SDKs))
		e.Principals = int(st.principals.Estimate())
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b waywarden.AppEntry) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.UID, b.UID))
	})
	return out
}

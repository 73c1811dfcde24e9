package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
)

// OtherApp pools the applications beyond Options.AppsMax.
const OtherApp = "(other)"

// Limits of what is kept of one application.
const (
	productsMax = 16
	versionsMax = 32
	sdksMax     = 8
	appTextMax  = 120 // bytes of a name or version taken from a header
	accountApps = 8   // applications remembered of one account
)

// An appStat is what is known of one application. One client id may be used by several programs; the one most used
// gives the application its name.
type appStat struct {
	uid        string
	index      int32
	count      int64
	principals int
	products   []product
}

// A product is a program by the name it gives itself.
type product struct {
	name           string
	count          int64
	versions, sdks []string
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
		r.countApp(&app)
	}
	return app
}

// countApp counts a call of an application, and replaces the texts that point into the record by kept ones.
func (r *Registry) countApp(app *waywarden.Application) {
	st := r.apps[app.UID]
	if st == nil {
		if len(r.apps) >= r.o.AppsMax {
			r.overflow++
			st = r.apps[OtherApp]
		}
		if st == nil {
			st = r.newApp(app.UID)
		}
	}
	if st.uid != OtherApp {
		app.UID = st.uid
	}
	st.count++
	p := st.product(app.Name)
	p.count++
	if p.name == app.Name {
		app.Name = p.name
	}
	app.Version = keep(&p.versions, app.Version, versionsMax)
	app.SDK = keep(&p.sdks, app.SDK, sdksMax)
	if r.now != nil {
		r.now.uses(st)
	}
}

func (r *Registry) newApp(uid string) *appStat {
	uid = strings.Clone(uid)
	if len(r.apps) >= r.o.AppsMax {
		uid = OtherApp
	}
	st := &appStat{uid: uid, index: int32(len(r.appList))}
	r.apps[uid] = st
	r.appList = append(r.appList, st)
	return st
}

// product returns the counter of a name; names beyond the limit are counted with the last.
func (st *appStat) product(name string) *product {
	for i := range st.products {
		if st.products[i].name == name {
			return &st.products[i]
		}
	}
	if len(st.products) < productsMax {
		st.products = append(st.products, product{name: strings.Clone(name)})
	}
	return &st.products[len(st.products)-1]
}

// uses counts an account once among the users of an application.
func (a *account) uses(st *appStat) {
	if !slices.Contains(a.apps, st.index) && len(a.apps) < accountApps {
		a.apps = append(a.apps, st.index)
		st.principals++
	}
}

// mergeApps corrects the users of applications when b became part of a.
func (r *Registry) mergeApps(a, b *account) {
	for _, i := range b.apps {
		if slices.Contains(a.apps, i) || len(a.apps) >= accountApps {
			r.appList[i].principals--
			continue
		}
		a.apps = append(a.apps, i)
	}
	b.apps = nil
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
		main := slices.MaxFunc(st.products, func(a, b product) int {
			return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(b.name, a.name))
		})
		out = append(out, waywarden.AppEntry{
			UID: st.uid, Name: main.name, Count: st.count, Principals: st.principals,
			Versions: slices.Sorted(slices.Values(main.versions)), SDKs: slices.Sorted(slices.Values(main.sdks)),
		})
	}
	slices.SortFunc(out, func(a, b waywarden.AppEntry) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.UID, b.UID))
	})
	return out
}

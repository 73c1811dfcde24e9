package walk

import (
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A store is an operation that answers with many objects.
type store struct {
	callers int32
	most    int32 // pages that one caller read in a row, reported ones aside
}

// A paging is how one caller reads a store.
type paging struct {
	last    int64
	page    int64
	pages   int32 // read one after the other
	objects int32
	raised  bool
	counted bool
	first   waywarden.Evidence
	since   int64
}

// A crowd is a group of peers, and since when it is watched.
type crowd struct {
	callers int32
	first   int64
}

// Bounds of the verdict.
const (
	crowdAge     = 6 * time.Hour // a group watched for less may only not have begun to read the store
	pageMin      = 5             // objects that make an answer a page
	pagesMin     = 5             // pages in a row
	objectsMin   = 80
	pageGap      = 30 * time.Minute
	deeper       = 3   // times more pages than any other caller read
	peersMin     = 5   // peers before their not reading the store says anything
	readersShare = 0.2 // share of the peers that read the store up to which it is not theirs by habit
)

// meet counts the callers of a group.
func (d *enumeration) meet(s *waywarden.Scene) {
	g := detect.Peers(s.Call)
	k := d.known.At(detect.Mix(g, detect.Key(s.Call.Principal.UID)))
	if *k {
		return
	}
	*k = true
	c := d.groups.At(g)
	if c.callers++; c.first == 0 {
		c.first = s.Now.UnixNano()
	}
}

// page notes that a caller read a page of a store, and says so when it reads it as its peers do not.
func (d *enumeration) page(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c.Principal.UID == "" || !out.Told.Any(detect.Contacts()|detect.Vehicles()|detect.Places()|detect.Secrets()) {
		return
	}
	op := detect.Key(c.Operation.ID)
	p := d.pages.At(detect.Mix(op, detect.Key(c.Principal.UID)))
	st := d.stores.At(op)
	if !p.counted {
		p.counted = true
		st.callers++
	}
	n, ok := pageOf(c)
	if !ok {
		return
	}
	p.turn(s, n, out.Objects)
	switch {
	case p.raised:
		d.tell(s, p, st, out, nil)
	case p.pages < pagesMin:
	case p.objects < objectsMin || p.pages < deeper*st.most || d.habitual(s, st):
		st.most = max(st.most, p.pages)
	default:
		p.raised = true
		d.tell(s, p, st, out, []waywarden.Evidence{p.first, detect.EvidenceOf(s)})
	}
}

// habitual says whether a good part of the caller's peers read the store, or too little is known of them to tell.
func (d *enumeration) habitual(s *waywarden.Scene, st *store) bool {
	g := d.groups.At(detect.Peers(s.Call))
	n := float64(g.callers)
	return n < peersMin || s.Now.UnixNano()-g.first < int64(crowdAge) || float64(st.callers-1) > readersShare*n
}

// turn notes the page that is read: the next one of a run, or the first of another.
func (p *paging) turn(s *waywarden.Scene, page int64, objects int) {
	now := s.Now.UnixNano()
	switch {
	case p.last != 0 && now-p.last <= int64(pageGap) && page > p.page:
		p.pages++
		p.objects += int32(objects)
	case !p.raised:
		p.pages, p.objects, p.since = 1, int32(objects), now
		p.first = detect.Keep(s)
	}
	p.last, p.page = now, page
}

// pageOf returns the number by which a request says where in the store it reads: the first of a name that means so.
func pageOf(c *waywarden.Call) (int64, bool) {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if l.In != waywarden.InQuery && l.In != waywarden.InBody {
			continue
		}
		name := strings.ToLower(l.Name[strings.LastIndexByte(l.Name, '.')+1:])
		for _, w := range [...]string{"page", "offset", "skip", "start", "from", "seite", "pagina", "strona", "index", "cursor", "blatt", "side"} {
			if !strings.HasPrefix(name, w) || strings.Contains(name, "size") {
				continue
			}
			if n, err := strconv.ParseInt(l.Value, 10, 64); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}

func (d *enumeration) tell(s *waywarden.Scene, p *paging, st *store, out *detect.Output, ev []waywarden.Evidence) {
	op := s.Call.Operation
	r := detect.Report{
		Group: "store " + detect.Caller(s) + " " + op.ID, Severity: waywarden.SeverityHigh, Confidence: 75, Operation: op, Principal: s.Call.Principal,
		Evidence: ev, First: time.Unix(0, p.since).UTC(),
		Title: "Store read from end to end: " + detect.What(op),
		Types: []string{"API3:2023", "API4:2023", "API5:2023", "API6:2023", "API9:2023", "R155:3.3", "R155:19.2"},
		Facts: []waywarden.Fact{
			{Name: "pages in a row", Observed: detect.Itoa(p.pages), Normal: "at most " + detect.Itoa(st.most) + " by others"},
			{Name: "objects", Observed: detect.Itoa(p.objects), Normal: "a page or two"},
			{Name: "callers of the operation", Observed: detect.Itoa(st.callers), Normal: ""},
		},
	}
	r.Desc = detect.Who(s) + " read " + detect.Itoa(p.pages) + " pages with " + detect.Itoa(p.objects) + " objects one after the other from " + detect.What(op) +
		" (" + strings.Join(out.Told.Names(), ", ") + "). Hardly any of its peers use this operation, and none reads it so far: it looks like a collection of other people's data."
	out.Raise(&r)
}

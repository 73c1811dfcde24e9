package risk

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/risk/graph"
)

// What somebody is who calls, from the least to the most. Who is more can call all that who is less can.
const (
	outsider = iota // anybody in the internet, without a credential
	user            // whoever has signed up
	partner         // whoever has a partner's key
	insider         // who has a role that not everybody is given: dealer, workshop, support, fleet manager, staff
)

var attackers = [...]string{"outsider", "user", "partner", "insider"}

// Attackers returns what somebody can be, from the least to the most.
func Attackers() []string { return slices.Clone(attackers[:]) }

// least is the least that somebody has to be to call an endpoint. restricted says that the public does not call it.
func least(e *waywarden.Endpoint, o Observed, restricted bool) int {
	switch {
	case e.Authentication.Required == "never" || e.Authentication.Required == "mixed":
		return outsider
	case restricted:
		return insider
	case o.Users == 0 && o.Services > 0 || has(e, waywarden.SchemeAPIKey) || has(e, waywarden.SchemeMTLS):
		return partner
	}
	return user
}

// A Path is a way that somebody can go from the first endpoint to a function that acts on a vehicle or charger.
type Path struct {
	Attacker   string  `json:"attacker"` // who can begin it
	Steps      []Step  `json:"steps"`
	Reaches    string  `json:"reaches"`        // function of the last endpoint
	Bulk       bool    `json:"bulk,omitempty"` // many objects at once: a list that is given to anybody; financial, operational and privacy impact count one more
	Sum        int     `json:"sum"`            // attack potential: the highest of a step, and 1 for each further one
	Band       string  `json:"band"`
	Risk       int     `json:"risk"`
	Confidence float64 `json:"confidence"` // the least of its steps
	Confirmed  bool    `json:"confirmed"`  // each step was seen in traffic; otherwise some are only possible
}

// A Step is one endpoint of a path.
type Step struct {
	Endpoint string `json:"endpoint"`
	By       string `json:"by,omitempty"`   // what led there: data, grant, state, hand_over, possible; "" for the first
	What     string `json:"what,omitempty"` // the field or type that was carried
}

// ids returns the endpoints of the path.
func (p *Path) ids() []string {
	ids := make([]string, len(p.Steps))
	for i := range p.Steps {
		ids[i] = p.Steps[i].Endpoint
	}
	return ids
}

// passes says whether the path leads over the endpoint.
func (p *Path) passes(id string) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Endpoint == id })
}

const (
	// possibleConfidence is the confidence of a step that only types propose.
	possibleConfidence = 0.3
	// possibleMax bounds the steps that only types propose, per endpoint and type.
	possibleMax = 8
	// pathsMax is how many paths risk.json has, the gravest first.
	pathsMax = 1000
)

// A hop leads from one endpoint to another.
type hop struct {
	to         int // index of node
	by         string
	what       string
	confidence float64
	raises     bool // it gives a session or role, so that who goes it becomes what the next endpoint asks for
	login      bool // … but only to who has an account
	list       bool // it carries one of a list
	confirmed  bool
}

// A node is an endpoint, or an action of a charging protocol.
type node struct {
	d     *Derivation
	level int // least attacker
	hops  []hop
	goal  bool
}

// ways knows the graph of endpoints and who can call what.
type ways struct {
	t     tables
	nodes []node
	index map[string]int
}

func newWays(inv *waywarden.Inventory, g graph.Graph, r *Report, f Functions, t tables) *ways {
	w := &ways{t: t, index: map[string]int{}}
	for _, list := range [...][]Derivation{r.Endpoints, r.OCPP} {
		for i := range list {
			d := &list[i]
			w.index[d.Endpoint] = len(w.nodes)
			w.nodes = append(w.nodes, node{
				d: d, level: slices.Index(attackers[:], d.Attacker), goal: d.Access == waywarden.AccessControl || strings.HasPrefix(d.Endpoint, "ocpp-"),
			})
		}
	}
	for _, e := range g.Edges {
		w.add(e.From.Endpoint, e.To.Endpoint, hop{by: "data", what: e.From.Field, confidence: e.Confidence, list: strings.Contains(e.From.Field, "[]"), confirmed: true})
	}
	for _, e := range g.HandOvers {
		w.add(e.From.Endpoint, e.To.Endpoint, hop{by: "hand_over", what: e.From.Field, confidence: e.Confidence, list: strings.Contains(e.From.Field, "[]"), confirmed: true})
	}
	for _, a := range g.Admits {
		from, known := w.index[a.From]
		if !known {
			continue
		}
		class := w.nodes[from].d.Function
		w.add(a.From, a.To, hop{by: a.Kind, confidence: a.Confidence, raises: a.Kind == "grant", login: class == "id.login" || class == "id.mfa", confirmed: true})
	}
	w.possible(inv, f)
	return w
}

func (w *ways) add(from, to string, h hop) {
	i, ok := w.index[from]
	j, known := w.index[to]
	if !ok || !known || i == j {
		return
	}
	h.to = j
	w.nodes[i].hops = append(w.nodes[i].hops, h)
}

// carried are the types that a step only proposed by types may carry: what names or opens a thing.
var carried = map[waywarden.DataType]bool{
	waywarden.TypeVIN: true, waywarden.TypeVehicleID: true, waywarden.TypeStationID: true, waywarden.TypeInviteCode: true, waywarden.TypeResetToken: true,
	waywarden.TypeOTP: true, waywarden.TypeKeyMaterial: true, waywarden.TypeIDTag: true, waywarden.TypeWorkOrder: true, waywarden.TypeCloudSecret: true,
}

// possible adds the steps that nobody was seen to take, but that an endpoint's answers make possible: it gives a type that
// another one asks for, and the functions of both are known to enable one another.
func (w *ways) possible(inv *waywarden.Inventory, f Functions) {
	gives, asks := types(inv)
	for i := len(inv.Endpoints); i < len(w.nodes); i++ {
		asks[waywarden.TypeStationID] = append(asks[waywarden.TypeStationID], i) // a socket is opened with the station's identity
	}
	for t, from := range gives {
		for _, j := range asks[t] {
			if w.nodes[j].goal {
				w.propose(f, t, from, j)
			}
		}
	}
	for i := range w.nodes { // the order of a map has no say
		slices.SortStableFunc(w.nodes[i].hops, func(a, b hop) int {
			return cmp.Or(cmp.Compare(a.to, b.to), -cmp.Compare(a.confidence, b.confidence), cmp.Compare(a.by, b.by), cmp.Compare(a.what, b.what))
		})
	}
}

// types returns the endpoints that give and that ask for each type that is carried, in the order of the inventory.
func types(inv *waywarden.Inventory) (gives, asks map[waywarden.DataType][]int) {
	gives, asks = map[waywarden.DataType][]int{}, map[waywarden.DataType][]int{}
	for i := range inv.Endpoints {
		for _, p := range inv.Endpoints[i].Parameters {
			in := asks
			if p.In == "response" {
				in = gives
			}
			if list := in[p.DataType]; carried[p.DataType] && p.In != "header" && p.In != "cookie" && (len(list) == 0 || list[len(list)-1] != i) {
				in[p.DataType] = append(list, i)
			}
		}
	}
	return gives, asks
}

// propose adds steps of a type from some endpoints to one, possibleMax at most.
func (w *ways) propose(f Functions, t waywarden.DataType, from []int, to int) {
	added := 0
	for _, i := range from {
		a := &w.nodes[i]
		if i == to || slices.ContainsFunc(a.hops, func(h hop) bool { return h.to == to }) || !f.Enables(a.d.Function, w.nodes[to].d.Function) {
			continue
		}
		a.hops = append(a.hops, hop{to: to, by: "possible", what: string(t), confidence: possibleConfidence, list: true})
		if added++; added == possibleMax {
			return
		}
	}
}

// A label is a way found to a node for somebody who has become level by then.
type label struct {
	sum        int // highest attack potential of a step
	confidence float64
	prev       int // index of the label before, -1 at the start
	node       int
	by         int // index of the hop of the node before
	level      int
	bulk       bool // it carries many objects
	hops       int
}

// paths returns the gravest path of each pair of a beginning and a goal over steps seen in traffic, and the gravest over
// possible ones where that is graver. The gravest come first.
func (w *ways) paths() []Path {
	out := []Path{}
	for i := range w.nodes {
		risks := map[int]int{} // by goal
		out = append(out, w.from(i, true, risks)...)
		out = append(out, w.from(i, false, risks)...)
	}
	slices.SortStableFunc(out, func(a, b Path) int {
		return cmp.Or(-cmp.Compare(a.Risk, b.Risk), -compareBool(a.Confirmed, b.Confirmed), -cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.Sum, b.Sum),
			cmp.Compare(len(a.Steps), len(b.Steps)), slices.Compare(a.ids(), b.ids()))
	})
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// from returns the paths that begin at a node and are graver than what risks has of their goal. It widens by one hop at a
// time and keeps, for each node, level and load, the ways that no shorter one undercuts: a longer way is worth keeping only
// if it asks for less attack potential.
func (w *ways) from(start int, confirmed bool, risks map[int]int) []Path {
	type at struct {
		node, level int
		bulk        bool
	}
	begin := w.nodes[start].level
	labels := []label{{sum: w.nodes[start].d.Feasibility.sum(), confidence: 1, prev: -1, node: start, level: begin}}
	least := map[at]int{{start, begin, false}: labels[0].sum}
	for lo := 0; lo < len(labels); lo++ {
		l := labels[lo]
		if l.hops == graph.HopsMax {
			break // those that follow are as long
		}
		from := &w.nodes[l.node]
		for hi := range from.hops {
			h := &from.hops[hi]
			level, ok := w.admits(h, l.level)
			if !ok || confirmed && !h.confirmed {
				continue
			}
			n := label{
				sum: max(l.sum, w.nodes[h.to].d.Feasibility.sum()), confidence: min(l.confidence, h.confidence), prev: lo, node: h.to, by: hi,
				level: level, bulk: l.bulk || h.list && from.level == outsider, hops: l.hops + 1,
			}
			k := at{n.node, n.level, n.bulk}
			if was, been := least[k]; been && was <= n.sum {
				continue
			}
			least[k] = n.sum
			labels = append(labels, n)
		}
	}
	return w.ends(labels, begin, risks)
}

// ends returns the gravest of the ways to each goal.
func (w *ways) ends(labels []label, begin int, risks map[int]int) []Path {
	best := map[int]int{} // goal to label
	for li := range labels {
		goal := labels[li].node
		if !w.nodes[goal].goal {
			continue
		}
		if was, been := best[goal]; !been || w.graver(&labels[li], &labels[was]) {
			best[goal] = li
		}
	}
	var out []Path
	for goal := range w.nodes {
		li, reached := best[goal]
		if !reached {
			continue
		}
		if _, _, r := w.rate(&labels[li]); r > risks[goal] {
			risks[goal] = r
			out = append(out, w.path(labels, li, begin))
		}
	}
	return out
}

// rate returns the attack potential of a whole way, its band and the risk at its end.
func (w *ways) rate(l *label) (sum int, band string, risk int) {
	impact := w.nodes[l.node].d.Impact
	if l.bulk && !w.nodes[l.node].d.Bulk {
		impact = bulk(impact)
	}
	sum = l.sum + l.hops
	band = w.t.band(sum)
	return sum, band, w.t.value(impact.Worst(), band)
}

func (w *ways) graver(a, b *label) bool {
	sa, _, ra := w.rate(a)
	sb, _, rb := w.rate(b)
	return cmp.Or(cmp.Compare(ra, rb), cmp.Compare(sb, sa), cmp.Compare(a.confidence, b.confidence)) > 0
}

// admits says whether somebody of a level can go a hop, and what they are afterwards.
func (w *ways) admits(h *hop, level int) (int, bool) {
	need := w.nodes[h.to].level
	switch {
	case need <= level:
		return level, true
	case h.raises && (!h.login || level >= user):
		return need, true
	}
	return 0, false
}

// path writes a way down.
func (w *ways) path(labels []label, li, begin int) Path {
	last := &labels[li]
	goal := w.nodes[last.node].d
	p := Path{
		Attacker: attackers[begin], Reaches: goal.Function, Bulk: last.bulk, Confirmed: true,
		Confidence: math.Round(min(last.confidence, goal.Confidence)*1000) / 1000,
	}
	for i := li; i >= 0; i = labels[i].prev {
		s := Step{Endpoint: w.nodes[labels[i].node].d.Endpoint}
		if prev := labels[i].prev; prev >= 0 {
			h := w.nodes[labels[prev].node].hops[labels[i].by]
			s.By, s.What = h.by, h.what
			p.Confirmed = p.Confirmed && h.confirmed
		}
		p.Steps = append(p.Steps, s)
	}
	slices.Reverse(p.Steps)
	p.Sum, p.Band, p.Risk = w.rate(last)
	return p
}

// sum is the attack potential of a step of a path: what was seen done costs nothing more to do.
func (f *Feasibility) sum() int {
	if f.Proven {
		return 0
	}
	return f.Sum
}

// bulk raises what grows with the number of objects; harm to one person's body does not.
func bulk(i waywarden.Impact) waywarden.Impact {
	up := func(v int) int {
		if v == 0 {
			return 0
		}
		return min(v+1, 3)
	}
	return waywarden.Impact{Safety: i.Safety, Financial: up(i.Financial), Operational: up(i.Operational), Privacy: up(i.Privacy)}
}

// enabled writes into d the highest risk of what its answers feed.
func (w *ways) enabled(d *Derivation, paths []Path) {
	for i := range paths {
		p := &paths[i]
		if p.Steps[0].Endpoint != d.Endpoint || len(p.Steps) < 2 {
			continue
		}
		if p.Confirmed && p.Risk > d.Enabled {
			d.Enabled, d.Path = p.Risk, p.ids()
		}
		d.Possible = max(d.Possible, p.Risk)
	}
}

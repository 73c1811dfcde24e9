package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/catalog/template"
	"github.com/waywarden/waywarden/catalog/template/internal/evidence"
	"github.com/waywarden/waywarden/catalog/template/internal/model"
)

// plans are the kinds of traffic made up for each API in training; each API gets two of them.
var plans = []plan{
	{perEndpoint: 20}, {perEndpoint: 60, signatures: telling, issued: true}, {perEndpoint: 6}, {perEndpoint: 3, recorded: true, issued: true, signatures: telling},
	{perEndpoint: 25, signatures: enveloped}, {perEndpoint: 150, issued: true, signatures: telling}, {perEndpoint: 3, recorded: true}, {perEndpoint: 30, wordy: true},
	{perEndpoint: 20, signatures: telling}, {perEndpoint: 250}, {perEndpoint: 12, wordy: true, issued: true, signatures: enveloped}, {perEndpoint: 25}, {perEndpoint: 10, recorded: true},
}

// plansPerAPI is how many of the plans each API gets.
const plansPerAPI = 7

// train fits a model: first what characters, words and literals tell, then the layers on the decisions that made-up
// traffic asks for. The layers never see an API with the help of what that API itself, or its provider, taught.
func train(apis []*api) *model.Model {
	words := wordList(apis)
	lex := gather(apis)
	var halves [2][]*api
	for _, a := range apis {
		h := hash(a.provider) >> 8 & 1
		halves[h] = append(halves[h], a)
	}
	var grams [2][]float32
	for h := range halves {
		grams[h] = fitGrams(halves[h], words, uint64(h))
	}
	m := &model.Model{Grams: fitGrams(apis, words, 2), Lexicon: map[uint32]model.Entry{}, Parts: map[uint32]model.Entry{}}
	lex.fill(m)
	var all []template.Example
	for i, a := range apis {
		k := *m
		k.Grams = grams[1-hash(a.provider)>>8&1]
		lex.without(&k, a.provider)
		for j := range plansPerAPI {
			p := plans[(i*plansPerAPI+j)%len(plans)]
			ex := examples(&k, generate(a, words, uint64(1000+j), p))
			for e := range ex {
				ex[e].Group += len(all) // groups of different traffics stay apart
			}
			all = append(all, ex...)
		}
	}
	fmt.Fprintf(os.Stderr, "train: %d APIs, %d words, %d literals, %d decisions\n", len(apis), len(words), len(m.Lexicon), len(all))
	m.Layers[0] = fitLayer(0, all)
	influence(m, all)
	m.Layers[1] = fitLayer(1, all)
	return m
}

// examples lets a learner see traffic and returns its decisions with their truth, weighted so that a large set of
// siblings does not outweigh many small ones.
func examples(m *model.Model, tr *traffic) []template.Example {
	l := template.New(template.Options{ChildrenMax: 1 << 30, NodesMax: 1 << 30, Model: m})
	values := map[template.Cell][]bool{}
	for i := range tr.requests {
		q := &tr.requests[i]
		c := l.Observe(q.sample)
		if len(template.Tokens(q.sample.Path)) == len(q.values) && q.endpoint >= 0 {
			values[c] = q.values
		}
	}
	all := l.Examples(func(c template.Cell) []bool { return values[c] })
	for lo := 0; lo < len(all); {
		hi := lo
		var n [2]float64
		for ; hi < len(all) && all[hi].Group == all[lo].Group; hi++ {
			n[side(all[hi].Value)]++
		}
		for i := lo; i < hi; i++ {
			const full = 10
			all[i].Weight = min(1, full/n[side(all[i].Value)])
		}
		lo = hi
	}
	return all
}

func side(v bool) int {
	if v {
		return 1
	}
	return 0
}

// influence fills the features of the second layer by what the first believes.
func influence(m *model.Model, all []template.Example) {
	for lo := 0; lo < len(all); {
		hi := lo
		var beliefs []float64
		for ; hi < len(all) && all[hi].Group == all[lo].Group; hi++ {
			z := 0.0
			all[hi].Expand(0, func(s int, x float32) { z += float64(m.Layers[0][s] * x) })
			beliefs = append(beliefs, sigmoid(z))
		}
		template.Influence(all[lo:hi], beliefs)
		lo = hi
	}
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// The settings of the fits by AdaGrad.
const (
	layerEpochs = 6
	layerRate   = .12
	layerDecay  = 2e-6
	gramEpochs  = 4
	gramRate    = .3
	gramDecay   = 1e-6
	dropRate    = .5 // share of a group's examples beyond the first hundred that are left out in an epoch
)

func fitLayer(layer int, all []template.Example) []float32 {
	r := rand.New(rand.NewPCG(7, uint64(layer))) //nolint:gosec // reproducible, not secret
	w := make([]float64, evidence.Slots)
	g := make([]float64, evidence.Slots)
	order := r.Perm(len(all))
	type term struct {
		slot int
		x    float64
	}
	var terms []term
	for epoch := range layerEpochs {
		rate := layerRate / (1 + .4*float64(epoch))
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			e := &all[i]
			if e.Weight < .1 && r.Float64() < dropRate {
				continue
			}
			terms = terms[:0]
			z := 0.0
			e.Expand(layer, func(s int, x float32) {
				terms = append(terms, term{s, float64(x)})
				z += w[s] * float64(x)
			})
			d := (sigmoid(z) - float64(side(e.Value))) * e.Weight
			for _, t := range terms {
				gr := d*t.x + layerDecay*w[t.slot]
				g[t.slot] += gr * gr
				w[t.slot] -= rate * gr / math.Sqrt(g[t.slot]+1e-6)
			}
		}
	}
	out := make([]float32, len(w))
	for i := range w {
		out[i] = float32(w[i])
	}
	return out
}

// fitGrams learns from literals and made-up values what the characters of a value look like.
func fitGrams(apis []*api, words []string, seed uint64) []float32 {
	type text struct {
		token string
		value bool
	}
	var all []text
	r := rand.New(rand.NewPCG(11, seed)) //nolint:gosec // reproducible, not secret
	for _, a := range apis {
		lits := literals(a)
		for _, s := range lits {
			all = append(all, text{s, false})
		}
		vals := valuesOf(generate(a, words, 500+seed, plan{perEndpoint: 12, wordy: hash(a.name)%3 == 0}), lits)
		r.Shuffle(len(vals), func(i, j int) { vals[i], vals[j] = vals[j], vals[i] })
		for _, v := range vals[:min(len(vals), 2*len(lits))] {
			all = append(all, text{v, true})
		}
	}
	w := make([]float64, model.GramCount)
	g := make([]float64, model.GramCount)
	var ix []int
	for epoch := range gramEpochs {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, t := range all {
			ix = ix[:0]
			z := 0.0
			model.EachGram(t.token, func(i int) { ix = append(ix, i); z += w[i] })
			k := 1 / math.Sqrt(float64(len(ix)))
			d := sigmoid(w[0]+z*k) - float64(side(t.value))
			for _, i := range ix {
				gr := d*k + gramDecay*w[i]
				g[i] += gr * gr
				w[i] -= gramRate / (1 + .3*float64(epoch)) * gr / math.Sqrt(g[i]+1e-6)
			}
			g[0] += d * d
			w[0] -= gramRate * d / math.Sqrt(g[0]+1e-6)
		}
	}
	out := make([]float32, len(w))
	for i := range w {
		out[i] = float32(w[i])
	}
	return out
}

// literals returns the different literal tokens of an API, sorted.
func literals(a *api) []string {
	var all []string
	for _, o := range a.ops {
		for _, t := range template.Tokens(braces.ReplaceAllString(o.template, mark)) {
			if !strings.Contains(t, mark) && !strings.ContainsAny(t[:1], ":.(;") {
				all = append(all, t)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// valuesOf returns the different values in a traffic that are no literals, sorted.
func valuesOf(tr *traffic, lits []string) []string {
	var all []string
	for i := range tr.requests {
		q := &tr.requests[i]
		ts := template.Tokens(q.sample.Path)
		if len(ts) != len(q.values) {
			continue
		}
		for j, v := range q.values {
			if _, lit := slices.BinarySearch(lits, ts[j]); v && !lit {
				all = append(all, ts[j])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

package tara

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/waywarden/waywarden/domain"
)

// finish computes from the rows what follows from them, and puts all in order.
func (a *Analysis) finish(scales *domain.TARA) {
	slices.SortStableFunc(a.Rows, func(x, y Row) int {
		return cmp.Or(cmp.Compare(y.Risk, x.Risk), cmp.Compare(y.Order, x.Order), cmp.Compare(y.Impact.Safety, x.Impact.Safety), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(a.Items, func(x, y Item) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Assets, func(x, y Asset) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Damages, func(x, y Damage) int { return cmp.Compare(x.ID, y.ID) })
	for i := range a.Assets {
		slices.Sort(a.Assets[i].Functions)
	}
	a.count()
	a.matrix(scale{scales})
	a.Goals = a.statements("CG-", "reduce", func(r *Row) string { return r.Goal })
	a.Claims = slices.Concat(a.statements("CC-", "retain", func(r *Row) string { return r.Claim }), a.statements("CS-", "share", func(r *Row) string { return r.Claim }))
	a.cover()
	a.Products = a.products(scales)
	for _, empty := range []*[]Statement{&a.Goals, &a.Claims} {
		if *empty == nil {
			*empty = []Statement{}
		}
	}
	a.Rows, a.Items, a.Assets, a.Damages = orEmpty(a.Rows), orEmpty(a.Items), orEmpty(a.Assets), orEmpty(a.Damages)
	a.Paths, a.Assumptions = orEmpty(a.Paths), orEmpty(a.Assumptions)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// count sums rows up by item and asset. Rejected rows do not count.
func (a *Analysis) count() {
	items, assets := map[string]*Item{}, map[string]*Asset{}
	for i := range a.Items {
		a.Items[i].Rows, a.Items[i].Risk = 0, 0
		items[a.Items[i].Name] = &a.Items[i]
	}
	for i := range a.Assets {
		a.Assets[i].Rows = 0
		assets[a.Assets[i].ID] = &a.Assets[i]
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Status == statusRejected {
			continue
		}
		if it := items[r.Item]; it != nil {
			it.Rows++
			it.Risk = max(it.Risk, r.Risk)
		}
		if as := assets[r.AssetID]; as != nil {
			as.Rows++
		}
	}
}

// matrix counts rows by impact and feasibility, the gravest impact first.
func (a *Analysis) matrix(s scale) {
	a.Matrix = nil
	for impact := range slices.Backward(s.ImpactLevels) {
		m := MatrixRow{Impact: s.level(impact)}
		for _, f := range s.RiskMatrix.Columns {
			c := Cell{Feasibility: f, Risk: s.value(impact, f)}
			for i := range a.Rows {
				if r := &a.Rows[i]; r.Status != statusRejected && r.Impact.Worst() == impact && r.Feasibility == f {
					c.Rows++
				}
			}
			m.Cells = append(m.Cells, c)
		}
		a.Matrix = append(a.Matrix, m)
	}
}

// statements collects the goals or claims of rows of one treatment, one for each wording, in the order of the rows.
func (a *Analysis) statements(prefix, treatment string, of func(*Row) string) []Statement {
	var out []Statement
	for i := range a.Rows {
		r := &a.Rows[i]
		text := of(r)
		if r.Status == statusRejected || r.Treatment != treatment || text == "" {
			continue
		}
		j := slices.IndexFunc(out, func(s Statement) bool { return s.Text == text })
		if j < 0 {
			j = len(out)
			out = append(out, Statement{ID: fmt.Sprintf("%s%02d", prefix, j+1), Text: text})
		}
		out[j].Rows = append(out[j].Rows, r.ID)
		if treatment == "reduce" {
			out[j].CAL = max(out[j].CAL, r.CAL) // CAL1 to CAL4 sort as text
		}
	}
	return out
}

// cover counts the rows that deal with each threat of R155.
func (a *Analysis) cover() {
	for i := range a.Coverage {
		c := &a.Coverage[i]
		c.Rows, c.Risk = 0, 0
		for j := range a.Rows {
			if r := &a.Rows[j]; r.Status != statusRejected && slices.Contains(r.R155, c.ID) {
				c.Rows++
				c.Risk = max(c.Risk, r.Risk)
			}
		}
		c.Says = c.says()
	}
}

// products says of each work product how complete it is.
func (a *Analysis) products(scales *domain.TARA) []WorkProduct {
	counts := map[string]int{"WP-15-01": len(a.Damages), "WP-15-02": len(a.Assets), "WP-15-05": len(a.Paths)}
	var out []WorkProduct
	for _, w := range scales.WorkProducts {
		p := WorkProduct{ID: w.ID, What: w.What, Count: len(a.Rows), Complete: true}
		if n, own := counts[w.ID]; own {
			p.Count = n
		}
		lacks := 0
		for i := range a.Rows {
			r := &a.Rows[i]
			what := r.lacks(w.ID)
			if what == "" || r.Status == statusRejected {
				continue
			}
			if lacks++; lacks <= 10 {
				p.Missing = append(p.Missing, r.ID+": "+what)
			}
		}
		if lacks > 10 {
			p.Missing = append(p.Missing, fmt.Sprintf("and %d more", lacks-10))
		}
		if len(a.Rows) == 0 {
			p.Missing = []string{"the analysis has no rows"}
		}
		p.Complete = len(p.Missing) == 0
		out = append(out, p)
	}
	return out
}

// lacks says what a row lacks of a work product, "" for nothing.
func (r *Row) lacks(product string) string {
	switch product {
	case "WP-15-01":
		return unless(r.Damage != "", "no damage scenario")
	case "WP-15-02":
		return cmp.Or(unless(r.Asset != "", "no asset"), unless(r.Property != "", "no cybersecurity property"))
	case "WP-15-03":
		return unless(r.Threat != "", "no threat scenario")
	case "WP-15-04":
		return unless(!r.Unrated, "no impact rating")
	case "WP-15-05":
		return unless(len(r.AttackPath) > 0 || r.Origin == originPerson && r.Threat != "", "no attack path")
	case "WP-15-06":
		return unless(r.Feasibility != "", "no feasibility rating")
	case "WP-15-07":
		return unless(r.Risk >= 1 && r.Risk <= 5, "no risk value")
	case "WP-15-08":
		return r.treatmentLacks()
	}
	return ""
}

// treatmentLacks says what a treatment lacks: reduce needs a goal, share and retain need a claim.
func (r *Row) treatmentLacks() string {
	switch r.Treatment {
	case "":
		return "no treatment"
	case "reduce":
		return unless(r.Goal != "", "treatment reduce without a cybersecurity goal")
	case "share", "retain":
		return unless(r.Claim != "", "treatment "+r.Treatment+" without a cybersecurity claim")
	}
	return ""
}

func unless(ok bool, what string) string {
	if ok {
		return ""
	}
	return what
}

package tarafile

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/assumption"
	"github.com/waywarden/waywarden/tara"
)

// Makers are the detectors that the file asks for: one that holds its assumptions against traffic, where it has any.
func (w *Work) Makers() []detect.Maker {
	if w.file == nil || len(w.file.Assumptions) == 0 {
		return nil
	}
	var list []assumption.Assumption
	for i := range w.file.Assumptions {
		list = append(list, compile(w.file, &w.file.Assumptions[i]))
	}
	return []detect.Maker{assumption.New(list)}
}

// compile makes of an assumption one that calls are held against. Where it is about a row, the row's risk value is its
// severity and the row's threats of R155 are among its types.
func compile(f *tara.File, a *tara.Assumption) assumption.Assumption {
	c := assumption.Assumption{
		ID: a.ID, That: a.That, Host: a.Host, Method: a.Method, Template: a.Template, Value: a.Value, Limit: a.Limit, Roles: a.Roles, Row: a.Row,
	}
	for _, n := range a.Networks {
		if p, err := netip.ParsePrefix(n); err == nil { // else the file was refused
			c.Networks = append(c.Networks, p)
		}
	}
	if a.Row == "" {
		return c
	}
	c.Operation = strings.TrimPrefix(a.Row, "TS-")
	i := slices.IndexFunc(f.Rows, func(d tara.Decision) bool { return d.ID == a.Row })
	if i < 0 {
		return c
	}
	d := &f.Rows[i]
	if at := tara.ParseOperation(d.Operation); at.Template != "" {
		c.Host, c.Method, c.Template, c.Value = at.Host, at.Method, at.Template, at.Value
	}
	if risk, err := strconv.Atoi(d.Values["risk"]); err == nil {
		c.Severity = waywarden.Severity(risk)
	}
	for id := range strings.FieldsFuncSeq(d.Values["r155"], comma) {
		c.Types = append(c.Types, "R155:"+id)
	}
	return c
}

func comma(r rune) bool { return r == ',' || r == ' ' }

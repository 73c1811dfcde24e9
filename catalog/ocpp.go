package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/catalog/function"
	"github.com/waywarden/waywarden/catalog/schema"
)

// ocppActionsMax bounds the actions kept apart; a station that invents more is pooled under OtherAction.
const ocppActionsMax = 512

// OtherAction pools OCPP actions beyond the limit.
const OtherAction = "(other)"

type ocppKey struct {
	action, version string
	inbound         bool
}

// ocppActions is what was learned about each action of the charging protocol.
type ocppActions map[ocppKey]*ocppAction

type ocppAction struct {
	op      *waywarden.Operation
	verdict function.Verdict
	payload *schema.Tree
	count   int64
}

// resolveOCPP resolves a request of either side of a charge point's socket.
func (c *Catalog) resolveOCPP(rec *waywarden.Record) *waywarden.Call {
	f := rec.OCPP
	if f.Action == "" {
		return nil
	}
	a := c.ocppAction(f)
	a.count++
	call := &waywarden.Call{Record: rec, Operation: a.op, Success: true}
	call.Principal, call.Application = c.callers.Identify(rec)
	w := &c.walker
	w.Reset()
	// A payload that cannot be read leaves no fields; the frame itself was valid.
	_, _ = w.Body(a.payload, waywarden.InBody, "application/json", f.Payload, false)
	call.Leaves, call.Nodes = w.Leaves, w.Nodes
	return call
}

func (c *Catalog) ocppAction(f *waywarden.Frame) *ocppAction {
	k := ocppKey{f.Action, f.Version, f.Inbound}
	if a := c.ocpp[k]; a != nil {
		return a
	}
	if len(c.ocpp) >= ocppActionsMax {
		k = ocppKey{OtherAction, "", f.Inbound}
		if a := c.ocpp[k]; a != nil {
			return a
		}
	}
	k.action, k.version = strings.Clone(k.action), strings.Clone(k.version)
	v := c.classes.OCPP(k.action, k.inbound, k.version)
	d := waywarden.Discriminator{In: waywarden.InBody, Name: "action", Value: k.action}
	a := &ocppAction{
		verdict: v, payload: schema.NewTree(waywarden.InBody),
		op: &waywarden.Operation{
			ID: "ocpp-" + k.version + "-" + direction(k.inbound) + "-" + k.action, Method: "OCPP", Discriminator: d,
			Function: waywarden.Function{Class: v.Class, Confidence: v.Confidence}, Access: v.Access,
		},
	}
	c.ocpp[k] = a
	return a
}

func direction(inbound bool) string {
	if inbound {
		return "in"
	}
	return "out"
}

// entries returns the inventory of the charging protocol.
func (as ocppActions) entries() []waywarden.OCPPEntry {
	var es []waywarden.OCPPEntry
	for k, a := range as {
		es = append(es, waywarden.OCPPEntry{
			Action: k.action, Direction: direction(k.inbound), Version: k.version, Count: a.count,
			Function: waywarden.FunctionEntry{Class: a.verdict.Class, Confidence: a.verdict.Confidence, Why: a.verdict.Why},
		})
	}
	slices.SortFunc(es, func(a, b waywarden.OCPPEntry) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Version, b.Version))
	})
	return es
}

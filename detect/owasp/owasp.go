// Package owasp holds the detectors of the OWASP API Security Top 10 that need no vehicle state: who may see which
// object, and what should not answer at all.
package owasp

import (
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// sure is the confidence from which a link gives a right.
const sure = 0.5

// own says whether the caller has a link to the subject that gives a right.
func own(s *waywarden.Subject) bool { return s.Linked.Confidence >= sure }

// peers returns the key of the group of peers the caller belongs to: those who come with the same client and roles to
// the same host, or where no client is known, with the same kind of credential.
func peers(c *waywarden.Call) uint64 {
	p := &c.Principal
	kind := p.Kind
	if kind == waywarden.PrincipalSession {
		kind = waywarden.PrincipalUser // one whose name is not known yet
	}
	k := detect.Key(string(kind), p.Client, c.Operation.Host)
	if p.Client == "" {
		k = detect.Mix(k, detect.Key(string(p.Scheme)))
	}
	for _, r := range p.Roles {
		k = detect.Mix(k, detect.Key(r))
	}
	return k
}

// asset names a subject as a resource; a twin that is not known goes by the value the request named it by.
func asset(s *waywarden.Scene, sub *waywarden.Subject) waywarden.Resource {
	if sub.Twin != nil {
		return waywarden.Resource{Type: sub.Twin.Type, UID: sub.Twin.UID}
	}
	l := &s.Call.Leaves[sub.Leaf]
	r := waywarden.Resource{Type: waywarden.AssetVehicle, UID: l.Value}
	switch l.Type {
	case waywarden.TypeStationID:
		r.Type = waywarden.AssetCharger
	case waywarden.TypePersonID:
		r.Type = waywarden.AssetConsumer
	}
	return r
}

// caller names who calls by what is stable about it.
func caller(s *waywarden.Scene) string {
	if u := s.Call.Principal.UID; u != "" {
		return u
	}
	return "at " + detect.Address(s)
}

// identity says whether a class of operations proves who somebody is, so that it is asked without a credential.
func identity(class string) bool { return strings.HasPrefix(class, "id.") }

// feed says whether a class of operations is meant for the public.
func feed(class string) bool { return class == "ride.feed_public" || class == "infra.misc" }

// plural returns the word for n things.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func itoa(n int) string { return strconv.Itoa(n) }

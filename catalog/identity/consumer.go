package identity

import "github.com/waywarden/waywarden"

// schemes are the authentication schemes in the order of their bits.
var schemes = [schemeCount]waywarden.AuthScheme{
	waywarden.SchemeBearerJWT, waywarden.SchemeBearerOpaque, waywarden.SchemeCookie, waywarden.SchemeAPIKey,
	waywarden.SchemeBasic, waywarden.SchemeToken, waywarden.SchemeMTLS, waywarden.SchemeHMAC,
}

const schemeCount = 8

// schemeIndex returns the place of a scheme in schemes, or -1.
func schemeIndex(s waywarden.AuthScheme) int {
	for i, t := range schemes {
		if s == t {
			return i
		}
	}
	return -1
}

// count counts an account once, and once per scheme it used.
func (r *Registry) count(a *account, s waywarden.AuthScheme) {
	i := schemeIndex(s)
	if i < 0 || a.schemes&(1<<i) != 0 {
		return
	}
	if a.schemes == 0 {
		r.total++
	}
	a.schemes |= 1 << i
	r.byScheme[i]++
}

// recount corrects the counts when b became part of a.
func (r *Registry) recount(a, b *account) {
	if a.schemes != 0 && b.schemes != 0 {
		r.total--
	}
	for i := range schemes {
		if a.schemes&b.schemes&(1<<i) != 0 {
			r.byScheme[i]--
		}
	}
	a.schemes |= b.schemes
}

// Consumers counts the callers by the scheme they used; one that uses two counts under both.
func (r *Registry) Consumers() waywarden.ConsumerSummary {
	s := waywarden.ConsumerSummary{Total: r.total, ByScheme: map[string]int{}}
	for i, n := range r.byScheme {
		if n > 0 {
			s.ByScheme[string(schemes[i])] = n
		}
	}
	return s
}

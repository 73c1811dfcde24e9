package identity

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// A trial is the evidence on whether a header or cookie of a name of the customer's own is a credential. It is one when
// its values look random, come back, and calls of the host without it are refused while calls with it are served.
type trial struct {
	proven  bool
	values  [trialValues]uint64 // low halves of the digests of values seen, the first ones
	kinds   int                 // of values, up to trialValues
	calls   int                 // with one of those values
	served  int                 // calls with it that succeeded
	refused int                 // calls with it that were answered 401 or 403
	absent  int                 // calls of the host without any credential that were answered 401 or 403
	beside  int                 // calls with it that carried a credential as well: what needs company proves nothing
}

const (
	trialValues  = 32
	trialServed  = 20 // successes with it before it can be a credential
	trialAbsent  = 3  // refusals without it
	trialReturns = 3  // calls a value comes back in, on average
)

// custom handles a header whose name says nothing: a token by its form, a proven credential, or a candidate.
func (r *Registry) custom(s *survey, host string, h *waywarden.Header) {
	if looksJWT(h.Value) {
		s.offer(found{scheme: waywarden.SchemeBearerJWT, value: h.Value, grade: gradeSignature})
		return
	}
	if opaque(h.Value) {
		r.try(s, host, h.Name, h.Value, waywarden.SchemeAPIKey, gradeLearned)
	}
}

// try takes a value under test: as a credential when its name is proven, as doubtful otherwise.
func (r *Registry) try(s *survey, host, name, value string, scheme waywarden.AuthScheme, grade int) {
	k := r.digest(host + "\x00" + name)
	t, ok := r.trials.find(k)
	if !ok {
		t = &trial{}
		r.trials.put(k, t)
	}
	if t.proven {
		s.offer(found{scheme: scheme, value: value, grade: grade})
		return
	}
	t.observe(r.digest(value).Lo)
	if s.doubtful == "" {
		s.doubtful = value
	}
	if len(r.trialled) < 8 {
		r.trialled = append(r.trialled, t)
	}
}

func (t *trial) observe(v uint64) {
	if slices.Contains(t.values[:t.kinds], v) {
		t.calls++
		return
	}
	if t.kinds < trialValues {
		t.values[t.kinds] = v
		t.kinds++
		t.calls++
	}
}

// settle judges the candidates a call carried by its outcome, and those it did not carry by its refusal.
func (r *Registry) settle(host string, nobody bool, status int, success bool) {
	refused := status == 401 || status == 403
	for _, t := range r.trialled {
		switch {
		case !nobody:
			t.beside++
			continue
		case success:
			t.served++
		case refused:
			t.refused++
		}
		t.judge(r.bare(host))
	}
	if nobody && len(r.trialled) == 0 && refused {
		r.bare(host).absent++
	}
}

// bare returns the record of a host's calls that carried nothing.
func (r *Registry) bare(host string) *trial {
	k := r.digest(host + "\x00")
	t, ok := r.trials.find(k)
	if !ok {
		t = &trial{}
		r.trials.put(k, t)
	}
	return t
}

func (t *trial) judge(bare *trial) {
	t.proven = t.proven || t.kinds > 0 && t.served >= trialServed && t.calls >= trialReturns*t.kinds && bare.absent >= trialAbsent &&
		t.beside*10 <= t.calls && t.refused*4 <= t.served
}

// prove marks a cookie as the session by its being set in a login.
func (r *Registry) prove(host, name string) {
	k := r.digest(host + "\x00cookie " + name)
	if t, ok := r.trials.find(k); ok {
		t.proven = true
		return
	}
	r.trials.put(k, &trial{proven: true})
}

package identity

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// A self is the evidence on whether a path answers about the caller. It does when callers of known identity get their
// own; it does not when one person is given to everybody or one caller gets many.
type self struct {
	spoken   bool // a segment of the path says so
	agree    int
	differ   int
	answers  int    // to callers not yet known
	majority digest // person most answers were about (Boyer and Moore)
	lead     int
}

const (
	selfAgree = 3 // callers that got their own before a path is trusted
	selfMixed = 8 // answers before one person's majority is telling
)

// trusted says whether one answer is enough to name a caller.
func (s *self) trusted() bool {
	need := selfAgree
	if s.spoken {
		need = 1
	}
	return s.agree >= need && s.differ*20 <= s.agree && !s.constant()
}

// possible says whether repeated answers may name a caller.
func (s *self) possible() bool {
	return s.differ*4 <= s.agree+2 && !s.constant()
}

func (s *self) constant() bool { return s.answers >= selfMixed && s.lead*2 > s.answers }

func (s *self) vote(p digest) {
	s.answers++
	switch {
	case s.lead == 0:
		s.majority, s.lead = p, 1
	case s.majority == p:
		s.lead++
	default:
		s.lead--
	}
}

// learnSelf takes the identifiers of an answer for the caller's own where the answer is about one person and the path
// proved to answer about its caller. A request that names the person proves nothing: it may ask about somebody else.
func (r *Registry) learnSelf(c *waywarden.Call, e *exchange) {
	a := r.now
	if a == nil || e.persons > 1 || e.mails > 1 || e.persons+e.mails == 0 {
		return
	}
	a = a.root()
	tx := c.Record.HTTP
	path, query, _ := strings.Cut(tx.Target, "?")
	id := e.people[0]
	for _, l := range e.people {
		if l.Type == waywarden.TypePersonID || l.Type == waywarden.TypeEmail && id.Type != waywarden.TypePersonID {
			id = l
		}
	}
	s := r.self(tx, path)
	if tx.Method != "GET" && !s.spoken || asked(c, e, path, query) {
		return
	}
	h := personHandle(id.Value, site(tx.Server.Host))
	if id.Type == waywarden.TypeEmail {
		h = loginHandle(id.Value, id.Type, "")
	}
	r.weigh(a, s, h, e)
}

// weigh compares the person an answer is about with what is known of the caller.
func (r *Registry) weigh(a *account, s *self, h handle, e *exchange) {
	k := r.key(h)
	switch {
	case k == a.subject || k == a.person || k == a.mail:
		s.agree++
		r.adopt(a, e)
	case a.contradicts(h, s.agree >= selfAgree):
		s.differ++
	case r.convinced(a, s, k):
		if a = r.name(a, h); a == nil {
			s.differ++
			return
		}
		s.agree++
		r.adopt(a, e)
	}
}

// contradicts says whether the account is known to be somebody other than the handle's owner. The subject of its token
// counts only where the path gives others the subject of theirs.
func (a *account) contradicts(h handle, subjects bool) bool {
	if h.class == handleMail {
		return a.mail != (digest{})
	}
	return a.person != (digest{}) || subjects && a.subject != (digest{})
}

// convinced says whether an answer is enough to take the person for the caller: of a trusted path at once, else when it
// comes again.
func (r *Registry) convinced(a *account, s *self, k digest) bool {
	if a.rank == rankSession {
		s.vote(k)
	}
	again := a.candidate == k
	if a.candidate != (digest{}) && !again {
		s.differ++
	}
	a.candidate = k
	return s.trusted() || again && s.possible()
}

// name gives the account the identifier, joining it with the account that has it already; nil when they cannot be one.
func (r *Registry) name(a *account, h handle) *account {
	if old, ok := r.handles.find(r.key(h)); ok {
		if !r.join(a, old) {
			return nil
		}
		a = a.root()
	}
	r.attach(a, h, h.rank())
	return a
}

// adopt takes over what else the answer tells of the one person it is about.
func (r *Registry) adopt(a *account, e *exchange) {
	counts := [3]int{}
	for i := range e.people {
		switch e.people[i].Type {
		case waywarden.TypePhone:
			counts[0]++
		case waywarden.TypeEMAID:
			counts[1]++
		case waywarden.TypeIDTag:
			counts[2]++
		}
	}
	for i := range e.people {
		l := &e.people[i]
		switch {
		case l.Type == waywarden.TypeEmail:
			// An address is lent to whom the server says it belongs, but logs nobody in by that alone.
			if a.mail == (digest{}) {
				r.attach(a, loginHandle(l.Value, l.Type, ""), rankLogin)
			} else {
				a.alias(waywarden.ID{Type: l.Type, Value: l.Value})
			}
		case l.Type == waywarden.TypePhone && counts[0] == 1, l.Type == waywarden.TypeEMAID && counts[1] == 1, l.Type == waywarden.TypeIDTag && counts[2] == 1:
			a.alias(waywarden.ID{Type: l.Type, Value: l.Value})
		}
	}
}

// self returns the evidence on a path.
func (r *Registry) self(tx *waywarden.Transaction, path string) *self {
	k := r.digest(tx.Method + " " + tx.Server.Host + path)
	s, ok := r.selves.find(k)
	if !ok {
		s = &self{spoken: spoken(path)}
		r.selves.put(k, s)
	}
	return s
}

// spoken says whether a path names the caller: /users/me, /profil, /account/current.
func spoken(path string) bool {
	for path != "" {
		var seg string
		seg, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if selfWords[fold(seg)] {
			return true
		}
	}
	return false
}

// asked says whether the request itself names the person.
func asked(c *waywarden.Call, e *exchange, path, query string) bool {
	for i := range e.people {
		v := e.people[i].Value
		if len(v) >= 3 && (strings.Contains(path, v) || strings.Contains(query, v)) {
			return true
		}
		for j := range c.Leaves {
			l := &c.Leaves[j]
			if l.In == waywarden.InResponse {
				break
			}
			if (l.In == waywarden.InBody || l.In == waywarden.InQuery) && l.Value == v {
				return true
			}
		}
	}
	return false
}

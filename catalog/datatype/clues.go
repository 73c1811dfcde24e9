package datatype

import "github.com/waywarden/waywarden"

// Clues are all that speaks for a field's type.
type clues struct {
	in      waywarden.Place
	own     concept // of the field's name
	bare    bool    // the name says "identifier" and nothing else, or nothing at all
	known   bool    // every word of the name is in the lexicon
	meta    bool    // the name says that the value is about the thing, not the thing
	parent  concept // of the nearest object or array around it that is no envelope
	above   concept // of all objects around it
	thing   concept // of what it is part of: parent, else the nearest noun of the path that is an entity
	noun    concept // of the nearest noun
	path    concept // of all nouns
	beside  concept // of the names beside it
	element bool
	ctx     *Context
	s       *Stats
}

func gather(ctx Context, s *Stats) clues {
	e := clues{in: ctx.In, ctx: &ctx, s: s, element: ctx.Element}
	m := meaningOf(ctx.Name)
	e.own = m.all
	e.known = m.unknown == 0
	e.meta = m.all&cMeta != 0
	e.bare = m.words == 0 || e.known && m.all&^(cID|cFiller|cWrap|cHome) == 0
	for _, p := range ctx.Parents {
		m := meaningOf(p)
		e.above |= m.all
		if e.parent == 0 && m.all&^(cWrap|cFiller|cMeta) != 0 {
			e.parent = m.all
		} else if e.parent == 0 && m.all == 0 {
			e.parent = cThing
		}
	}
	for i := len(ctx.Nouns) - 1; i >= 0; i-- {
		m := meaningOf(ctx.Nouns[i])
		e.path |= m.all
		if e.noun == 0 && (m.all&entities != 0 || m.unknown > 0 && plural(ctx.Nouns[i])) {
			if e.noun = m.all; m.unknown > 0 {
				e.noun = cThing
			}
		}
	}
	for _, b := range ctx.Siblings {
		e.beside |= meaningOf(b).all
	}
	if e.thing = e.parent; e.parent == 0 {
		e.thing = e.noun
	}
	return e
}

// entities are the meanings of nouns that name a kind of thing with identifiers of its own.
const entities = cVehicle | cDevice | cPerson | cStation | cSession | cRide | cRequest | cOrder | cWork | cInvite | cPay | cThing | cGeo | cCharging | cTag | cContract | cPromo

// plural says whether a word may be a plural: unknown nouns of collections are things of their own.
func plural(w string) bool { return len(w) > 3 && w[len(w)-1] == 's' && w[len(w)-2] != 's' }

// scalar says whether the values are texts or identifiers, not truth values.
func (e *clues) scalar() bool { return 2*e.s.boolean < e.s.n }

// idLike says whether the values look like identifiers: words with digits, digits, UUIDs.
func (e *clues) idLike() bool {
	return e.scalar() && !e.s.mostly(ShapeCoordinate) && !e.s.mostly(ShapeDate, ShapeDateTime) && !e.s.mostly(ShapeURL) &&
		!e.s.mostly(ShapeFullName, ShapeWords) && (e.s.share(ShapeIDLike) >= 0.5 || e.s.share(ShapeVINMasked) > 0)
}

// wordLike is idLike, or short words without digits, which identifiers can be too.
func (e *clues) wordLike() bool {
	return e.scalar() && !e.s.mostly(ShapeCoordinate) && !e.s.mostly(ShapeDate, ShapeDateTime) && !e.s.mostly(ShapeURL) && !e.s.mostly(ShapeWords, ShapeFullName)
}

// secretLike says whether the values look drawn at random and long enough not to be guessed.
func (e *clues) secretLike() bool {
	return e.s.mostly(ShapeJWT, ShapeOpaque, ShapeUUID) || e.s.share(ShapeHex) >= 0.8 && e.s.mean() >= 16
}

// request says whether the field is sent, not received.
func (e *clues) request() bool {
	return e.in != waywarden.InResponse && e.in != waywarden.InResponseHeader
}

// has says whether the name has all of these meanings.
func (e *clues) has(c concept) bool { return e.own&c == c }

// any says whether the name has one of these meanings.
func (e *clues) any(c concept) bool { return e.own&c != 0 }

// around says whether the objects around the field or the path have one of these meanings.
func (e *clues) around(c concept) bool { return (e.above|e.path)&c != 0 }

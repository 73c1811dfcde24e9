package datatype

import (
	"slices"

	"github.com/waywarden/waywarden"
)

// Clues are all that speaks for a field's type.
type clues struct {
	in      waywarden.Place
	own     Concepts // of the field's name
	bare    bool     // the name says "identifier" and nothing else, or nothing at all
	known   bool     // every word of the name is in the lexicon
	meta    bool     // the name says that the value is about the thing, not the thing
	parent  Concepts // of the nearest object or array around it that is no envelope
	above   Concepts // of all objects around it
	thing   Concepts // of what it is part of: parent, else the nearest noun of the path that is an entity
	noun    Concepts // of the nearest noun
	path    Concepts // of all nouns
	beside  Concepts // of the names beside it
	element bool
	s       *Stats
}

func gather(ctx *Context, s *Stats) clues {
	m := ctx.Name
	e := clues{in: ctx.In, s: s, element: ctx.Element, own: m.all, known: m.unknown == 0, meta: m.all&cMeta != 0, beside: ctx.Siblings}
	e.bare = m.words == 0 || e.known && m.all&^(cID|cFiller|cWrap|cHome) == 0
	for _, p := range ctx.Parents {
		e.above |= p.all
		switch {
		case e.parent != 0:
		case p.odd, p.unknown > 0 && p.all&entities == 0:
			e.parent = cThing
		case p.all&^(cWrap|cFiller|cMeta) != 0:
			e.parent = p.all
		}
	}
	e.place(ctx)
	if e.thing = e.parent; e.parent == 0 {
		e.thing = e.noun
	}
	return e
}

// place reads the nouns of the path, the nearest first.
func (e *clues) place(ctx *Context) {
	for i, n := range slices.Backward(ctx.Nouns) {
		e.path |= n.all
		switch {
		case e.noun != 0:
		case n.odd && n.plural: // an unknown collection is of things of its own
			e.noun = cThing
		case n.all&entities == 0:
		case n.plural || n.all&entities&^(cGeo|cThing) != 0 || i == 0 || ctx.In == waywarden.InPath:
			e.noun = n.all // a place or a part in the singular is a side of what stands before it
		}
	}
}

// entities are the meanings of nouns that name a kind of thing with identifiers of its own.
const entities = cVehicle | cDevice | cPerson | cStation | cSession | cRide | cRequest | cOrder | cWork | cInvite | cPay | cThing | cGeo | cCharging | cTag | cContract | cPromo

// scalar says whether the values are texts or identifiers, not truth values.
func (e *clues) scalar() bool { return 2*e.s.boolean < e.s.n }

// idLike says whether the values look like identifiers: digits, words with some, UUIDs.
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
func (e *clues) has(c Concepts) bool { return e.own&c == c }

// any says whether the name has one of these meanings.
func (e *clues) any(c Concepts) bool { return e.own&c != 0 }

// around says whether the objects around the field or the path have one of these meanings.
func (e *clues) around(c Concepts) bool { return (e.above|e.path)&c != 0 }

// typed says whether the values are short codes as people type them off a screen or a message.
func (e *clues) typed() bool {
	return e.scalar() && e.s.lenMin >= 3 && e.s.lenMax <= 12 && e.s.share(ShapeIDLike)+e.s.share(ShapeWords) >= 0.5
}

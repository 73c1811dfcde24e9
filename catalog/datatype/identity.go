package datatype

import "github.com/waywarden/waywarden"

// The kinds of identifiers: what a field identifies follows from its name, or, where that says no more than "id", from
// what it is part of.

// noIdentifier says whether the values cannot be identifiers.
func noIdentifier(e *clues) bool { return e.meta || !e.wordLike() }

var workOrderKind = kind{
	typ: waywarden.TypeWorkOrder, why: "named as a work order, ticket or case", veto: noIdentifier,
	rules: []rule{
		{weight: 0.9, any: cWork, not: cPerson | cVehicle | cPay},
		{weight: 0.88, any: cOrder, not: cPay, when: func(e *clues) bool { return e.around(cShop | cDiag) }},
		{weight: 0.85, any: cID, when: func(e *clues) bool { return e.bare && e.thing&cWork != 0 }},
	},
}

var stationKind = kind{
	typ: waywarden.TypeStationID, why: "identifies a charging station",
	veto: func(e *clues) bool {
		outlet := e.s.text == 0 && e.s.lenMax <= 2 // the number of an outlet within its station
		return noIdentifier(e) || outlet || e.any(cVehicle|cPerson|cSession|cRide|cThing|cPay|cOTA)
	},
	rules: []rule{
		{weight: 0.9, all: cStation | cID},
		{weight: 0.88, any: cStation, when: func(e *clues) bool { return e.idLike() || e.element }},
		{weight: 0.85, any: cID, when: func(e *clues) bool {
			return e.bare && e.thing&cStation != 0 && e.thing&(cSession|cRide|cThing) == 0
		}},
		{weight: 0.7, loose: true, when: func(e *clues) bool { return e.element && e.bare && e.thing&cStation != 0 }},
	},
}

var sessionKind = kind{
	typ: waywarden.TypeSessionID, why: "identifies a charging session, ride or booking", veto: noIdentifier,
	rules: []rule{
		{weight: 0.9, any: cRide, all: cID, not: cVehicle | cPerson | cPay, when: func(e *clues) bool { return !e.signIn() }},
		{weight: 0.85, any: cSession, all: cID, not: cPay, when: func(e *clues) bool {
			return !e.around(cDiag) && (!e.signIn() || !e.secretLike())
		}},
		{weight: 0.7, any: cRide, not: cVehicle | cPerson | cPay, when: (*clues).idLike},
		{weight: 0.8, any: cID, when: func(e *clues) bool {
			return e.bare && e.thing&(cSession|cRide) != 0 && (e.thing&cAuth == 0 || !e.signIn())
		}},
	},
}

var requestKind = kind{
	typ: waywarden.TypeRequestID, why: "identifies a request, command or process",
	veto: func(e *clues) bool { return noIdentifier(e) || e.any(cPay|cVehicle|cPerson|cPush|cWork) },
	rules: []rule{
		{weight: 0.9, any: cRequest, all: cID, not: cVIN | cThing},
		{weight: 0.85, any: cOrder, all: cID, when: func(e *clues) bool { return !e.around(cShop|cDiag|cPay) && e.around(cVehicle|cRequest) }},
		{weight: 0.8, any: cRequest, not: cCharging | cOTA, when: func(e *clues) bool { // names of commands are words, numbers of requests are not
			return e.idLike() && e.s.mean() >= 4 && e.s.share(ShapeNumbered) >= 0.5
		}},
		{weight: 0.8, any: cRide, all: cID, when: (*clues).signIn},
		{weight: 0.85, any: cSession, when: func(e *clues) bool { return e.around(cDiag) && e.idLike() }},
		{weight: 0.75, any: cID, when: func(e *clues) bool {
			return e.bare && e.thing&cRequest != 0 && e.thing&(cOTA|cAuth|cThing) == 0
		}},
	},
}

var vehicleKind = kind{
	typ: waywarden.TypeVehicleID, why: "identifies a vehicle",
	veto: func(e *clues) bool { return noIdentifier(e) || e.any(cPerson|cOAuth|cPush|cPay) },
	rules: []rule{
		{weight: 0.9, any: cID | cKey, all: cVehicle, not: cThing | cRequest | cSession},
		{weight: 0.75, all: cDevice | cID, when: (*clues).tracked},
		{weight: 0.7, any: cVehicle, not: cThing, when: (*clues).idLike},
		{weight: 0.85, loose: true, when: func(e *clues) bool {
			return e.identifies() && e.parent&(cStation|cPerson) == 0 && (e.parent&cVehicle != 0 || e.parent&cDevice != 0 && e.tracked())
		}},
		{weight: 0.85, loose: true, when: func(e *clues) bool {
			return e.identifies() && e.parent == 0 && e.beside&(cVIN|cPlate) != 0 && e.beside&(cEmail|cGiven) == 0
		}},
		{weight: 0.8, any: cID, when: func(e *clues) bool { return e.bare && e.thing&cVehicle != 0 && e.parent&(cStation|cPerson) == 0 }},
		{weight: 0.7, loose: true, when: func(e *clues) bool { return e.identifies() && e.thing&cDevice != 0 && e.tracked() }},
	},
}

// identifies says whether the field's name says that it identifies what it stands in, and nothing else.
func (e *clues) identifies() bool { return e.bare && (e.any(cID) || e.element) }

// tracked says whether a device is one in a vehicle rather than someone's phone: positions and commands are about it.
func (e *clues) tracked() bool {
	if e.path&cAuth != 0 {
		return false
	}
	return (e.path|e.beside)&(cGeo|cRequest|cVehicle|cLat|cIMEI) != 0 || e.path&cDevice != 0 && e.beside&(cPush|cOAuth) == 0
}

var personKind = kind{
	typ: waywarden.TypePersonID, why: "identifies a person",
	veto: func(e *clues) bool {
		return noIdentifier(e) || e.any(cOAuth|cPay|cPush|cVehicle|cStation|cToken|cPhone) || e.s.mostly(ShapeEmail)
	},
	rules: []rule{
		{weight: 0.9, all: cPerson | cID, not: cThing | cCard | cContract},
		{weight: 0.85, any: cPerson, not: cThing | cName | cGiven, when: (*clues).idLike},
		{weight: 0.6, any: cLogin, when: func(e *clues) bool { return !e.s.mostly(ShapeE164) }},
		{weight: 0.85, any: cID, when: func(e *clues) bool { return e.bare && e.parent&cPerson != 0 }},
		{weight: 0.86, any: cID, when: func(e *clues) bool { return e.bare && e.parent == 0 && e.personal() >= 2 }},
		{weight: 0.8, any: cID, when: func(e *clues) bool { return e.bare && e.thing&cPerson != 0 }},
	},
}

// personal counts the kinds of person data beside the field.
func (e *clues) personal() int {
	n := 0
	for _, c := range [...]Concepts{cEmail, cPhone, cGiven, cLogin} {
		if e.beside&c != 0 {
			n++
		}
	}
	if n > 0 && e.beside&cName != 0 {
		n++
	}
	if n > 0 && e.beside&cAddress != 0 {
		n++
	}
	return n
}

var nameKind = kind{
	typ: waywarden.TypeNameAddress, why: "a person's name or address",
	veto: func(e *clues) bool {
		return e.meta || e.s.text == 0 || !e.scalar() || e.any(cEmail|cPhone|cVehicle|cThing|cOTA|cFile)
	},
	rules: []rule{
		{weight: 0.9, any: cGiven, not: cCharging | cShop, loose: true},
		{weight: 0.85, any: cAddress, when: func(e *clues) bool { return !e.public() }},
		{weight: 0.8, any: cTown, when: func(e *clues) bool { return (e.beside|e.parent)&cAddress != 0 && !e.public() }},
		{weight: 0.9, all: cPerson | cName, not: cLogin},
		{weight: 0.88, any: cPerson, when: func(e *clues) bool { return e.s.mostly(ShapeFullName) }},
		{weight: 0.8, any: cName, when: (*clues).ofPerson},
	},
}

// public says whether what is described is a public place: a charging station, a dealer.
func (e *clues) public() bool {
	return (e.parent|e.beside)&(cStation|cCharging) != 0 || e.above&cShop != 0 || e.noun&cStation != 0
}

// ofPerson says whether a name is that of a person. The owner of a charging station can be a company.
func (e *clues) ofPerson() bool {
	beside := e.beside&(cEmail|cPhone|cGiven|cLogin) != 0 && e.beside&cStation == 0
	switch {
	case e.parent == 0:
		return beside || e.noun&cPerson != 0 && e.noun&cThing == 0
	case e.parent&cPerson == 0:
		return false
	}
	return beside || !e.around(cCharging|cStation) || e.s.mostly(ShapeFullName)
}

package datatype

// The rules of identifiers: what a field identifies follows from its name, or, where that says no more than "id", from
// what it is part of.

func stationID(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cVehicle|cPerson|cSession|cRide|cThing|cPay|cOTA):
		return 0
	case e.has(cStation|cID) && e.known:
		return 0.9
	case e.any(cStation) && e.known && (e.idLike() || e.element):
		return 0.88
	case e.bare && e.any(cID) && e.thing&cStation != 0 && e.thing&(cSession|cRide|cThing) == 0:
		return 0.85
	case e.element && e.bare && e.thing&cStation != 0:
		return 0.7
	}
	return 0
}

func sessionID(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cPay|cAuth&^cSession&^cPerson&^cToken) && !e.any(cSession|cRide):
		return 0
	case e.any(cRide) && e.any(cID) && e.known && !e.any(cVehicle|cPerson|cPay) && !e.signIn():
		return 0.9
	case e.any(cSession) && e.any(cID) && e.known && !e.around(cDiag) && (!e.signIn() || !e.secretLike()):
		return 0.85
	case e.any(cRide) && e.known && e.idLike() && !e.any(cVehicle|cPerson|cMeta):
		return 0.7
	case e.bare && e.any(cID) && e.thing&(cSession|cRide) != 0 && e.thing&(cAuth&^(cSession)) == 0:
		return 0.8
	case e.bare && e.any(cID) && e.thing&(cSession|cRide) != 0 && !e.signIn():
		return 0.75
	}
	return 0
}

// signIn says whether the path is one of signing in.
func (e *clues) signIn() bool {
	return e.path&cAuth != 0 && e.path&(cCharging|cStation|cRide) == 0
}

func requestID(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cPay|cVehicle|cPerson|cPush|cWork):
		return 0
	case e.any(cRequest) && e.any(cID) && e.known && !e.any(cVIN|cThing):
		return 0.9
	case e.any(cOrder) && e.any(cID) && e.known && !e.around(cShop|cDiag|cPay) && e.around(cVehicle|cRequest):
		return 0.85
	case e.any(cRequest) && e.known && e.idLike() && e.s.mean() >= 4 && e.s.share(ShapeNumbered) >= 0.5 && !e.any(cCharging|cOTA):
		return 0.8
	case e.any(cRide) && e.any(cID) && e.known && e.signIn():
		return 0.8
	case e.any(cSession) && e.known && e.around(cDiag) && e.idLike():
		return 0.85
	case e.bare && e.any(cID) && e.thing&cRequest != 0 && e.thing&(cOTA|cAuth|cThing) == 0:
		return 0.75
	}
	return 0
}

func vehicleID(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cPerson|cOAuth|cPush|cPay):
		return 0
	case e.any(cVehicle) && e.any(cID|cKey) && e.known && !e.any(cThing|cRequest|cSession):
		return 0.9
	case e.any(cDevice) && e.any(cID) && e.known && e.tracked():
		return 0.75
	case e.any(cVehicle) && e.known && e.idLike() && !e.any(cThing):
		return 0.7
	case !e.bare || !e.any(cID) && !e.element:
		return 0
	case e.parent&(cVehicle|cDevice) != 0 && e.parent&(cStation|cPerson) == 0:
		if e.parent&cVehicle != 0 || e.tracked() {
			return 0.85
		}
	case e.parent == 0 && e.beside&(cVIN|cPlate) != 0 && e.beside&(cEmail|cGiven) == 0:
		return 0.85
	case e.thing&cVehicle != 0 && e.any(cID):
		return 0.8
	case e.thing&cDevice != 0 && e.tracked():
		return 0.7
	}
	return 0
}

// tracked says whether a device is one in a vehicle rather than someone's phone: positions and commands are about it.
func (e *clues) tracked() bool {
	return e.path&cAuth == 0 && ((e.path|e.beside)&(cGeo|cRequest|cVehicle|cLat|cIMEI) != 0 || e.path&cDevice != 0 && e.beside&(cPush|cOAuth) == 0)
}

func personID(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cOAuth|cPay|cPush|cVehicle|cStation|cToken|cPhone) || e.s.mostly(ShapeEmail):
		return 0
	case e.any(cPerson) && e.any(cID) && e.known && !e.any(cThing|cCard|cContract):
		return 0.9
	case e.any(cPerson) && e.known && e.idLike() && !e.any(cThing|cName|cGiven):
		return 0.85
	case e.any(cLogin) && e.known && !e.s.mostly(ShapeE164):
		return 0.6
	case !e.bare || !e.any(cID):
		return 0
	case e.parent&cPerson != 0:
		return 0.85
	case e.parent == 0 && e.personal() >= 2:
		return 0.86
	case e.thing&cPerson != 0:
		return 0.8
	}
	return 0
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

func nameAddress(e *clues) float64 {
	switch {
	case e.meta || e.s.text == 0 || !e.scalar() || e.any(cEmail|cPhone|cVehicle|cThing|cOTA|cFile):
		return 0
	case e.any(cGiven) && !e.any(cCharging|cShop):
		return 0.9
	case e.any(cAddress) && e.known && !e.charging():
		return 0.85
	case e.any(cTown) && e.known && (e.beside|e.parent)&cAddress != 0 && !e.charging():
		return 0.8
	case e.any(cPerson) && e.any(cName) && e.known && !e.any(cLogin):
		return 0.9
	case e.any(cPerson) && e.known && e.s.mostly(ShapeFullName):
		return 0.88
	case e.any(cName) && e.known && (e.parent&cPerson != 0 && (!e.around(cCharging|cStation) || e.personalBeside() || e.s.mostly(ShapeFullName)) || e.parent == 0 && (e.noun&cPerson != 0 && e.noun&cThing == 0 || e.personalBeside())):
		return 0.8
	}
	return 0
}

// charging says whether what is described is a public place: a charging station, a dealer.
func (e *clues) charging() bool {
	return (e.parent|e.beside)&(cStation|cCharging) != 0 || e.above&cShop != 0 || e.noun&cStation != 0
}

// personalBeside says whether a name stands beside what only persons have.
func (e *clues) personalBeside() bool {
	return e.beside&(cEmail|cPhone|cGiven|cLogin) != 0 && e.beside&cStation == 0
}

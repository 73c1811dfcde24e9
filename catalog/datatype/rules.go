package datatype

import "github.com/waywarden/waywarden"

// A kind is a data type with the rules by which a field is of it.
type kind struct {
	typ   waywarden.DataType
	why   string
	veto  func(e *clues) bool // never of this type, whatever the rules say; nil: no veto
	rules []rule
}

// A rule is one way in which a field can be of a type.
type rule struct {
	weight float64  // 0 to 1
	any    Concepts // the name has one of these meanings; 0: whatever it means
	all    Concepts // … and all of these
	not    Concepts // … and none of these
	loose  bool     // words that are not in the lexicon do not matter
	when   func(e *clues) bool
}

// matches says whether the field is of the type by this rule.
func (r *rule) matches(e *clues) bool {
	return (r.any == 0 || e.own&r.any != 0) && e.own&r.all == r.all && e.own&r.not == 0 && (r.loose || e.known) && (r.when == nil || r.when(e))
}

// weigh returns the weight of the weightiest rule that matches, or 0.
func (k *kind) weigh(e *clues) float64 {
	if k.veto != nil && k.veto(e) {
		return 0
	}
	best := 0.0
	for _, r := range k.rules {
		if r.weight > best && r.matches(e) {
			best = r.weight
		}
	}
	return best
}

// kinds are all asked; the weightiest wins, the first among equals.
var kinds = []kind{
	vinKind, emailKind, phoneKind, plateKind, imeiKind, iccidKind, emaidKind, idTagKind,
	refreshTokenKind, resetTokenKind, inviteCodeKind, otpKind, pinKind, accessTokenKind, cloudSecretKind, keyMaterialKind,
	artefactURLKind, locationKind, tripHistoryKind, workOrderKind, stationKind, sessionKind, requestKind, vehicleKind, personKind, nameKind,
}

func about(e *clues) bool { return e.meta }

var vinKind = kind{
	typ: waywarden.TypeVIN, why: "named as a VIN",
	veto: func(e *clues) bool { return e.meta || !e.scalar() },
	rules: []rule{
		{weight: 0.95, any: cVIN, loose: true, when: func(e *clues) bool {
			return e.s.share(ShapeVIN)+e.s.share(ShapeVINMasked)+e.s.share(ShapeVINLike) > 0
		}},
		{weight: 0.9, any: cVIN, loose: true, when: func(e *clues) bool { return e.s.lenMax == 17 && e.s.lenMin >= 15 }},
		{weight: 0.7, any: cVIN, not: ^(cVIN | cFiller), when: func(e *clues) bool { return e.s.masked() }},
		{weight: 0.6, any: cVIN, when: func(e *clues) bool { return e.s.mean() >= 6 && e.s.lenMax <= 20 && e.idLike() }},
	},
}

var plateKind = kind{
	typ: waywarden.TypePlate, why: "named as a number plate, and looks like one", veto: about,
	rules: []rule{
		{weight: 0.9, any: cPlate, loose: true, when: func(e *clues) bool { return e.s.share(ShapePlate) >= 0.5 }},
		// "/vehicles/state/6411 ZPP": what identifies a vehicle and has the form of a plate, which no made-up identifier has.
		{weight: 0.82, any: cID, when: func(e *clues) bool {
			return e.bare && (e.thing|e.path)&cVehicle != 0 && e.s.share(ShapePlate) >= 0.9 && !e.idLike()
		}},
	},
}

// ofRegister says whether most values are fifteen digits as a body gives them out to devices; in real traffic not all
// of them pass the check digit, for trackers make them up and attackers count them through.
func ofRegister(e *clues) bool { return e.s.share(ShapeIMEILike) >= 0.5 }

var imeiKind = kind{
	typ: waywarden.TypeIMEI, why: "an IMEI by name and form", veto: about,
	rules: []rule{
		{weight: 0.95, any: cIMEI, loose: true, when: (*clues).idLike},
		{weight: 0.95, any: cDevice | cLogin | cVehicle, loose: true, when: ofRegister},
		{weight: 0.95, loose: true, when: func(e *clues) bool {
			return e.bare && (e.thing|e.path)&(cDevice|cVehicle) != 0 && ofRegister(e)
		}},
	},
}

var iccidKind = kind{
	typ: waywarden.TypeICCID, why: "named as a SIM card's number", veto: about,
	rules: []rule{{weight: 0.9, any: cICCID, loose: true, when: func(e *clues) bool { return e.s.share(ShapeIDLike) >= 0.8 && e.s.mean() >= 10 }}},
}

var emailKind = kind{
	typ: waywarden.TypeEmail, why: "named as an e-mail address", veto: about,
	rules: []rule{{weight: 0.95, any: cEmail, loose: true, when: func(e *clues) bool { return e.s.share(ShapeEmail) >= 0.02 }}},
}

var phoneKind = kind{
	typ: waywarden.TypePhone, why: "named as a telephone number",
	veto: func(e *clues) bool {
		return e.meta && !e.any(cPhone) || e.any(cDevice|cIMEI) && !e.has(cPhone|cID) || e.s.boolean > 0
	},
	rules: []rule{
		{weight: 0.92, any: cPhone, loose: true, when: func(e *clues) bool { return e.s.share(ShapePhone)+e.s.share(ShapeE164) >= 0.5 }},
		{weight: 0.9, any: cLogin | cPerson, loose: true, when: func(e *clues) bool { return e.s.share(ShapeE164) >= 0.8 }},
	},
}

var emaidKind = kind{
	typ: waywarden.TypeEMAID, why: "a contract id by name and place",
	veto: func(e *clues) bool { return e.meta || !e.scalar() },
	rules: []rule{
		{weight: 0.95, any: cEMAID, loose: true, when: func(e *clues) bool { return e.s.share(ShapeContract) > 0 }},
		{weight: 0.7, any: cEMAID, when: func(e *clues) bool { return e.idLike() && e.s.mean() >= 6 }},
		{weight: 0.9, any: cContract | cTag | cID, loose: true, when: func(e *clues) bool {
			return e.s.share(ShapeContract) >= 0.8 && (e.around(cCharging|cTag|cStation|cToken) || e.any(cContract))
		}},
		{weight: 0.8, all: cContract | cID, when: func(e *clues) bool { return e.around(cToken|cTag|cCharging) && e.idLike() }},
	},
}

var idTagKind = kind{
	typ: waywarden.TypeIDTag, why: "named as an RFID tag, or the uid of a token",
	veto: func(e *clues) bool {
		return e.meta || !e.wordLike() || e.any(cPay|cEMAID) || e.s.mostly(ShapeJWT) || e.s.mostly(ShapeCard) || e.openID()
	},
	rules: []rule{
		{weight: 0.9, any: cTag, not: cVehicle | cThing},
		{weight: 0.85, loose: true, when: func(e *clues) bool { return e.bare && e.parent&cTag != 0 }},
		{weight: 0.85, any: cID, loose: true, when: func(e *clues) bool {
			return e.bare && (e.parent|e.noun)&cToken != 0 && e.around(cCharging|cTag|cStation)
		}},
		{weight: 0.8, loose: true, when: func(e *clues) bool {
			return e.bare && e.parent&cCard != 0 && (e.s.mostly(ShapeRFID) || e.around(cCharging|cTag))
		}},
		{weight: 0.85, any: cCard, loose: true, when: func(e *clues) bool { return e.element && e.s.mostly(ShapeRFID) }},
		{weight: 0.8, any: cCard | cToken, all: cID, loose: true, when: func(e *clues) bool { return e.s.mostly(ShapeRFID) }},
	},
}

var artefactURLKind = kind{
	typ: waywarden.TypeArtefactURL, why: "an address of software by name and place",
	veto: func(e *clues) bool { return !e.s.mostly(ShapeURL) },
	rules: []rule{
		{weight: 0.9, any: cOTA | cFile, loose: true, when: func(e *clues) bool { return !e.around(cPerson) && e.around(cOTA|cDiag) }},
		{weight: 0.9, any: cOTA, loose: true, when: func(e *clues) bool { return e.any(cURL | cFile | cGeo) }},
		{weight: 0.9, any: cGeo | cURL | cFile, loose: true, when: func(e *clues) bool { return e.around(cOTA) }},
	},
}

var locationKind = kind{
	typ: waywarden.TypeLocation, why: "a coordinate by name and range",
	rules: []rule{
		{weight: 0.9, loose: true, when: func(e *clues) bool { return e.s.mostly(ShapePair) }},
		{weight: 0.95, any: cLat | cLon, loose: true, when: func(e *clues) bool {
			return e.s.share(ShapeNumber) >= 0.8 && e.s.lenMax <= 24 && (e.s.digits > 0 || e.beside&(cLat|cLon) != 0)
		}},
		{weight: 0.9, any: cLength, when: func(e *clues) bool {
			return e.s.share(ShapeNumber) >= 0.8 && e.s.digits >= 3 && e.beside&(cLength|cLat|cLon) != 0
		}},
		{weight: 0.9, any: cGeo | cTrack, loose: true, when: func(e *clues) bool {
			return e.element && e.s.share(ShapeCoordinate) >= 0.8 && e.s.digits >= 3
		}},
		{weight: 0.8, any: cGeo, not: cMeta, when: func(e *clues) bool { return e.s.mostly(ShapeCoordinate) && e.s.digits >= 4 }},
	},
}

var tripHistoryKind = kind{
	typ: waywarden.TypeTripHistory, why: "a driven path by name",
	rules: []rule{{weight: 0.7, any: cTrack, when: func(e *clues) bool {
		return !e.request() && e.s.text > 0 && e.s.mean() >= 24 && !e.s.mostly(ShapeURL, ShapeUUID)
	}}},
}

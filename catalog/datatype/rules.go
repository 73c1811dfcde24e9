package datatype

import "github.com/waywarden/waywarden"

// A rule weighs how far a field is of its type: 0 not at all, to 1.
type rule struct {
	typ   waywarden.DataType
	why   string
	weigh func(e *clues) float64
}

// rules are asked all; the weightiest wins, the first among equals.
var rules = [...]rule{
	{waywarden.TypeVIN, "named as a VIN", vin},
	{waywarden.TypeEmail, "named as an e-mail address", email},
	{waywarden.TypePhone, "named as a telephone number", phone},
	{waywarden.TypePlate, "named as a number plate, and looks like one", plate},
	{waywarden.TypeIMEI, "an IMEI by name and form", imei},
	{waywarden.TypeICCID, "named as a SIM card's number", iccid},
	{waywarden.TypeEMAID, "a contract id by name and place", emaid},
	{waywarden.TypeIDTag, "named as an RFID tag, or the uid of a token", idTag},
	{waywarden.TypeRefreshToken, "named as a refresh token", refreshToken},
	{waywarden.TypeResetToken, "a token of account recovery", resetToken},
	{waywarden.TypeInviteCode, "a code of an invitation", inviteCode},
	{waywarden.TypeOTP, "a one-time code", otp},
	{waywarden.TypePIN, "named as a PIN", pin},
	{waywarden.TypeAccessToken, "a token of access", accessToken},
	{waywarden.TypeCloudSecret, "named as a secret of a cloud service", cloudSecret},
	{waywarden.TypeKeyMaterial, "named as a cryptographic key", keyMaterial},
	{waywarden.TypeArtefactURL, "an address of software by name and place", artefactURL},
	{waywarden.TypeLocation, "a coordinate by name and range", location},
	{waywarden.TypeTripHistory, "a driven path by name", tripHistory},
	{waywarden.TypeWorkOrder, "named as a work order, ticket or case", workOrder},
	{waywarden.TypeStationID, "identifies a charging station", stationID},
	{waywarden.TypeSessionID, "identifies a charging session, ride or booking", sessionID},
	{waywarden.TypeRequestID, "identifies a request, command or process", requestID},
	{waywarden.TypeVehicleID, "identifies a vehicle", vehicleID},
	{waywarden.TypePersonID, "identifies a person", personID},
	{waywarden.TypeNameAddress, "a person's name or address", nameAddress},
}

func vin(e *clues) float64 {
	if !e.any(cVIN) || e.meta || !e.scalar() {
		return 0
	}
	if e.s.share(ShapeVIN)+e.s.share(ShapeVINMasked) > 0 || e.s.share(ShapeVINLike) > 0 {
		return 0.95
	}
	if e.s.lenMax == 17 && e.s.lenMin >= 15 {
		return 0.9
	}
	if e.known && e.own&^(cVIN|cFiller) == 0 && e.s.masked() {
		return 0.7
	}
	if e.known && e.s.mean() >= 6 && e.s.lenMax <= 20 && e.idLike() && !e.has(cVIN|cTown) {
		return 0.6
	}
	return 0
}

func email(e *clues) float64 {
	if e.any(cEmail) && !e.meta && e.s.share(ShapeEmail) >= 0.02 {
		return 0.95
	}
	return 0
}

func phone(e *clues) float64 {
	switch {
	case e.meta && !e.any(cPhone), e.any(cDevice|cIMEI) && !e.has(cPhone|cID):
		return 0
	case e.any(cPhone) && e.s.share(ShapePhone)+e.s.share(ShapeE164) >= 0.5 && e.s.boolean == 0:
		return 0.92
	case e.any(cLogin|cPerson) && e.s.share(ShapeE164) >= 0.8:
		return 0.9
	}
	return 0
}

func plate(e *clues) float64 {
	if e.any(cPlate) && !e.meta && e.s.share(ShapePlate) >= 0.5 {
		return 0.9
	}
	return 0
}

func imei(e *clues) float64 {
	switch {
	case e.any(cIMEI) && !e.meta && e.idLike():
		return 0.95
	case e.s.share(ShapeIMEILike) >= 0.8 && (e.any(cDevice|cLogin|cVehicle) || e.bare && (e.thing|e.path)&(cDevice|cVehicle) != 0):
		return 0.95
	}
	return 0
}

func iccid(e *clues) float64 {
	if e.any(cICCID) && !e.meta && e.s.share(ShapeIDLike) >= 0.8 && e.s.mean() >= 10 {
		return 0.9
	}
	return 0
}

func emaid(e *clues) float64 {
	switch {
	case e.meta || !e.scalar():
		return 0
	case e.any(cEMAID) && (e.s.mostly(ShapeContract) || e.any(cEMAID) && e.s.share(ShapeContract) > 0):
		return 0.95
	case e.any(cEMAID) && !e.has(cID|cContract) && e.known && e.idLike() && e.s.mean() >= 6:
		return 0.7
	case e.any(cContract|cTag|cID) && e.s.share(ShapeContract) >= 0.8 && (e.around(cCharging|cTag|cStation|cToken) || e.any(cContract)):
		return 0.9
	case e.has(cContract|cID) && e.known && e.around(cToken|cTag|cCharging) && e.idLike():
		return 0.8
	}
	return 0
}

func idTag(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.s.mostly(ShapeJWT) || e.any(cPay|cEMAID) || e.s.mostly(ShapeCard):
		return 0
	case e.any(cAccess) && (e.signIn() || e.s.mean() > 36 || e.beside&(cAccess|cRefresh) != 0): // the id token of OpenID Connect
		return 0
	case e.any(cTag) && e.known && !e.any(cVehicle|cThing):
		return 0.9
	case e.bare && e.parent&cTag != 0:
		return 0.85
	case e.bare && e.any(cID) && (e.parent|e.noun)&cToken != 0 && e.around(cCharging|cTag|cStation):
		return 0.85
	case e.parent&cCard != 0 && e.bare && (e.s.mostly(ShapeRFID) || e.around(cCharging|cTag)):
		return 0.8
	case e.element && e.any(cCard) && e.s.mostly(ShapeRFID):
		return 0.85
	case e.any(cCard|cToken) && e.any(cID) && e.s.mostly(ShapeRFID):
		return 0.8
	}
	return 0
}

func refreshToken(e *clues) float64 {
	if e.any(cRefresh) && e.any(cToken|cRefresh) && !e.meta && e.s.text > 0 && e.s.mean() >= 8 && (e.any(cToken) || e.secretLike()) {
		return 0.96
	}
	return 0
}

func resetToken(e *clues) float64 {
	switch {
	case e.meta || e.s.text == 0 || e.s.mostly(ShapeURL):
		return 0
	case e.any(cReset) && e.any(cToken|cCode|cKey|cID|cReset) && e.s.mean() >= 6 && (e.any(cToken|cCode|cKey) || e.secretLike()):
		return 0.95
	case e.any(cToken) && e.known && e.path&cReset != 0 && !e.any(cAccess|cRefresh|cPush) && e.s.mean() >= 8:
		return 0.9
	}
	return 0
}

func inviteCode(e *clues) float64 {
	codelike := e.wordLike() && e.s.mean() >= 4 && e.s.mean() <= 64
	switch {
	case e.meta || !codelike:
		return 0
	case e.any(cInvite) && e.any(cCode|cToken|cKey|cInvite) && !e.any(cID) && e.known && (e.any(cCode|cToken|cKey) || e.idLike()):
		return 0.93
	case e.any(cCode|cToken) && e.known && e.around(cInvite) && !e.any(cAccess|cRefresh|cOTP):
		return 0.9
	case !e.request() && e.any(cCode) && e.known && e.around(cPair) && !e.around(cPromo|cAuth):
		return 0.8
	}
	return 0
}

// coded says whether the values are short codes as people type them off a screen or a message.
func (e *clues) coded() bool {
	return e.scalar() && e.s.lenMin >= 3 && e.s.lenMax <= 12 && e.s.share(ShapeIDLike)+e.s.share(ShapeWords) >= 0.5
}

func otp(e *clues) float64 {
	switch {
	case e.meta || !e.coded() || e.any(cPlate|cVehicle|cAddress|cPromo):
		return 0
	case e.any(cOTP):
		return 0.93
	case e.any(cMFA) && e.any(cCode|cPIN|cToken):
		return 0.9
	case e.any(cCode) && e.known && e.request() && (e.path&cMFA != 0 || e.path&cPair != 0) && !e.around(cPromo|cInvite):
		return 0.85
	case e.any(cPIN) && (e.path&(cMFA|cPair) != 0 || e.path&cAuth != 0 && e.beside&cEmail != 0) && e.path&cVehicle == 0:
		return 0.95
	case e.any(cPIN) && e.path&cPair != 0 && e.noun&cPair != 0:
		return 0.95
	}
	return 0
}

func pin(e *clues) float64 {
	switch {
	case e.meta || !e.scalar() || e.s.lenMax > 12 || e.any(cAddress):
		return 0
	case e.any(cPIN) && e.s.share(ShapeDigits) >= 0.5:
		return 0.92
	case e.any(cPassword) && e.known && e.s.mostly(ShapeShortCode) && e.around(cVehicle|cRequest) && !e.around(cAuth|cPair|cMFA|cPromo):
		return 0.85
	}
	return 0
}

func accessToken(e *clues) float64 {
	switch {
	case e.any(cPush|cRefresh|cReset|cInvite|cPay) || e.any(cTag) && !e.any(cAccess) || e.meta || e.s.text == 0:
		return 0
	case e.s.mostly(ShapeJWT):
		return 0.94
	case e.any(cAccess) && e.any(cToken|cKey|cAccess) && e.s.mean() >= 16 && e.wordLike() && (e.any(cToken | cKey)) && e.own&cCrypto == 0:
		return 0.93
	case e.any(cToken) && e.known && !e.any(cDevice|cOAuth|cThing|cID) && e.wordLike() && e.s.mean() >= 16:
		return 0.88
	case e.any(cSession) && e.known && !e.any(cRide|cThing) && e.secretLike() && e.s.mean() >= 16 && !e.request() && (e.around(cAuth) || e.beside&(cLogin|cRefresh) != 0 || e.noun&cSession != 0 && !e.any(cID)) && !e.around(cDiag|cCharging):
		return 0.9
	}
	return 0
}

func cloudSecret(e *clues) float64 {
	if e.any(cCloud) && !e.meta && e.s.text > 0 && e.s.mean() >= 12 {
		return 0.85
	}
	if e.has(cSecret) && e.any(cOAuth) && e.s.mean() >= 8 {
		return 0.9
	}
	return 0
}

func keyMaterial(e *clues) float64 {
	switch {
	case e.meta || e.s.text == 0 || e.s.mean() < 8 || e.any(cVehicle|cPerson|cPush|cThing|cOAuth) || e.s.mostly(ShapeURL, ShapeUUID):
		return 0
	case e.any(cCrypto) && e.any(cKey|cSecret) && (e.secretLike() || e.s.share(ShapeHex) >= 0.5 || e.s.mean() >= 16):
		return 0.9
	case e.any(cSecret) && e.known && e.s.mean() >= 12 && e.wordLike():
		return 0.75
	case e.any(cKey) && e.known && !e.any(cID|cAccess|cCloud) && e.s.share(ShapeHex) >= 0.8 && e.s.mean() >= 16:
		return 0.8
	case e.any(cCrypto) && e.around(cDiag) && e.s.share(ShapeHex) >= 0.5:
		return 0.8
	}
	return 0
}

func artefactURL(e *clues) float64 {
	if !e.s.mostly(ShapeURL) {
		return 0
	}
	switch {
	case e.any(cOTA|cFile) && !e.around(cPerson) && e.around(cOTA|cDiag):
		return 0.9
	case e.any(cOTA) && e.any(cURL|cFile|cGeo):
		return 0.9
	case e.any(cGeo|cURL|cFile) && e.around(cOTA):
		return 0.9
	}
	return 0
}

func location(e *clues) float64 {
	numeric := e.s.share(ShapeNumber)
	switch {
	case e.s.mostly(ShapePair):
		return 0.9
	case e.any(cLat|cLon) && numeric >= 0.8 && e.s.lenMax <= 24:
		if e.s.digits > 0 || e.beside&(cLat|cLon) != 0 {
			return 0.95
		}
	case e.any(cLength) && e.known && numeric >= 0.8 && e.s.digits >= 3 && e.beside&(cLength|cLat|cLon) != 0:
		return 0.9
	case e.element && e.any(cGeo|cTrack) && e.s.share(ShapeCoordinate) >= 0.8 && e.s.digits >= 3:
		return 0.9
	case e.any(cGeo) && e.known && !e.meta && e.s.mostly(ShapeCoordinate) && e.s.digits >= 4:
		return 0.8
	}
	return 0
}

func tripHistory(e *clues) float64 {
	if e.any(cTrack) && e.known && e.s.text > 0 && e.s.mean() >= 24 && !e.s.mostly(ShapeURL) && !e.s.mostly(ShapeUUID) && e.in == waywarden.InResponse {
		return 0.7
	}
	return 0
}

func workOrder(e *clues) float64 {
	switch {
	case e.meta || !e.wordLike() || e.any(cPay):
		return 0
	case e.any(cWork) && e.known && !e.any(cPerson|cVehicle):
		return 0.9
	case e.any(cOrder) && e.known && e.around(cShop|cDiag):
		return 0.88
	case e.bare && e.any(cID) && e.thing&cWork != 0:
		return 0.85
	}
	return 0
}

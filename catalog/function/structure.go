package function

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// A fact is something about the form of an operation.
type fact uint8

// The facts patterns can ask for.
const (
	isRead  fact = iota // takes and changes nothing: GET, or a POST that only asks
	isWrite             // not isRead
	isPost
	isPut // or PATCH
	isDel
	isAny       // every operation
	isShort     // at most one segment
	isAccepted  // done later
	isRoaming   // of OCPI or OICP
	onOne       // the path ends in an object
	onNothing   // no object is named
	onVehicle   // a vehicle is named: in the path or a field
	onVehicleQ  // in a field
	onDevice    // a device is named by its IMEI
	onCharger   // a charger is named: in the path or a field
	onChargerQ  // in a field
	onPerson    // a person is named in the path
	onSession   // a session is named in the path
	onTag       // a charging token is named
	onTagQ      // in a field
	asksPlate   // a plate is asked about
	asksRequest // a request is asked about
	takesOTP
	takesPassword
	takesURL
	givesVehicles // many vehicles
	givesState    // what a vehicle is like
	givesLocation
	givesTrack // many positions
	givesPerson
	givesPeople
	givesVIN
	givesToken
	givesInvite
	givesOTP
	givesReset
	givesSecret
	givesStation
	facts
)

// factNames are how patterns name the facts, with @.
var factNames = [facts]string{
	"read", "write", "post", "put", "del", "any", "short", "accepted", "ocpi", "obj", "noobj", "veh", "qveh", "qdev", "cha",
	"qsta", "per", "ses", "tag", "qtag", "qplate", "qreq", "qotp", "qpassword", "qurl", "rvehlist", "rstate", "rloc",
	"rtrack", "rperson", "rlist", "rvin", "rtoken", "rinvite", "rotp", "rreset", "rsecret", "rsta",
}

// factPhrases say the facts to people, in reasons.
var factPhrases = [facts]string{
	"only asks", "changes something", "POST", "PUT or PATCH", "DELETE", "nothing more is known", "a short path", "done later",
	"roaming protocol", "one object", "no object named", "names a vehicle", "a vehicle in a field", "a device by its IMEI",
	"names a charger", "a charger in a field", "names a person", "names a session", "names a charging token",
	"a charging token in a field", "takes a plate", "takes a request id", "takes a one-time code", "takes a password",
	"takes a URL", "gives many vehicles", "gives the state of a vehicle", "gives a location", "gives many positions",
	"gives personal data", "gives data of many people", "gives a VIN", "gives a token", "gives an invitation",
	"gives a one-time code", "gives a reset token", "gives a secret", "gives a charger id",
}

// object returns the fact that an object of a type of data is named in the path.
func object(t waywarden.DataType) (fact, bool) {
	switch t {
	case waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypeICCID:
		return onVehicle, true
	case waywarden.TypeStationID:
		return onCharger, true
	case waywarden.TypePersonID, waywarden.TypeEmail:
		return onPerson, true
	case waywarden.TypeSessionID:
		return onSession, true
	case waywarden.TypeIDTag, waywarden.TypeEMAID:
		return onTag, true
	case waywarden.TypePlate:
		return asksPlate, true
	case waywarden.TypeRequestID:
		return asksRequest, true
	}
	return 0, false
}

// field returns the facts that a field of the request makes.
func requestFacts(t waywarden.DataType) []fact {
	switch t {
	case waywarden.TypeVIN, waywarden.TypeVehicleID:
		return []fact{onVehicle, onVehicleQ}
	case waywarden.TypeIMEI:
		return []fact{onVehicle, onVehicleQ, onDevice}
	case waywarden.TypeStationID:
		return []fact{onCharger, onChargerQ}
	case waywarden.TypeIDTag, waywarden.TypeEMAID:
		return []fact{onTag, onTagQ}
	case waywarden.TypePlate:
		return []fact{asksPlate}
	case waywarden.TypeRequestID:
		return []fact{asksRequest}
	case waywarden.TypeOTP:
		return []fact{takesOTP}
	case waywarden.TypeArtefactURL:
		return []fact{takesURL}
	}
	return nil
}

// responseFacts returns the facts that a field of the response makes.
func responseFacts(t waywarden.DataType, many bool) []fact {
	switch t {
	case waywarden.TypeVIN, waywarden.TypeVehicleID:
		if many {
			return []fact{givesVehicles, givesVIN}
		}
		return []fact{givesVIN}
	case waywarden.TypeLocation:
		if many {
			return []fact{givesTrack, givesLocation}
		}
		return []fact{givesLocation}
	case waywarden.TypeTripHistory:
		return []fact{givesTrack}
	case waywarden.TypeNameAddress, waywarden.TypeEmail, waywarden.TypePhone:
		if many {
			return []fact{givesPerson, givesPeople}
		}
		return []fact{givesPerson}
	case waywarden.TypeAccessToken, waywarden.TypeRefreshToken:
		return []fact{givesToken}
	case waywarden.TypeInviteCode:
		return []fact{givesInvite}
	case waywarden.TypeOTP:
		return []fact{givesOTP}
	case waywarden.TypeResetToken:
		return []fact{givesReset}
	case waywarden.TypeCloudSecret, waywarden.TypeKeyMaterial:
		return []fact{givesSecret}
	case waywarden.TypeStationID:
		return []fact{givesStation}
	}
	return nil
}

// parameter returns the name of a template segment that is a parameter: "{vin}" is vin.
func parameter(segment string) (string, bool) {
	from := strings.IndexByte(segment, '{')
	if from < 0 {
		return "", false
	}
	to := strings.IndexByte(segment[from:], '}')
	if to < 0 {
		return "", false
	}
	return segment[from+1 : from+to], true
}

package datatype

import "github.com/waywarden/waywarden"

// The kinds that let their holder do something: tokens, codes, keys.

var refreshTokenKind = kind{
	typ: waywarden.TypeRefreshToken, why: "named as a refresh token",
	veto: func(e *clues) bool { return e.meta || e.s.text == 0 },
	rules: []rule{{weight: 0.96, any: cRefresh, loose: true, when: func(e *clues) bool {
		return e.s.mean() >= 8 && (e.any(cToken) || e.secretLike())
	}}},
}

var resetTokenKind = kind{
	typ: waywarden.TypeResetToken, why: "a token of account recovery",
	veto: func(e *clues) bool { return e.meta || e.s.text == 0 || e.s.mostly(ShapeURL) },
	rules: []rule{
		{weight: 0.95, any: cReset, loose: true, when: func(e *clues) bool {
			return e.s.mean() >= 6 && (e.any(cToken|cCode|cKey) || e.secretLike())
		}},
		{weight: 0.9, any: cToken, not: cAccess | cRefresh | cPush, when: func(e *clues) bool { return e.path&cReset != 0 && e.s.mean() >= 8 }},
	},
}

var inviteCodeKind = kind{
	typ: waywarden.TypeInviteCode, why: "a code of an invitation",
	veto: func(e *clues) bool { return e.meta || !e.wordLike() || e.s.mean() < 4 || e.s.mean() > 64 },
	rules: []rule{
		{weight: 0.93, any: cInvite, not: cID, when: func(e *clues) bool { return e.any(cCode|cToken|cKey) || e.idLike() }},
		{weight: 0.9, any: cCode | cToken, not: cAccess | cRefresh | cOTP, when: func(e *clues) bool { return e.around(cInvite) }},
		{weight: 0.8, any: cCode, when: func(e *clues) bool { return !e.request() && e.around(cPair) && !e.around(cPromo|cAuth) }},
	},
}

var otpKind = kind{
	typ: waywarden.TypeOTP, why: "a one-time code",
	veto: func(e *clues) bool { return e.meta || !e.typed() || e.any(cPlate|cVehicle|cAddress|cPromo) },
	rules: []rule{
		{weight: 0.93, any: cOTP, loose: true},
		{weight: 0.9, any: cMFA, loose: true, when: func(e *clues) bool { return e.any(cCode | cPIN | cToken) }},
		{weight: 0.85, any: cCode, when: func(e *clues) bool {
			return e.request() && e.path&(cMFA|cPair) != 0 && !e.around(cPromo|cInvite)
		}},
		{weight: 0.95, any: cPIN, loose: true, when: func(e *clues) bool {
			return e.path&cVehicle == 0 && (e.path&(cMFA|cPair) != 0 || e.path&cAuth != 0 && e.beside&cEmail != 0)
		}},
		{weight: 0.95, any: cPIN, loose: true, when: func(e *clues) bool { return e.noun&cPair != 0 }},
	},
}

var pinKind = kind{
	typ: waywarden.TypePIN, why: "named as a PIN",
	veto: func(e *clues) bool { return e.meta || !e.scalar() || e.s.lenMax > 12 || e.any(cAddress) },
	rules: []rule{
		{weight: 0.92, any: cPIN, loose: true, when: func(e *clues) bool { return e.s.share(ShapeDigits) >= 0.5 }},
		{weight: 0.85, any: cPassword, when: func(e *clues) bool { // of a mode of the vehicle, not of an account
			return e.s.mostly(ShapeShortCode) && e.around(cVehicle|cRequest) && !e.around(cAuth|cPair|cMFA|cPromo)
		}},
	},
}

var accessTokenKind = kind{
	typ: waywarden.TypeAccessToken, why: "a token of access",
	veto: func(e *clues) bool {
		return e.meta || e.s.text == 0 || e.any(cPush|cRefresh|cReset|cInvite|cPay) || e.any(cTag) && !e.any(cAccess)
	},
	rules: []rule{
		{weight: 0.94, loose: true, when: func(e *clues) bool { return e.s.mostly(ShapeJWT) }},
		{weight: 0.93, any: cAccess, not: cCrypto, loose: true, when: func(e *clues) bool {
			return e.any(cToken|cKey) && e.s.mean() >= 16 && e.wordLike()
		}},
		{weight: 0.88, any: cToken, not: cDevice | cOAuth | cThing | cID, when: func(e *clues) bool { return e.s.mean() >= 16 && e.wordLike() }},
		{weight: 0.9, any: cSession, not: cRide | cThing, when: func(e *clues) bool {
			return !e.request() && e.secretLike() && e.s.mean() >= 16 && e.issued() && !e.around(cDiag|cCharging)
		}},
	},
}

// issued says whether the answer is one to a sign-in: the session in it is the caller's own.
func (e *clues) issued() bool {
	return e.around(cAuth) || e.beside&(cLogin|cRefresh) != 0 || e.noun&cSession != 0 && !e.any(cID)
}

// openID says whether an "id token" is the one of OpenID Connect rather than the identity of a charging card.
func (e *clues) openID() bool {
	return e.any(cAccess) && (e.signIn() || e.s.mean() > 36 || e.beside&(cAccess|cRefresh) != 0)
}

// signIn says whether the path is one of signing in.
func (e *clues) signIn() bool { return e.path&cAuth != 0 && e.path&(cCharging|cStation|cRide) == 0 }

var cloudSecretKind = kind{
	typ: waywarden.TypeCloudSecret, why: "named as a secret of a cloud service",
	veto: func(e *clues) bool { return e.meta || e.s.text == 0 },
	rules: []rule{
		{weight: 0.85, any: cCloud, loose: true, when: func(e *clues) bool { return e.s.mean() >= 12 }},
		{weight: 0.9, all: cSecret | cOAuth, loose: true, when: func(e *clues) bool { return e.s.mean() >= 8 }},
	},
}

var keyMaterialKind = kind{
	typ: waywarden.TypeKeyMaterial, why: "named as a cryptographic key",
	veto: func(e *clues) bool {
		return e.meta || e.s.text == 0 || e.s.mean() < 8 || e.any(cVehicle|cPerson|cPush|cThing|cOAuth) || e.s.mostly(ShapeURL, ShapeUUID)
	},
	rules: []rule{
		{weight: 0.9, any: cCrypto, loose: true, when: func(e *clues) bool {
			return e.any(cKey|cSecret) && (e.secretLike() || e.s.share(ShapeHex) >= 0.5 || e.s.mean() >= 16)
		}},
		{weight: 0.75, any: cSecret, when: func(e *clues) bool { return e.s.mean() >= 12 && e.wordLike() }},
		{weight: 0.8, any: cKey, not: cID | cAccess | cCloud, when: func(e *clues) bool { return e.s.share(ShapeHex) >= 0.8 && e.s.mean() >= 16 }},
		{weight: 0.8, any: cCrypto, loose: true, when: func(e *clues) bool { return e.around(cDiag) && e.s.share(ShapeHex) >= 0.5 }},
	},
}

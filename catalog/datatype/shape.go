package datatype

import "strings"

// A Shape is a form a value can have, whatever the field is called.
type Shape uint8

// The shapes.
const (
	ShapeVIN         Shape = iota // 17 characters with a valid check digit
	ShapeVINLike                  // 17 characters of the alphabet of VINs that begin with a known maker's code
	ShapeVINMasked                // a VIN with characters masked
	ShapeMasked                   // hidden by stars or crosses, in part or as a whole
	ShapeEmail                    //
	ShapeE164                     // "+" and 8 to 15 digits, separators allowed
	ShapePhone                    // a national telephone number, perhaps
	ShapeIMEI                     // 15 digits, Luhn, of a known reporting body
	ShapeIMEILike                 // 15 digits of a known reporting body
	ShapeICCID                    // 19 or 20 digits from 89, Luhn
	ShapeUUID                     //
	ShapeULID                     //
	ShapeJWT                      //
	ShapeEVSE                     // EVSE id of ISO 15118 or DIN SPEC 91286, with separators
	ShapeEMAID                    // contract id with a valid check character
	ShapeContract                 // contract id without one
	ShapeIBAN                     // valid check digits
	ShapeCard                     // payment card number, Luhn
	ShapePlate                    // letters and digits as on a number plate, loosely
	ShapeURL                      //
	ShapeArtefact                 // URL of a software image or package
	ShapePrivateKey               // PEM of a private key or certificate
	ShapeCloudSecret              // key of a cloud service
	ShapeNumber                   // decimal number
	ShapeCoordinate               // decimal number with a fraction within ±180
	ShapePair                     // "48.137,11.575", geo URI, WKT point
	ShapeDigits                   // digits only
	ShapeShortCode                // 4 to 8 digits
	ShapeHex                      // hexadecimal, at least 8
	ShapeRFID                     // 8, 14 or 20 hexadecimal digits
	ShapeOpaque                   // a random-looking token of at least 16 characters
	ShapeIDLike                   // one word with a digit, or digits: what an identifier looks like
	ShapeNumbered                 // an identifier of which a quarter at least is digits
	ShapeFullName                 // two to four capitalised words
	ShapeWords                    // has spaces between letters
	ShapeDate                     // 2026-03-02
	ShapeDateTime                 // RFC 3339
	ShapeIPv4                     //
	shapesN
)

// A shapeSet is a set of shapes.
type shapeSet uint64

func (s shapeSet) has(x Shape) bool { return s>>x&1 != 0 }
func (s *shapeSet) add(x Shape)     { *s |= 1 << x }
func (s *shapeSet) when(ok bool, x Shape) {
	if ok {
		*s |= 1 << x
	}
}

// A profile is what one pass over a value counts.
type profile struct {
	digits, upper, lower, spaces, other int
	hex, wide                           int // hexadecimal letters; bytes beyond ASCII
	marks                               uint64
}

// Bits of profile.marks for the characters that decide which validators are asked.
const (
	markDot = 1 << iota
	markDash
	markAt
	markColon
	markStar
	markPlus
	markSlash
	markUnder
	markComma
	markRest
)

var marks = func() (m [256]uint64) {
	for i := range m {
		m[i] = markRest
	}
	for c, b := range map[byte]uint64{'.': markDot, '-': markDash, '@': markAt, ':': markColon, '*': markStar, '+': markPlus, '/': markSlash, '_': markUnder, ',': markComma} {
		m[c] = b
	}
	return m
}()

func profileOf(s string) (p profile) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			p.digits++
		case c >= 'a' && c <= 'z':
			p.lower++
			if c <= 'f' {
				p.hex++
			}
		case c >= 'A' && c <= 'Z':
			p.upper++
			if c <= 'F' {
				p.hex++
			}
		case c == ' ':
			p.spaces++
		case c >= 0x80:
			p.wide++
		default:
			p.other++
			p.marks |= marks[c]
		}
	}
	return p
}

// profileMax bounds how much of a value is looked at.
const profileMax = 4096

// shapesOf says which shapes a value has.
func shapesOf(v string) shapeSet {
	var s shapeSet
	if len(v) > profileMax {
		s.when(IsJWT(v), ShapeJWT)
		s.when(isPEM(v), ShapePrivateKey)
		return s
	}
	p := profileOf(v)
	letters := p.upper + p.lower
	s.when(4*p.digits >= len(v) && p.spaces == 0, ShapeNumbered)
	s.when(p.marks&markStar != 0 && (v[0] == '*' || strings.Contains(v, "**")) || p.digits == 0 && strings.Trim(v, "xX") == "", ShapeMasked)
	switch {
	case letters == 0 && p.wide == 0:
		numericShapes(v, &p, &s)
	case p.spaces == 0:
		wordShapes(v, &p, &s)
	default:
		s.add(ShapeWords)
		s.when(p.wide+letters > 3 && IsFullName(v), ShapeFullName)
		s.when(v[0] == '-' && isPEM(v), ShapePrivateKey)
		s.when(p.digits > 0 && IsPlate(v), ShapePlate)
		s.when(p.digits > 10 && IsIBAN(v), ShapeIBAN)
		s.when(IsCloudSecret(v), ShapeCloudSecret)
		s.when(p.digits >= 4 && IsPoint(v), ShapePair)
	}
	return s
}

// numericShapes looks at a value without letters.
func numericShapes(v string, p *profile, s *shapeSet) {
	switch {
	case p.digits == len(v):
		digitShapes(v, s)
	case isDecimal(v):
		s.add(ShapeNumber)
		s.when(p.marks&markDot != 0 && isCoordinate(v), ShapeCoordinate)
	default:
		s.when(IsDate(v), ShapeDate)
		s.when(p.marks&markPlus != 0 && IsE164(v), ShapeE164)
		s.when(IsPhone(v), ShapePhone)
		s.when(p.marks == markDot && isIPv4(v), ShapeIPv4)
		s.when(IsPoint(v), ShapePair)
		s.when(p.spaces == 0 && p.digits > 0 && p.marks&^(markDash|markDot|markUnder|markSlash|markColon) == 0, ShapeIDLike)
	}
}

func digitShapes(v string, s *shapeSet) {
	s.add(ShapeDigits)
	s.add(ShapeNumber)
	s.add(ShapeIDLike)
	s.when(len(v) >= 4 && len(v) <= 8, ShapeShortCode)
	if len(v) == 15 && imeiBody(v) {
		s.add(ShapeIMEILike)
		s.when(Luhn(v), ShapeIMEI)
	}
	s.when(IsICCID(v), ShapeICCID)
	s.when(IsPaymentCard(v), ShapeCard)
	s.when(cardLength(len(v)), ShapeRFID)
	s.when(IsPhone(v), ShapePhone)
}

// cardLength says whether so many hexadecimal digits are an ISO 14443 UID of 4, 7 or 10 bytes.
func cardLength(n int) bool { return n == 8 || n == 14 || n == 20 }

// wordShapes looks at a value of letters without spaces.
func wordShapes(v string, p *profile, s *shapeSet) {
	plain := p.other == 0 && p.wide == 0
	s.when(p.digits > 0 && p.wide == 0 && p.marks&^(markDash|markUnder|markDot|markColon|markStar|markSlash) == 0, ShapeIDLike)
	switch {
	case p.marks&markAt != 0:
		s.when(IsEmail(v), ShapeEmail)
	case len(v) == 17:
		vinShapes(v, plain, s)
	case p.marks&markColon != 0 && IsURL(v):
		s.add(ShapeURL)
		s.when(IsArtefactURL(v), ShapeArtefact)
	}
	if p.digits > 0 {
		numberedShapes(v, p, s)
	}
	if plain && p.hex == p.upper+p.lower {
		s.when(len(v) >= 8 && p.digits > 0, ShapeHex)
		s.when(cardLength(len(v)), ShapeRFID)
	}
	if len(v) >= 16 {
		s.when(IsJWT(v), ShapeJWT)
		s.when(IsCloudSecret(v), ShapeCloudSecret)
		s.when(isOpaque(v, p), ShapeOpaque)
	}
	s.when(p.wide > 0 && p.digits == 0 && IsFullName(v), ShapeFullName)
}

// numberedShapes looks at a value of letters and digits.
func numberedShapes(v string, p *profile, s *shapeSet) {
	s.when(IsUUID(v), ShapeUUID)
	s.when(IsULID(v), ShapeULID)
	s.when(IsDateTime(v), ShapeDateTime)
	s.when(len(v) <= 16 && IsPlate(v), ShapePlate)
	s.when((v[0] == 'g' || v[0] == 'P') && IsPoint(v), ShapePair)
	if p.upper > 0 {
		contractShapes(v, s)
	}
}

func vinShapes(v string, plain bool, s *shapeSet) {
	if plain {
		s.when(IsVIN(v), ShapeVIN)
		s.when(IsVINLike(v), ShapeVINLike)
	}
	s.when(IsMaskedVIN(v), ShapeVINMasked)
}

func contractShapes(v string, s *shapeSet) {
	s.when(IsEVSE(v), ShapeEVSE)
	if IsEMAID(v) {
		s.add(ShapeContract)
		s.when(EMAIDCheck(v), ShapeEMAID)
	}
	s.when(len(v) >= 15 && len(v) <= 34 && IsIBAN(v), ShapeIBAN)
}

// isOpaque says whether a value looks drawn at random: digits and letters, no words.
func isOpaque(v string, p *profile) bool {
	if p.wide > 0 || p.marks&^(markDash|markUnder|markDot|markPlus|markSlash) != 0 && !strings.HasSuffix(v, "=") {
		return false
	}
	return p.digits >= 2 && 24*p.digits >= len(v)
}

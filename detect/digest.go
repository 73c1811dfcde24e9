package detect

import (
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/waywarden/waywarden"
)

// Types is a set of data types.
type Types uint32

// typeList numbers the data types that detectors ask for.
var typeList = [...]waywarden.DataType{
	waywarden.TypeVIN, waywarden.TypePlate, waywarden.TypeVehicleID, waywarden.TypeIMEI, waywarden.TypeICCID, waywarden.TypePersonID,
	waywarden.TypeEmail, waywarden.TypePhone, waywarden.TypeNameAddress, waywarden.TypeLocation, waywarden.TypeTripHistory,
	waywarden.TypeAccessToken, waywarden.TypeRefreshToken, waywarden.TypeOTP, waywarden.TypePIN, waywarden.TypeResetToken,
	waywarden.TypeInviteCode, waywarden.TypeKeyMaterial, waywarden.TypeStationID, waywarden.TypeIDTag, waywarden.TypeEMAID,
	waywarden.TypeSessionID, waywarden.TypeRequestID, waywarden.TypeArtefactURL, waywarden.TypeCloudSecret, waywarden.TypeWorkOrder,
}

// TypesOf returns the set of the given types.
func TypesOf(ds ...waywarden.DataType) Types {
	var s Types
	for _, d := range ds {
		s |= typeBit(d)
	}
	return s
}

// typeBit returns the bit of a type. The list is short and most types are of different lengths, so that looking through
// it costs less than hashing.
func typeBit(d waywarden.DataType) Types {
	for i := range typeList {
		if len(typeList[i]) == len(d) && typeList[i][0] == d[0] && typeList[i] == d {
			return 1 << i
		}
	}
	return 0
}

// Any says whether the sets have a type in common.
func (s Types) Any(o Types) bool { return s&o != 0 }

// Names returns the names of the types in the set.
func (s Types) Names() []string {
	var out []string
	for i := range typeList {
		if s&(1<<i) != 0 {
			out = append(out, string(typeList[i]))
		}
	}
	return out
}

// A Digest is what several detectors ask of a call, worked out once.
type Digest struct {
	Asked   Types // data types of path, query and request body
	Told    Types // data types of the answer whose values the request did not hold
	Objects int   // identifiers of assets in the answer, of the type that has most
}

// assetIDs are the types by which the assets of an answer are counted.
var assetIDs = [...]waywarden.DataType{waywarden.TypeVIN, waywarden.TypeVehicleID, waywarden.TypeStationID, waywarden.TypePersonID, waywarden.TypeEmail}

// askedMax is how many values of the request are remembered to tell an echo.
const askedMax = 16

// digest takes one walk over the leaves of a call.
func digest(c *waywarden.Call) Digest {
	var d Digest
	if c == nil {
		return d
	}
	var asked [askedMax]uint64
	var ids [len(assetIDs)]int
	n := 0
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.Type == "" {
			continue
		}
		switch l.In {
		case waywarden.InPath, waywarden.InQuery, waywarden.InBody:
			d.Asked |= typeBit(l.Type)
			if n < askedMax {
				asked[n] = xxh3.HashString(l.Value)
				n++
			}
		case waywarden.InResponse:
			if !empty(l.Value) && !holds(asked[:n], l.Value) {
				d.Told |= typeBit(l.Type)
				for k := range assetIDs {
					if assetIDs[k] == l.Type {
						ids[k]++
					}
				}
			}
		}
	}
	for _, k := range ids {
		d.Objects = max(d.Objects, k)
	}
	return d
}

func holds(hs []uint64, v string) bool {
	if len(hs) == 0 {
		return false
	}
	h := xxh3.HashString(v)
	return slices.Contains(hs, h)
}

// empty says whether a value says nothing.
func empty(v string) bool {
	switch v {
	case "", "0", "-", "null", "none", "n/a", "N/A", "unknown":
		return true
	}
	return false
}

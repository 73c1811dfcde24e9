package ride

import (
	"math"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A cell is a place of about 150 m by 150 m (the size of a geohash of seven letters): 17 bits of latitude and 18 of
// longitude; or, where an API names places, the number of a name (the top bit is set).
type cell uint64

const named = cell(1) << 63

func cellAt(lat, lon float64) cell {
	y := uint64(min(math.Floor((lat+90)/180*(1<<17)), 1<<17-1))
	x := uint64(min(math.Floor((lon+180)/360*(1<<18)), 1<<18-1))
	return cell(y<<18 | x)
}

// around calls f for the cell and, if it is on the map, the eight around it.
func (c cell) around(f func(cell)) {
	if c&named != 0 {
		f(c)
		return
	}
	y, x := int64(c>>18), int64(c&(1<<18-1))
	for dy := int64(-1); dy <= 1; dy++ {
		for dx := int64(-1); dx <= 1; dx++ {
			if yy := y + dy; yy >= 0 && yy < 1<<17 {
				f(cell(uint64(yy)<<18 | uint64((x+dx)&(1<<18-1))))
			}
		}
	}
}

// An end is one of the two ends of a ride.
type end uint8

const (
	pickup end = iota
	destination
)

// endWords are how fields say which end of a ride they are about, as beginnings of names.
var endWords = [...]struct {
	word string
	end  end
}{
	{"drop", destination}, {"dest", destination}, {"end", destination}, {"to", destination}, {"ziel", destination}, {"arriv", destination}, {"llegada", destination},
	{"pick", pickup}, {"orig", pickup}, {"start", pickup}, {"from", pickup}, {"abhol", pickup}, {"depart", pickup}, {"sourc", pickup}, {"salida", pickup}, {"partenza", pickup}, {"prise", pickup},
}

// endOf returns which end of a ride a field is about: where someone is picked up, unless it says otherwise.
func endOf(name string) end {
	for part := range strings.SplitSeq(strings.ToLower(name), ".") {
		for _, w := range endWords {
			if strings.HasPrefix(part, w.word) {
				return w.end
			}
		}
	}
	return pickup
}

// A spot is one end of a ride that a request names.
type spot struct {
	end  end
	cell cell
}

// spotsMax bounds the places taken from one request.
const spotsMax = 4

// spots reads the places a request names: pairs of latitude and longitude, "48.1,11.5", GeoJSON's [longitude, latitude],
// and names of places.
func spots(c *waywarden.Call, to []spot) []spot {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse || len(to) >= spotsMax {
			break
		}
		if l.In != waywarden.InQuery && l.In != waywarden.InBody && l.In != waywarden.InPath {
			continue
		}
		if p, ok := spotAt(c, i); ok {
			to = append(to, p)
		}
	}
	return to
}

func spotAt(c *waywarden.Call, i int) (spot, bool) {
	l := &c.Leaves[i]
	if i+1 < len(c.Leaves) && c.Leaves[i+1].In == l.In {
		if p, ok := pair(l, &c.Leaves[i+1]); ok {
			return p, true
		}
	}
	if lat, lon, ok := strings.Cut(l.Value, ","); ok && len(l.Value) < 48 {
		return spotOf(l.Name, strings.TrimSpace(lat), strings.TrimSpace(lon))
	}
	if l.Value != "" && len(l.Value) <= 64 && placeName(lastName(l.Name)) {
		return spot{endOf(l.Name), named | cell(detect.Key(l.Value))}, true
	}
	return spot{}, false
}

// pair reads a place from two fields that follow one another.
func pair(l, next *waywarden.Leaf) (spot, bool) {
	last := lastName(l.Name)
	switch {
	case strings.HasSuffix(last, "coordinates[]") && next.Name == l.Name: // GeoJSON: longitude first
		return spotOf(l.Name, next.Value, l.Value)
	case strings.Contains(last, "lat") && longitude(next.Name):
		return spotOf(l.Name, l.Value, next.Value)
	case longitude(l.Name) && strings.Contains(lastName(next.Name), "lat"):
		return spotOf(l.Name, next.Value, l.Value)
	}
	return spot{}, false
}

// lastName returns the last name of a path, in lower case.
func lastName(path string) string { return strings.ToLower(path[strings.LastIndexByte(path, '.')+1:]) }

// longitude says whether a field's last name is that of a longitude.
func longitude(name string) bool {
	last := lastName(name)
	return strings.Contains(last, "lng") || strings.Contains(last, "lon") || strings.Contains(last, "laeng")
}

// placeName says whether a field names a place by its number or name.
func placeName(last string) bool {
	for _, w := range [...]string{"placeid", "place_id", "stopid", "stop_id", "zoneid", "zone_id", "hubid", "hub_id", "poiid", "poi_id", "pickuppoint", "pickup_point"} {
		if strings.HasSuffix(last, w) {
			return true
		}
	}
	return false
}

func spotOf(name, latitude, longitude string) (spot, bool) {
	lat, err1 := strconv.ParseFloat(latitude, 64)
	lon, err2 := strconv.ParseFloat(longitude, 64)
	if err1 != nil || err2 != nil || math.Abs(lat) > 90 || math.Abs(lon) > 180 || lat == 0 && lon == 0 {
		return spot{}, false
	}
	return spot{endOf(name), cellAt(lat, lon)}, true
}

package answer

import (
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
)

// timeNames are names of fields that say as of when an answer is; true: as of when its position is.
var timeNames = map[string]bool{
	"timestamp": false, "ts": false, "time": false, "datetime": false, "capturedat": false, "carcapturedtimestamp": false, "lastupdatetime": false, "lastupdated": false,
	"lastupdatedat": false, "lastupdate": false, "updatedat": false, "updatetime": false, "recordedat": false, "reportedat": false, "measuredat": false, "eventtime": false, "asof": false, "lastseen": false,
	"observedat": false, "devicetime": false, "collectedat": false, "measurementtime": false, "vehicletime": false, "reporttime": false, "syncdate": false, "lastreported": false,
	"gpsasof": true, "fixtime": true, "gpstime": true, "positiontime": true, "locationtimestamp": true, "gpstimestamp": true,
	"zeit": false, "zeitstempel": false, "messzeit": false, "zeitpunkt": false, "erfasstam": false, "tijd": false, "tijdstip": false, "heure": false, "horodatage": false, "fecha": false,
	"fechahora": false, "dataora": false, "datahora": false, "czas": false, "oraaggiornamento": false,
}

// aheadMax is how far a vehicle's clock may be ahead of ours: the contract's skew of records.
const aheadMax = 120 * time.Second

// firstYear is the year before which no vehicle was connected; an earlier time is a clock that was never set.
const firstYear = 2005

// stamp notes a time of the answer.
func (r *Reader) stamp(c *waywarden.Call, l *waywarden.Leaf, m meaning) {
	at, ok := ParseTime(l.Value)
	if !ok || at.Year() < firstYear || at.After(c.Record.At.Add(aheadMax)) || len(r.times) >= timesMax {
		return
	}
	if at.After(c.Record.At) {
		at = c.Record.At
	}
	r.times = append(r.times, stamp{l.Node, m.signal != "", at})
}

// asOf returns the time that stands nearest to an object: in itself, or in the next around it.
func (r *Reader) asOf(c *waywarden.Call, node int32, place bool) time.Time {
	for {
		var found time.Time
		for i := range r.times {
			switch t := &r.times[i]; {
			case t.node != node || t.place && !place:
			case t.place:
				return t.at
			case found.IsZero():
				found = t.at
			}
		}
		if !found.IsZero() || node < 0 || int(node) >= len(c.Nodes) {
			return found
		}
		node = c.Nodes[node].Parent
	}
}

// layouts are the ways in which times are written, besides numbers. Those without a zone are taken as UTC.
var layouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05-0700", "02.01.2006 15:04:05", "2006/01/02 15:04:05"}

// Bounds of numbers that are seconds and milliseconds since 1970, for the years 2001 to 2286.
const (
	secondsMin = 1e9
	secondsMax = 1e10
	millisMax  = 1e13
)

// ParseTime reads a time as interfaces write it: RFC 3339 and its relatives, seconds or milliseconds since 1970.
func ParseTime(s string) (time.Time, bool) {
	if len(s) == 14 { // 20060102150405
		if t, err := time.Parse("20060102150405", s); err == nil {
			return t.UTC(), true
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case n >= secondsMin && n < secondsMax:
			return time.UnixMilli(int64(n * 1000)).UTC(), true
		case n >= secondsMax && n < millisMax:
			return time.UnixMilli(int64(n)).UTC(), true
		}
		return time.Time{}, false
	}
	if len(s) < 19 || len(s) > 40 {
		return time.Time{}, false
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

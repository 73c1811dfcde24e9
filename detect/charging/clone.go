package charging

import (
	"math"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

const (
	heardFor  = 20 * time.Minute // a transaction is running while its station spoke of it this recently
	remoteFor = 10 * time.Minute // a start this soon after the back office asked for it was not made with a card
	holderMax = 4                // transactions remembered of a card

	speedMax  = 200.0           // km/h, on the road
	detour    = 1.3             // road over air line: between 1.2 and 1.4 in the networks of cities and countries
	handling  = 2 * time.Minute // to plug in, unplug, park
	siteMax   = 1.0             // km: one site
	closeBy   = 15 * time.Minute
	startsMin = 100 // of cards that were seen before, until the share of cards at two places is known …
	shareMax  = 0.005
)

// A place is where a station stands, as APIs say.
type place struct {
	lat, lon float64
	known    bool
}

// A running is a transaction of a card.
type running struct {
	station, ip  string
	tx           uint64
	began, heard time.Time
	place        place
	ev           waywarden.Evidence
}

type holder struct {
	runs   []running
	seen   bool
	shared bool // it ran at two places between which one can travel, or twice at one
}

// A begun is a start of OCPP 1.6, whose transaction id comes with the answer.
type begun struct {
	tag uint64
	on  bool
}

type clone struct {
	tags          *detect.Table[holder]
	txs           *detect.Table[uint64] // the tag of a transaction
	begun         *detect.Table[begun]
	remote        *detect.Table[time.Time] // when the back office asked for a card's start at a station
	sites         *detect.Table[[2]uint64] // two stations of a network
	again, double int                      // starts of cards seen before; of these, while another runs elsewhere
}

// Clone makes CHG-008: one card that charges at two places at once.
func Clone(m *detect.Memory) detect.Detector {
	return &clone{
		tags: detect.NewTable[holder](m, "CHG-008 cards", tagsMax), txs: detect.NewTable[uint64](m, "CHG-008 transactions", tagsMax),
		begun: detect.NewTable[begun](m, "CHG-008 starts", pendingMax), remote: detect.NewTable[time.Time](m, "CHG-008 remote starts", pendingMax),
		sites: detect.NewTable[[2]uint64](m, "CHG-008 networks", tagsMax),
	}
}

func (d *clone) Card() detect.Card {
	return detect.Card{
		ID: "CHG-008", Title: "One charge card at two places at once", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "API6:2023", "R155:20.2"}, Needs: detect.InputOCPP, Helped: detect.InputResponseBodies,
		Desc: `Raised when a card is presented at a station while a transaction that the same card began elsewhere still runs (its station spoke of it within twenty minutes), and nobody can have driven there: more than 200 km/h on the road between the two starts (the air line between the stations times 1.3, less two minutes to plug in). Where stations stand is learned from answers that give their position.

Where that is not known, it is raised when the two starts are within 15 minutes, at stations of two networks that each serve several stations, and fewer than one in 200 starts with cards seen before are of this kind.

A card that ran at two stations of one site, or at two places one can drive between, is shared by design (a family's, a company's, a roaming partner's) and is not judged from then on. Starts by the back office and the app, free charging and late reports are not presentations of a card.`,
		Silent: []string{
			"two cars of one household or depot", "a card shared in a company", "a roaming partner's token that stands for many drivers", "a transaction whose end was lost",
			"a start from the app while the card charges elsewhere", "free charging without a card", "starts reported late by a station that was offline",
		},
		Respond: "Ask the card's holder, block the card and replace it by one that proves itself (ISO 15118, DESFire).",
	}
}

// event is what a transaction's messages of OCPP 1.6 and 2.x say.
type event struct {
	Tx        scalar `json:"transactionId"`
	Type      string `json:"eventType"`
	Timestamp string `json:"timestamp"`
	Offline   bool   `json:"offline"`
	Info      struct {
		Tx       scalar `json:"transactionId"`
		RemoteID *int   `json:"remoteStartId"`
	} `json:"transactionInfo"`
	Token struct {
		Type string `json:"type"`
	} `json:"idToken"`
}

func (*clone) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *clone) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil {
		return
	}
	if f.Type == 3 && !f.Inbound {
		d.answered(f)
		return
	}
	if f.Type != 2 {
		return
	}
	switch f.Action {
	case "RemoteStartTransaction", "RequestStartTransaction":
		if tag := tagOf(f); tag != "" && !f.Inbound {
			*d.remote.At(detect.Key(f.Station, tag)) = s.Now
		}
	case "StartTransaction", "StopTransaction", "TransactionEvent", "MeterValues":
		if f.Inbound {
			d.transaction(s, f, out)
		}
	}
}

func (d *clone) transaction(s *waywarden.Scene, f *waywarden.Frame, out *detect.Output) {
	var e event
	if !parse(f, &e) {
		return
	}
	tx := detect.Key(f.Station, string(e.Tx+e.Info.Tx))
	switch {
	case f.Action == "StartTransaction":
		if tag := tagOf(f); tag != "" && d.presented(s, f, tag, &e) {
			*d.begun.At(pending(f)) = begun{detect.Key(tag), true}
			d.start(s, f, tag, pending(f), out)
		}
	case f.Action == "StopTransaction", e.Type == "Ended":
		d.touch(tx, time.Time{})
	case e.Type == "Started":
		if tag := tagOf(f); tag != "" && d.presented(s, f, tag, &e) {
			*d.txs.At(tx) = detect.Key(tag)
			d.start(s, f, tag, tx, out)
		}
	default:
		d.touch(tx, s.Now)
	}
}

// presented says whether a card itself was shown, just now.
func (d *clone) presented(s *waywarden.Scene, f *waywarden.Frame, tag string, e *event) bool {
	switch e.Token.Type {
	case "", "ISO14443", "ISO15693", "eMAID", "MacAddress":
	default:
		return false
	}
	if at := d.remote.Peek(detect.Key(f.Station, tag)); e.Offline || e.Info.RemoteID != nil || at != nil && within(*at, s.Now, remoteFor) {
		return false
	}
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	return err != nil || s.Now.Sub(at).Abs() < 5*time.Minute
}

// answered gives a transaction of OCPP 1.6 its id, or ends it where the card was refused.
func (d *clone) answered(f *waywarden.Frame) {
	b := d.begun.Peek(pending(f))
	if b == nil || !b.on {
		return
	}
	tag := b.tag
	*b = begun{}
	var e event
	h := d.tags.Peek(tag)
	if h == nil || !parse(f, &e) {
		return
	}
	tx := detect.Key(f.Station, string(e.Tx))
	for i := range h.runs {
		if h.runs[i].tx == pending(f) {
			h.runs[i].tx = tx
			if statusOf(f) != "Accepted" {
				h.runs[i].heard = time.Time{}
			}
		}
	}
	*d.txs.At(tx) = tag
}

// touch notes that a transaction was heard of; a zero time ends it.
func (d *clone) touch(tx uint64, at time.Time) {
	tag := d.txs.Peek(tx)
	if tag == nil {
		return
	}
	if h := d.tags.Peek(*tag); h != nil {
		for i := range h.runs {
			if h.runs[i].tx == tx {
				h.runs[i].heard = at
			}
		}
	}
}

func (d *clone) start(s *waywarden.Scene, f *waywarden.Frame, tag string, tx uint64, out *detect.Output) {
	d.site(f)
	h := d.tags.At(detect.Key(tag))
	n := 0
	for _, r := range h.runs { // what ended or fell silent is forgotten
		if within(r.heard, s.Now, heardFor) {
			h.runs[n] = r
			n++
		}
	}
	clear(h.runs[n:])
	h.runs = h.runs[:n]
	if h.seen {
		d.again++
	}
	h.seen = true
	if n > 0 {
		d.double++
	}
	now := running{own(f.Station), own(f.Client.IP), tx, s.Now, s.Now, placeOf(s), detect.Keep(s)}
	for i := range h.runs {
		r := &h.runs[i]
		if h.shared {
			break
		}
		if why := d.impossible(r, &now); why != "" {
			d.raise(tag, r, &now, why, out)
			break
		}
		h.shared = r.place.known && now.place.known || !apart(r.ip, now.ip)
	}
	if len(h.runs) < holderMax {
		h.runs = append(h.runs, now)
	}
}

// site notes which stations a network serves.
func (d *clone) site(f *waywarden.Frame) {
	two, st := d.sites.At(detect.Key(detect.Prefix(f.Client.IP))), detect.Key(f.Station)
	switch {
	case two[0] == 0:
		two[0] = st
	case two[0] != st && two[1] == 0:
		two[1] = st
	}
}

// serves says whether a network serves several stations: then another network is another site.
func (d *clone) serves(ip string) bool {
	two := d.sites.Peek(detect.Key(detect.Prefix(ip)))
	return two != nil && two[1] != 0
}

// impossible says why the card cannot have come from one station to the other, "" where it can.
func (d *clone) impossible(r, now *running) string {
	took := now.began.Sub(r.began)
	if r.place.known && now.place.known {
		km := r.place.to(now.place)
		if km <= siteMax {
			return ""
		}
		hours := max(took-handling, time.Second).Hours()
		if km*detour/hours <= speedMax {
			return ""
		}
		return "which is " + strconv.FormatFloat(km, 'f', 1, 64) + " km away, " + took.Round(time.Second).String() + " later"
	}
	if took > closeBy || !apart(r.ip, now.ip) || !d.serves(r.ip) || !d.serves(now.ip) || d.again < startsMin || float64(d.double) > shareMax*float64(d.again)+1 {
		return ""
	}
	return "which is at another site, " + took.Round(time.Second).String() + " later"
}

func (d *clone) raise(tag string, r, now *running, why string, out *detect.Output) {
	confidence := 80
	if !r.place.known || !now.place.known {
		confidence = 60
	}
	out.Raise(&detect.Report{
		Group: tag, Severity: waywarden.SeverityHigh, Confidence: confidence,
		Title:     "A charge card at two places at once",
		Desc:      "A card that charges at station " + r.station + " was presented at station " + now.station + ", " + why + ".",
		Evidence:  []waywarden.Evidence{r.ev, now.ev},
		First:     r.began,
		Resources: append(charger(now.station), charger(r.station)...),
		Facts:     []waywarden.Fact{{Name: "places at once", Observed: "2", Normal: "1"}},
	})
}

// placeOf returns where the station of a scene stands.
func placeOf(s *waywarden.Scene) place {
	w := s.Caller
	if w == nil || w.Type != waywarden.AssetCharger {
		if len(s.Subjects) == 0 {
			return place{}
		}
		w = s.Subjects[0].Twin
	}
	lat, ok1 := w.Reading("Charger.Latitude")
	lon, ok2 := w.Reading("Charger.Longitude")
	return place{lat.Value.Number, lon.Value.Number, ok1 && ok2}
}

// to returns the air line between two places in km (haversine).
func (p place) to(o place) float64 {
	const rad, earth = math.Pi / 180, 6371.0
	a, b := math.Sin((o.lat-p.lat)*rad/2), math.Sin((o.lon-p.lon)*rad/2)
	return 2 * earth * math.Asin(math.Sqrt(min(a*a+math.Cos(p.lat*rad)*math.Cos(o.lat*rad)*b*b, 1)))
}

package charging

import (
	"slices"
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// guessesMax is the number of different refused cards, in a row within an hour, that honest drivers do not reach at one station.
const guessesMax = 6

type tries struct {
	tags  []uint64 // refused in a row, at most guessesMax
	first time.Time
	ev    []waywarden.Evidence
}

type guess struct {
	asked    *detect.Table[uint64] // the tag of an Authorize, by pending request
	stations *detect.Table[tries]
}

// Guess makes CHG-009: a station that tries card numbers.
func Guess(m *detect.Memory) detect.Detector {
	return &guess{detect.NewTable[uint64](m, "CHG-009 requests", pendingMax), detect.NewTable[tries](m, "CHG-009 stations", stationsMax)}
}

func (d *guess) Card() detect.Card {
	return detect.Card{
		ID: "CHG-009", Title: "Charge cards guessed at a station", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticRule,
		Types: []string{"API2:2023", "API4:2023", "R155:20.2"}, Needs: detect.InputOCPP,
		Desc:    "Raised when a station asks for six different cards within an hour and every one of them is unknown to the back office, with no accepted card between. A station with honest drivers has accepted cards between refused ones.",
		Silent:  []string{"a busy site with some foreign cards among accepted ones", "one refused card tried again and again"},
		Respond: "Limit authorisations of the station, check whether a guessed card was accepted, and block it.",
	}
}

func (*guess) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *guess) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil {
		return
	}
	switch {
	case f.Type == 2 && f.Inbound && f.Action == "Authorize":
		if tag := tagOf(f); tag != "" {
			*d.asked.At(pending(f)) = detect.Key(tag)
		}
	case f.Type == 3 && !f.Inbound:
		if tag := d.asked.Peek(pending(f)); tag != nil && *tag != 0 {
			k := *tag
			*tag = 0
			d.answered(s, f, k, out)
		}
	}
}

func (d *guess) answered(s *waywarden.Scene, f *waywarden.Frame, tag uint64, out *detect.Output) {
	t := d.stations.At(detect.Key(f.Station))
	switch statusOf(f) {
	case "Invalid", "Unknown":
	case "Accepted":
		*t = tries{}
		return
	default:
		return
	}
	if !within(t.first, s.Now, time.Hour) {
		*t = tries{first: s.Now}
	}
	if slices.Contains(t.tags, tag) {
		return
	}
	e := detect.EvidenceOf(s)
	if len(t.tags) < guessesMax {
		t.tags = append(t.tags, tag)
		t.ev = append(t.ev, e)
	}
	if len(t.tags) < guessesMax {
		return
	}
	r := detect.Report{
		Group: f.Station, Severity: waywarden.SeverityHigh, Confidence: 85, First: t.first,
		Title:     "Charge cards guessed at station " + f.Station,
		Desc:      "Station " + f.Station + " asked for at least " + strconv.Itoa(guessesMax) + " different cards in a row that nobody holds.",
		Resources: charger(f.Station), Evidence: t.ev,
		Facts: []waywarden.Fact{{Name: "different refused cards in a row", Observed: "at least " + strconv.Itoa(guessesMax), Normal: "below " + strconv.Itoa(guessesMax)}},
	}
	out.Raise(&r)
	t.ev = []waywarden.Evidence{}
}

// tagOf returns the card a request of OCPP 1.6 or 2.x names.
func tagOf(f *waywarden.Frame) string {
	var b struct {
		Tag   string `json:"idTag"`
		Token struct {
			Token string `json:"idToken"`
		} `json:"idToken"`
	}
	if !parse(f, &b) {
		return ""
	}
	return b.Tag + b.Token.Token
}

// statusOf returns what an answer of OCPP 1.6 or 2.x says of a card.
func statusOf(f *waywarden.Frame) string {
	var b struct {
		Info struct {
			Status string `json:"status"`
		} `json:"idTagInfo"`
		Token struct {
			Status string `json:"status"`
		} `json:"idTokenInfo"`
	}
	if !parse(f, &b) {
		return ""
	}
	return b.Info.Status + b.Token.Status
}

package automotive

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// recovery is what the guards share about stolen vehicles: whoever slows one down to get it back does what he should.
type recovery struct {
	rights *detect.Rights
	thefts *detect.Table[theft]
	heeded bool // a guard hears reports, for all
}

// A theft is a report of one, by someone who may act on the vehicle.
type theft struct {
	at int64
	by uint64
}

// recoverySpan is how long a report of a theft explains what is done to the vehicle.
const recoverySpan = 7 * 24 * time.Hour

func recoveryOf(m *detect.Memory) *recovery {
	return detect.Shared(m, "recovery", func(m *detect.Memory) *recovery {
		return &recovery{rights: detect.RightsOf(m), thefts: detect.NewTable[theft](m, "SAF thefts reported", 1<<12)}
	})
}

// stolen are parts of words that report a theft, in the languages of such interfaces.
var stolen = [...]string{"stolen", "theft", "gestohlen", "diebstahl", "entwend", "volé", "vole_", "vehicule_vole", "robado", "rubat", "furto", "gestolen", "diefstal", "kradzie", "skradz", "roubad", "stulen", "stöld", "krádež", "varast", "盗难", "盗難", "被盗"}

// hear notes reports of thefts, and who commands whose vehicles.
func (d *recovery) hear(s *waywarden.Scene, serial uint64) {
	d.rights.See(s, serial)
	if !s.Call.Success || len(s.Subjects) == 0 {
		return
	}
	switch s.Call.Operation.Function.Class {
	case "emergency", "life.transfer", "adm.registry", "adm.support", "adm.fleet":
	default:
		return
	}
	if !reports(s.Call) {
		return
	}
	for i := range s.Subjects {
		if sub := &s.Subjects[i]; sub.Twin != nil && sub.Twin.Type == waywarden.AssetVehicle && !d.rights.Stranger(s, sub.Linked) {
			*d.thefts.At(detect.Key(sub.Twin.UID)) = theft{at: s.Now.UnixNano(), by: detect.Key(detect.Caller(s))}
		}
	}
}

// reports says whether a call reports a theft, by the name of its operation or a word it sends.
func reports(c *waywarden.Call) bool {
	if c.Record.HTTP == nil || c.Record.HTTP.Method == "GET" {
		return false
	}
	if theftWord(c.Operation.Template) || theftWord(c.Operation.Discriminator.Value) {
		return true
	}
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In != waywarden.InBody {
			continue
		}
		if theftWord(l.Value) || theftWord(l.Name) && l.Value != "false" && l.Value != "0" {
			return true
		}
	}
	return false
}

func theftWord(text string) bool {
	text = strings.ToLower(text)
	if strings.Contains(text, "alarm") || strings.Contains(text, "anti") {
		return false // what guards against a theft is no report of one
	}
	for _, w := range stolen {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// known says whether a vehicle is known to be stolen and under recovery: by its own mode, or as someone else than who
// acts on it now reported.
func (d *recovery) known(s *waywarden.Scene, t *waywarden.Twin) bool {
	if r, ok := t.Reading(vssMode); ok && (r.Value.Text == "STOLEN_RECOVERY" || r.Value.Text == "STOLEN") {
		return true
	}
	r := d.thefts.Peek(detect.Key(t.UID))
	return r != nil && s.Now.UnixNano()-r.at <= int64(recoverySpan) && r.by != detect.Key(detect.Caller(s))
}

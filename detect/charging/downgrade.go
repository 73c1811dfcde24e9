package charging

import (
	"strconv"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

type downgrade struct {
	profile *detect.Table[int] // the security profile last set, by station, plus one
}

// Downgrade makes CHG-013: a station's security lowered, or the station sent to another back office.
func Downgrade(m *detect.Memory) detect.Detector {
	return &downgrade{detect.NewTable[int](m, "CHG-013 stations", stationsMax)}
}

func (d *downgrade) Card() detect.Card {
	return detect.Card{
		ID: "CHG-013", Title: "Security downgrade or re-homing of a station", Severity: waywarden.SeverityCritical, Analytic: waywarden.AnalyticRule,
		Types: []string{"API8:2023", "API5:2023", "R155:26.2", "R155:6.2", "R155:16.1"}, Needs: detect.InputOCPP,
		Desc: `Raised when a station is told to use security profile 0, a profile below the one it was last set to, or an unencrypted address of the back office (` + "`ws://`" + `). Read from ChangeConfiguration, SetVariables and SetNetworkProfile.

Both are critical: who sends them can take the station over. An encrypted new address, a higher profile, and a new key alone are what migrations and key rotation look like, and raise nothing.`,
		Silent:  []string{"a profile raised or set again", "a move to another encrypted address", "rotation of the station's password"},
		Respond: "Restore profile and address, renew the stations' keys, and find which account of the back office sent it.",
	}
}

// settings is where OCPP 1.6 and 2.x set what a station is to be.
type settings struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Set   []struct {
		Value    string `json:"attributeValue"`
		Variable struct {
			Name string `json:"name"`
		} `json:"variable"`
	} `json:"setVariableData"`
	Network struct {
		Profile *int   `json:"securityProfile"`
		URL     string `json:"ocppCsmsUrl"`
	} `json:"connectionData"`
}

func (*downgrade) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *downgrade) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil || f.Inbound {
		return
	}
	switch f.Action {
	case "ChangeConfiguration", "SetVariables", "SetNetworkProfile":
	default:
		return
	}
	var set settings
	if !parse(f, &set) {
		return
	}
	d.setting(f, set.Key, set.Value, out)
	for i := range set.Set {
		d.setting(f, set.Set[i].Variable.Name, set.Set[i].Value, out)
	}
	if p := set.Network.Profile; p != nil {
		d.setting(f, "SecurityProfile", strconv.Itoa(*p), out)
	}
	d.setting(f, "OcppCsmsUrl", set.Network.URL, out)
}

func (d *downgrade) setting(f *waywarden.Frame, name, value string, out *detect.Output) {
	if strings.EqualFold(name, "SecurityProfile") {
		n, err := strconv.Atoi(value)
		if err != nil {
			return
		}
		was := d.profile.At(detect.Key(f.Station))
		if n <= 0 || n < *was-1 {
			d.raise(f, "security profile "+value, out)
			return // what was lowered does not become normal
		}
		*was = n + 1
		return
	}
	if strings.HasPrefix(strings.ToLower(value), "ws://") {
		d.raise(f, "the unencrypted address "+value, out)
	}
}

func (d *downgrade) raise(f *waywarden.Frame, what string, out *detect.Output) {
	out.Raise(&detect.Report{
		Group: "settings", Subject: f.Station, Severity: waywarden.SeverityCritical, Confidence: 90,
		Title:     "Stations' security lowered or stations moved",
		Desc:      "The back office sent " + f.Action + " to station " + f.Station + ": " + what + ".",
		Resources: charger(f.Station),
		Facts:     []waywarden.Fact{{Name: "setting", Observed: what, Normal: "an encrypted connection"}},
	})
}

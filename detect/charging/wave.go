package charging

import (
	"strconv"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// waveSpan is the time within which commands that take stations out of service count together; campaignFor how long after
// a station was updated or set up a reset is part of that.
const (
	waveSpan    = 10 * time.Minute
	campaignFor = 24 * time.Hour
	waveShare   = 0.05 // of the stations seen
)

type wave struct {
	set  *detect.Table[time.Time] // when a station was last updated or set up
	seen *detect.Table[bool]      // stations
	q    surge
}

// Wave makes CHG-014: many stations reset or taken out of service.
func Wave(m *detect.Memory) detect.Detector {
	return &wave{
		set: detect.NewTable[time.Time](m, "CHG-014 set up", stationsMax), seen: detect.NewTable[bool](m, "CHG-014 stations", stationsMax),
		q: surge{span: waveSpan},
	}
}

func (d *wave) Card() detect.Card {
	return detect.Card{
		ID: "CHG-014", Title: "Many stations reset or taken out of service", Severity: waywarden.SeverityHigh, Analytic: waywarden.AnalyticStatistical,
		Types: []string{"API5:2023", "API6:2023", "R155:16.1", "R155:2.1"}, Needs: detect.InputOCPP,
		Desc: `Raised when the back office sends Reset, or ChangeAvailability to Inoperative, to ten or more stations of three or more networks, at least one in twenty of those seen, within ten minutes: more than six standard deviations above its mean and more than twice the most of any ten minutes before, learned over two hours at least.

A reset within a day after the station was updated or set up is part of that and does not count. What begins at a quarter of an hour is what a planned restart looks like, and is only noted. Stations that go out of service by themselves are not commanded and do not count.`,
		Silent: []string{
			"the resets of a nightly firmware campaign, or after settings were changed", "a planned restart on the hour", "the help desk, one station after the other",
			"a power cut: nobody commands the stations", "a site taken out of service for work on its grid",
		},
		Respond: "Set the stations operative again, and find which account of the back office sent it.",
	}
}

func (*wave) Scope() detect.Scope { return detect.Scope{Of: detect.OfFrames} }

func (d *wave) Inspect(s *waywarden.Scene, out *detect.Output) {
	f := frame(s)
	if f == nil {
		return
	}
	d.q.watch(s.Now)
	if f.Event == waywarden.SocketOpen || f.Action == "BootNotification" {
		*d.seen.At(detect.Key(f.Station)) = true
		return
	}
	if f.Inbound {
		return
	}
	switch f.Action {
	case "UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware", "ChangeConfiguration", "SetVariables", "SetNetworkProfile", "InstallCertificate", "CertificateSigned":
		*d.set.At(detect.Key(f.Station)) = s.Now
	case "Reset":
		if at := d.set.Peek(detect.Key(f.Station)); at == nil || !within(*at, s.Now, campaignFor) {
			d.order(s, f, out)
		}
	case "ChangeAvailability":
		var a struct {
			Type   string `json:"type"`
			Status string `json:"operationalStatus"`
		}
		if parse(f, &a) && a.Type+a.Status == "Inoperative" {
			d.order(s, f, out)
		}
	}
}

func (d *wave) order(s *waywarden.Scene, f *waywarden.Frame, out *detect.Output) {
	*d.seen.At(detect.Key(f.Station)) = true
	d.q.take(s, f)
	if !d.q.unusual(s.Now) {
		return
	}
	stations, r := d.q.report(s.Now, "out of service")
	if float64(stations) < waveShare*float64(d.seen.Len()) {
		return
	}
	r.Title = "Many stations reset or taken out of service"
	r.Desc = "The back office sent " + f.Action + " and the like to " + strconv.Itoa(stations) + " stations within ten minutes; the usual is " +
		strconv.FormatFloat(d.q.mean, 'f', 1, 64) + "."
	d.q.calendar(s.Now, &r)
	out.Raise(&r)
}

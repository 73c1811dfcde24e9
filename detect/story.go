package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// A Story is a short run of scenes that a detector must raise something on, or must not. It is how a detector shows
// what it means; a detector without stories does not exist.
//
// Stories of one detector stand in a txtar archive, one a file, named fire/…, silent/… or near/… (a near miss: what is
// just not enough). The first line says what is wanted: "want critical", "want nothing", "want withdrawn". Then one scene
// a line:
//
//	signal V1 Vehicle.Speed=82 Vehicle.LowVoltageSystemState=ON   at=-10s: said now of ten seconds ago
//	call "POST api.example/v/{vin}/stop" class=act.engine.stop by=u1 names=vin:V1
//	ocpp S1 conn=c2 ip=203.0.113.7 open auth=S1:secret
//	ocpp S1 conn=c2 ip=203.0.113.7 in [2,"m1","Heartbeat",{}]
//	state S1 Charger.Latitude=52.5
//	wait 120s
//	again 11
//
// A line of a charge point's socket says open, close, in or out with an OCPP-J frame; it takes conn, ip, ja4, version,
// status and auth (user:password of the handshake). A state is known of an asset without a record that says so.
//
// A call takes: class, access (read), by (nobody), kind (user), client, roles, scheme (bearer_opaque), session, alg, audience
// and expires (from now) of the credential, ip, ja4, app, status (200), path (of the template), names, query and sends (type:value, in path, query
// and body; name::value for one of no type), gives (name:type:value, in the answer; # for a number), link (relation of the
// caller to what it names), ended (for how long its link has been over), owner (of what it names), listed (relation of the
// caller's own list), learned (links of its peers), body, bytes (its size where the body is not given) and type (of the answer), and new (what it names was never seen).
// Every line but signals that say at= is a second later than the one
// before, or as +5m says. With repeat=N a line stands for N, {i} counting from 1 ({i:6} in six digits). "again 11", once a
// story, plays what stands above it eleven times more.
type Story struct {
	Name  string // "fire/stopped-on-the-motorway"
	Want  string // what the first line says after "want"
	lines []string
}

// ReadStories reads the stories of an archive in the txtar format: "-- name --" begins a file.
func ReadStories(archive []byte) ([]Story, error) {
	var out []Story
	for n, line := range strings.Split(string(archive), "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(name, " --") {
			out = append(out, Story{Name: strings.TrimSpace(strings.TrimSuffix(name, "--"))})
			continue
		}
		if len(out) == 0 || line == "" || line[0] == '#' {
			continue
		}
		s := &out[len(out)-1]
		if want, ok := strings.CutPrefix(line, "want "); ok {
			if len(s.lines) > 0 || s.Want != "" {
				return nil, fmt.Errorf("read line %d: want comes first and once", n+1)
			}
			s.Want = want
			continue
		}
		s.lines = append(s.lines, line)
	}
	for _, s := range out {
		if s.Want == "" || len(s.lines) == 0 {
			return nil, fmt.Errorf("read story %s: no want line, or no scenes", s.Name)
		}
	}
	return out, nil
}

// Check says what the findings have that the story did not want; "" when they are as wanted.
func (s Story) Check(fs []waywarden.Finding) string {
	open := slices.DeleteFunc(slices.Clone(fs), func(f waywarden.Finding) bool {
		return f.Activity == waywarden.ActivityClose || f.Severity < waywarden.SeverityLow
	})
	switch s.Want {
	case "nothing":
		if len(open) > 0 {
			return "raised: " + open[0].Title + ": " + open[0].Desc
		}
	case "informational":
		told := slices.DeleteFunc(slices.Clone(fs), func(f waywarden.Finding) bool { return f.Activity == waywarden.ActivityClose })
		if len(told) != 1 || len(open) > 0 {
			return fmt.Sprintf("%d findings, %d of them more than information; want one that is information", len(told), len(open))
		}
	case "withdrawn":
		if len(open) > 0 || len(fs) == 0 || fs[len(fs)-1].Activity != waywarden.ActivityClose {
			return fmt.Sprintf("%d findings, %d of them open; want one that was withdrawn", len(fs), len(open))
		}
	default:
		if len(open) != 1 {
			return fmt.Sprintf("%d findings, want one", len(open))
		}
		if got := strings.ToLower(open[0].Severity.String()); got != s.Want {
			return "severity " + got
		}
	}
	return ""
}

// Play plays the story to a fresh engine of the detectors and returns its findings as last told, in order of appearance.
func (s Story) Play(ms ...Maker) ([]waywarden.Finding, error) {
	p := &player{engine: New(Default(), ms...), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), state: map[string][]waywarden.Reading{}}
	for n, line := range s.lines {
		lines, err := again(s.lines[:n], line)
		if err != nil {
			return nil, fmt.Errorf("play %s line %d: %w", s.Name, n+1, err)
		}
		for _, l := range lines {
			if err := p.line(l); err != nil {
				return nil, fmt.Errorf("play %s line %d: %w", s.Name, n+1, err)
			}
		}
	}
	p.take(p.engine.Flush(p.now))
	return p.told, nil
}

// again returns what a line stands for: itself, or the lines before it so many times.
func again(before []string, line string) ([]string, error) {
	count, ok := strings.CutPrefix(line, "again ")
	if !ok {
		return []string{line}, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return nil, fmt.Errorf("read again: %w", err)
	}
	return slices.Repeat(before, n), nil
}

// A player is the little world of a story.
type player struct {
	engine *Engine
	now    time.Time
	serial int
	state  map[string][]waywarden.Reading
	told   []waywarden.Finding
}

// take keeps the findings as last told.
func (p *player) take(fs []waywarden.Finding) {
	for _, f := range fs {
		if i := slices.IndexFunc(p.told, func(t waywarden.Finding) bool { return t.UID == f.UID }); i >= 0 {
			p.told[i] = f
			continue
		}
		p.told = append(p.told, f)
	}
}

func (p *player) line(line string) error {
	n := 1
	if _, after, ok := strings.Cut(line, "repeat="); ok {
		count, _, _ := strings.Cut(after, " ")
		var err error
		if n, err = strconv.Atoi(count); err != nil {
			return fmt.Errorf("read repeat: %w", err)
		}
	}
	for i := 1; i <= n; i++ {
		if strings.HasPrefix(line, "ocpp ") {
			if err := p.ocpp(counted(strings.Replace(line, "repeat="+strconv.Itoa(n)+" ", "", 1), i)); err != nil {
				return err
			}
			continue
		}
		words, err := split(counted(line, i))
		if err != nil {
			return err
		}
		if err := p.scene(words); err != nil {
			return err
		}
	}
	return nil
}

// counted puts the count into a repeated line.
func counted(line string, i int) string {
	line = strings.ReplaceAll(line, "{i}", strconv.Itoa(i))
	for digits := 2; digits <= 9; digits++ {
		line = strings.ReplaceAll(line, "{i:"+strconv.Itoa(digits)+"}", fmt.Sprintf("%0*d", digits, i))
	}
	return line
}

// split takes a line apart at spaces outside quotes.
func split(line string) ([]string, error) {
	var out []string
	var b strings.Builder
	quoted, some := false, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted, some = !quoted, true
		case r == ' ' && !quoted:
			if some {
				out = append(out, b.String())
			}
			b.Reset()
			some = false
		default:
			b.WriteRune(r)
			some = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("read %q: quote not closed", line)
	}
	if some {
		out = append(out, b.String())
	}
	return out, nil
}

func (p *player) scene(words []string) error {
	step := time.Second
	args := map[string]string{}
	var bare []string
	for _, w := range words {
		if d, ok := strings.CutPrefix(w, "+"); ok {
			v, err := time.ParseDuration(d)
			if err != nil {
				return fmt.Errorf("read step: %w", err)
			}
			step = v
			continue
		}
		if k, v, ok := strings.Cut(w, "="); ok && len(bare) > 0 && k != "" {
			args[k] = v
			continue
		}
		bare = append(bare, w)
	}
	if len(bare) != 2 {
		return fmt.Errorf("read %q: want a verb and what it is about", strings.Join(words, " "))
	}
	switch bare[0] {
	case "wait":
		d, err := time.ParseDuration(bare[1])
		if err != nil {
			return fmt.Errorf("read wait: %w", err)
		}
		p.now = p.now.Add(d)
		p.take(p.engine.Advance(p.now))
		return nil
	case "state":
		for k, v := range args {
			p.keep(bare[1], waywarden.Reading{Name: k, Value: scalar(v), At: p.now, Received: p.now, Source: "response", Confidence: 0.8})
		}
		return nil
	case "signal":
		p.now = p.now.Add(step)
		return p.signal(bare[1], args)
	case "call":
		p.now = p.now.Add(step)
		return p.call(bare[1], args)
	}
	return fmt.Errorf("read %q: no such verb", bare[0])
}

func (p *player) id() string {
	p.serial++
	return "r-" + strconv.Itoa(p.serial)
}

// signal moves a vehicle.
func (p *player) signal(vehicle string, args map[string]string) error {
	at := p.now
	if d, ok := args["at"]; ok {
		v, err := time.ParseDuration(d)
		if err != nil {
			return fmt.Errorf("read at: %w", err)
		}
		at = at.Add(v)
		delete(args, "at")
	}
	delete(args, "repeat")
	rec := &waywarden.Record{Kind: waywarden.KindSignal, ID: p.id(), At: at, Signal: &waywarden.Signal{Vehicle: waywarden.ID{Type: waywarden.TypeVIN, Value: vehicle}}}
	names := make([]string, 0, len(args))
	for k := range args {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		v := scalar(args[k])
		rec.Signal.Values = append(rec.Signal.Values, waywarden.SignalValue{Name: k, Value: v})
		p.keep(vehicle, waywarden.Reading{Name: k, Value: v, At: at, Received: p.now, Source: "signal", Confidence: 1})
	}
	p.take(p.engine.Inspect(&waywarden.Scene{Record: rec, Now: at, Subjects: []waywarden.Subject{{Twin: p.twin(vehicle, waywarden.AssetVehicle), Leaf: -1, Known: true}}}))
	return nil
}

// keep stores a reading unless a later one is known.
func (p *player) keep(uid string, r waywarden.Reading) {
	s := p.state[uid]
	i, found := slices.BinarySearchFunc(s, r.Name, func(x waywarden.Reading, n string) int { return strings.Compare(x.Name, n) })
	switch {
	case !found:
		s = slices.Insert(s, i, r)
	case !s[i].At.After(r.At):
		s[i] = r
	}
	p.state[uid] = s
}

func (p *player) twin(uid string, a waywarden.AssetType) *waywarden.Twin {
	return &waywarden.Twin{Type: a, UID: uid, State: p.state[uid]}
}

func scalar(s string) waywarden.Value {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return waywarden.Number(f)
	}
	switch s {
	case "true", "false":
		return waywarden.Bool(s == "true")
	}
	return waywarden.Text(s)
}

package detect

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// ocpp plays one line of a charge point's socket: what stands before the first bracket is words, the rest an OCPP-J frame.
func (p *player) ocpp(line string) error {
	head, frame := line, ""
	if i := strings.IndexByte(line, '['); i >= 0 {
		head, frame = line[:i], line[i:]
	}
	words := strings.Fields(head)
	if len(words) < 2 {
		return fmt.Errorf("read %q: want ocpp STATION", line)
	}
	step, args := time.Second, map[string]string{}
	for _, w := range words[2:] {
		if d, ok := strings.CutPrefix(w, "+"); ok {
			v, err := time.ParseDuration(d)
			if err != nil {
				return fmt.Errorf("read step: %w", err)
			}
			step = v
			continue
		}
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			k, v = "say", w
		}
		args[k] = v
	}
	p.now = p.now.Add(step)
	f := &waywarden.Frame{
		Station: words[1], Connection: or(args["conn"], "c1"), Version: or(args["version"], "1.6"),
		Client: waywarden.Client{IP: or(args["ip"], "192.0.2.1"), JA4: args["ja4"]},
	}
	if err := fillFrame(f, args, frame); err != nil {
		return err
	}
	rec := &waywarden.Record{Kind: waywarden.KindOCPP, ID: p.id(), At: p.now, OCPP: f}
	p.take(p.engine.Inspect(&waywarden.Scene{
		Record: rec, Now: p.now,
		Subjects: []waywarden.Subject{{Twin: p.twin(f.Station, waywarden.AssetCharger), Leaf: -1, Known: true}},
	}))
	return nil
}

// fillFrame puts into a frame what a line says: an opening, a closing or a message.
func fillFrame(f *waywarden.Frame, args map[string]string, frame string) error {
	switch args["say"] {
	case "open":
		status, err := strconv.Atoi(or(args["status"], "101"))
		if err != nil {
			return fmt.Errorf("read status: %w", err)
		}
		f.Event, f.Handshake.Status, f.Handshake.Target = waywarden.SocketOpen, status, "/"+f.Station
		f.Handshake.Headers = waywarden.Headers{{Name: "sec-websocket-protocol", Value: "ocpp" + f.Version}}
		if a := args["auth"]; a != "" {
			f.Handshake.Headers = append(f.Handshake.Headers, waywarden.Header{Name: "authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte(a))})
		}
		return nil
	case "close":
		f.Event = waywarden.SocketClose
		return nil
	case "in", "out":
		f.Inbound = args["say"] == "in"
	default:
		return fmt.Errorf("read %q: want open, close, in or out", args["say"])
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(frame), &parts); err != nil {
		return fmt.Errorf("read frame %q: %w", frame, err)
	}
	if len(parts) < 3 {
		return fmt.Errorf("read frame %q: too short", frame)
	}
	f.Type, _ = strconv.Atoi(string(parts[0]))
	f.Message = strings.Trim(string(parts[1]), `"`)
	if f.Type == 2 || f.Type == 6 {
		f.Action = strings.Trim(string(parts[2]), `"`)
	}
	f.Payload = parts[len(parts)-1]
	return nil
}

package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/risk/reach"
)

// lineMax bounds a line of the NDJSON files.
const lineMax = 64 << 20

// open opens one of the files an analysis wrote.
func open(dir, name string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err), Next: "run waywarden analyze first, or say with --in where its --out was"}
	} else if err != nil {
		return nil, &advice.Error{Err: fmt.Errorf("read the output of an analysis: %w", err), Next: ""}
	}
	return f, nil
}

// damaged is the error of a file that is not as an analysis writes it.
func damaged(dir, name string, err error) error {
	return &advice.Error{Err: fmt.Errorf("read %s: %w", filepath.Join(dir, name), err), Next: "the file is damaged: run the analysis again"}
}

// lines calls f for each line of one of the files an analysis wrote. The line is valid during the call.
func lines(dir, name string, f func(line []byte) error) error {
	file, err := open(dir, name)
	if err != nil {
		return err
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(make([]byte, 1<<20), lineMax)
	for n := 1; s.Scan(); n++ {
		if err := f(s.Bytes()); err != nil {
			return damaged(dir, name, fmt.Errorf("line %d: %w", n, err))
		}
	}
	if err := s.Err(); err != nil {
		return damaged(dir, name, err)
	}
	return nil
}

// readCallers reads callers.ndjson, and the time of the last record.
func readCallers(dir string) (*reach.Callers, time.Time, error) {
	f, err := open(dir, "callers.ndjson")
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	c, now, err := reach.ReadCallers(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, now, damaged(dir, "callers.ndjson", err)
	}
	return c, now, nil
}

// eachTwin calls f for each twin of twins.ndjson with the readings that reach needs. The twin is valid during the call, its
// UID for good.
func eachTwin(dir string, f func(*waywarden.Twin)) error {
	r := twinReader{}
	return lines(dir, "twins.ndjson", func(line []byte) error {
		if err := r.read(line); err != nil {
			return err
		}
		f(&r.twin)
		return nil
	})
}

// A twinReader reads lines of twins.ndjson into one twin, again and again.
type twinReader struct {
	s    jsonscan.Scanner
	twin waywarden.Twin
}

func (r *twinReader) read(line []byte) error {
	t, s := &r.twin, &r.s
	*t = waywarden.Twin{IDs: t.IDs[:0], State: t.State[:0], Links: t.Links[:0]}
	s.Reset(line)
	for ok := s.Enter('{'); ok; ok = s.More('}') {
		switch string(s.Key()) {
		case "type":
			t.Type = waywarden.AssetType(s.Text())
		case "uid":
			t.UID = strings.Clone(s.Text())
		case "ids":
			r.ids()
		case "state":
			r.state()
		case "links":
			r.links()
		default:
			s.Skip()
		}
	}
	return s.End()
}

// ids are a value or a list of values for each type.
func (r *twinReader) ids() {
	s := &r.s
	for ok := s.Enter('{'); ok; ok = s.More('}') {
		typ := waywarden.DataType(s.Key())
		if s.Peek() != '[' {
			r.twin.IDs = append(r.twin.IDs, waywarden.ID{Type: typ, Value: s.Text()})
			continue
		}
		for more := s.Enter('['); more; more = s.More(']') {
			r.twin.IDs = append(r.twin.IDs, waywarden.ID{Type: typ, Value: s.Text()})
		}
	}
}

func (r *twinReader) state() {
	s := &r.s
	for ok := s.Enter('{'); ok; ok = s.More('}') {
		name := s.Key()
		if !reach.Needs(jsonscan.String(name)) {
			s.Skip()
			continue
		}
		x := waywarden.Reading{Name: string(name)}
		for more := s.Enter('{'); more; more = s.More('}') {
			switch string(s.Key()) {
			case "value":
				if c := s.Peek(); c == '-' || c >= '0' && c <= '9' {
					x.Value = waywarden.Number(s.Number())
				} else {
					s.Skip()
				}
			case "time":
				x.At = r.time()
			case "confidence":
				x.Confidence = s.Number()
			default:
				s.Skip()
			}
		}
		r.twin.State = append(r.twin.State, x)
	}
}

func (r *twinReader) links() {
	s := &r.s
	for ok := s.Enter('['); ok; ok = s.More(']') {
		var l waywarden.Link
		for more := s.Enter('{'); more; more = s.More('}') {
			switch string(s.Key()) {
			case "type":
				l.Type = waywarden.AssetType(s.Text())
			case "uid":
				l.UID = s.Text()
			case "until":
				l.Until = r.time()
			default:
				s.Skip()
			}
		}
		r.twin.Links = append(r.twin.Links, l)
	}
}

func (r *twinReader) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.s.Text())
	if err != nil {
		r.s.Fail("time is not RFC 3339")
	}
	return t
}

// An event is what reach and posture need of an OCSF finding.
type event struct {
	Severity  int `json:"severity_id"`
	Activity  int `json:"activity_id"`
	Evidences []struct {
		Actor struct {
			User struct {
				UID string `json:"uid"`
			} `json:"user"`
		} `json:"actor"`
	} `json:"evidences"`
	Resources []struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"resources"`
	Info struct {
		UID      string   `json:"uid"`
		Title    string   `json:"title"`
		Desc     string   `json:"desc"`
		Types    []string `json:"types"`
		Analytic struct {
			UID string `json:"uid"`
		} `json:"analytic"`
	} `json:"finding_info"`
	Remediation struct {
		Desc string `json:"desc"`
	} `json:"remediation"`
	Enrichments []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"enrichments"`
}

// findingsOf returns the findings that an uid means: one, or those of an incident. The last line of each counts.
func findingsOf(dir, uid string) (kind string, found []event, err error) {
	members := map[string]bool{}
	err = lines(dir, "incidents.ndjson", func(line []byte) error {
		if !bytes.Contains(line, []byte(uid)) {
			return nil
		}
		var x struct {
			Metadata struct {
				UID string `json:"uid"`
			} `json:"metadata"`
			Findings []struct {
				UID string `json:"uid"`
			} `json:"finding_info_list"`
		}
		if err := json.Unmarshal(line, &x); err != nil || x.Metadata.UID != uid {
			return err
		}
		for _, f := range x.Findings {
			members[f.UID] = true
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	kind = "incident"
	if len(members) == 0 {
		kind, members[uid] = "finding", true
	}
	at := map[string]int{}
	err = lines(dir, "findings.ndjson", func(line []byte) error {
		if kind == "finding" && !bytes.Contains(line, []byte(uid)) {
			return nil
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil || !members[e.Info.UID] {
			return err
		}
		if i, known := at[e.Info.UID]; known {
			found[i] = e
			return nil
		}
		at[e.Info.UID] = len(found)
		found = append(found, e)
		return nil
	})
	return kind, found, err
}

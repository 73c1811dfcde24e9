package pcap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/sensortest"
)

// numbered is a conversation of calls whose answers name the request they are to; batch of them are sent at once.
func numbered(rnd *rand.Rand, calls, batch int) []sensortest.Packet {
	c := dial()
	c.SegmentMax = 60 + rnd.IntN(200)
	for i := 0; i < calls; i += batch {
		var ask, answer strings.Builder
		for n := i; n < min(i+batch, calls); n++ {
			body := strings.Repeat("b", rnd.IntN(300))
			fmt.Fprintf(&ask, "POST /call/%d HTTP/1.1\r\nHost: api.example\r\nContent-Length: %d\r\n\r\n%s", n, len(body), body)
			if rnd.IntN(5) == 0 {
				answer.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
			}
			back := fmt.Sprintf(`{"to":%d,"pad":%q}`, n, strings.Repeat("p", rnd.IntN(300)))
			if rnd.IntN(2) == 0 {
				fmt.Fprintf(&answer, "HTTP/1.1 200 OK\r\nX-To: %d\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, len(back), back)
			} else {
				fmt.Fprintf(&answer, "HTTP/1.1 200 OK\r\nX-To: %d\r\nContent-Length: %d\r\n\r\n%s", n, len(back), back)
			}
		}
		c.Send([]byte(ask.String()))
		c.Answer([]byte(answer.String()))
		c.At = c.At.Add(2 * time.Second)
	}
	c.Close()
	return c.Packets()
}

// rightful counts the records of calls with an answer, and fails for an answer to another call.
func rightful(t *testing.T, res sensortest.Result, name string) (answered int) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range res.Records {
		tx := r.HTTP
		if seen[tx.Target] {
			t.Fatalf("%s: %s twice", name, tx.Target)
		}
		seen[tx.Target] = true
		if tx.Status == 0 {
			continue
		}
		answered++
		if to := tx.Response.Headers.First("x-to"); "/call/"+to != tx.Target {
			t.Fatalf("%s: %s was given the answer to %s", name, tx.Target, to)
		}
		if b := tx.Response.Body; tx.Response.Captured && !tx.Response.Truncated && !bytes.HasPrefix(b, fmt.Appendf(nil, `{"to":%s,`, tx.Target[6:])) {
			t.Fatalf("%s: %s has the body %.40s", name, tx.Target, b)
		}
	}
	return answered
}

func TestEveryPacketCanBeLost(t *testing.T) {
	const calls = 12
	rnd := rand.New(rand.NewPCG(1, 1))
	packets := numbered(rnd, calls, 1)
	for i := range packets {
		name := fmt.Sprint("without packet ", i)
		res := decode(t, slices.Concat(packets[:i], packets[i+1:]))
		if n := rightful(t, res, name); n < calls-2 {
			t.Errorf("%s: %d of %d calls have an answer; counts %v", name, n, calls, res.Counts)
		}
		if res.Counts[sensor.CountStreamUndecodable] > 0 || len(res.Rejected) > 0 {
			t.Errorf("%s: counts %v", name, res.Counts)
		}
	}
}

func TestNoLossMovesAnAnswer(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		packets := numbered(rnd, 20, 1+int(seed%4))
		from := 0
		if seed%3 == 0 { // begun midway
			from = rnd.IntN(len(packets) / 2)
		}
		var kept []sensortest.Packet
		for _, p := range packets[from:] {
			if rnd.IntN(12) > 0 {
				kept = append(kept, p)
			}
		}
		rightful(t, decode(t, kept), fmt.Sprint("seed ", seed))
	}
}

func TestEveryBeginningCanBeMissing(t *testing.T) {
	const calls = 8
	packets := numbered(rand.New(rand.NewPCG(3, 3)), calls, 1)
	for i := range packets {
		res := decode(t, packets[i:])
		rightful(t, res, fmt.Sprint("from packet ", i))
		left := 0 // calls whose first packet is there
		for _, p := range packets[i:] {
			if bytes.Contains(p.Data, []byte("POST /call/")) {
				left++
			}
		}
		if len(res.Records) < left {
			t.Errorf("from packet %d: %d records of %d calls", i, len(res.Records), left)
		}
		if i > 3 && left > 0 && res.Counts[sensor.CountStreamMidway] != 1 {
			t.Errorf("from packet %d: counts %v", i, res.Counts)
		}
	}
}

func TestSnapLengthCutsBodiesOnly(t *testing.T) {
	c := dial()
	long := strings.Repeat("x", 1000)
	for range 5 {
		c.Send([]byte(askGet))
		c.Answer([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n" + long))
	}
	c.Close()
	packets := slices.Clone(c.Packets())
	for i, p := range packets {
		if len(p.Data) > 200 {
			packets[i] = sensortest.Packet{At: p.At, Data: p.Data[:200], Size: len(p.Data)}
		}
	}
	res := decode(t, packets)
	if len(res.Records) != 5 || res.Counts[sensor.CountPacketTruncated] != 5 || res.Counts[sensor.CountSegmentLost] != 0 {
		t.Fatalf("%d records, counts %v", len(res.Records), res.Counts)
	}
	for _, r := range res.Records {
		if m := r.HTTP.Response; r.HTTP.Status != 200 || !m.Truncated || m.BodyBytes != 1000 || len(m.Body) == 0 || len(m.Body) > 146 {
			t.Errorf("status %d, %d of %d bytes, truncated %v", r.HTTP.Status, len(m.Body), m.BodyBytes, m.Truncated)
		}
	}
}

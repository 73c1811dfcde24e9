package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// read gives parts to a parser and returns what it said. Pieces of one body are joined.
func read(response bool, bodyless bool, parts ...string) (said []string) {
	p := NewParser(response)
	body := ""
	flush := func() {
		if body != "" {
			said = append(said, "body "+body)
			body = ""
		}
	}
	for _, part := range parts {
		for data, turn := []byte(part), 0; ; turn++ {
			ev, b, rest := p.Next(data)
			if len(rest) > len(data) || turn > 2*len(part)+10 {
				return append(said, "no progress")
			}
			if ev == Body {
				body += string(b)
			} else if ev != More {
				flush()
			}
			switch ev {
			case HeadEnd:
				h := p.Head
				line := fmt.Sprint("head ", h.Method, " ", h.Target, " ", h.Status, " ", h.Version, " ", h.Length)
				for _, f := range h.Fields {
					line += fmt.Sprintf(" %s=%q", f.Name, f.Value)
				}
				said = append(said, line)
				if bodyless {
					p.Bodyless()
				}
			case End:
				said = append(said, strings.TrimSpace(fmt.Sprint("end ", trailers(p.Trailers))))
			case Broken:
				said = append(said, "broken")
			}
			if data = rest; ev == More {
				break
			}
		}
	}
	flush()
	switch p.Closed() {
	case End:
		said = append(said, "end at close")
	case Broken:
		said = append(said, "cut")
	}
	return said
}

func trailers(fields []Field) (s string) {
	for _, f := range fields {
		s += f.Name + "=" + f.Value + " "
	}
	return s
}

func TestParser(t *testing.T) {
	for _, c := range []struct {
		name     string
		response bool
		in       string
		want     string
	}{
		{"pipelined", false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcDELETE /c HTTP/1.1\r\n\r\n",
			`head GET /a 0 1.1 -1 host="x"|end|head POST /b 0 1.0 3 content-length="3"|body abc|end|head DELETE /c 0 1.1 -1|end`},
		{"bare line feeds and empty lines before", false, "\r\n\nGET /a HTTP/1.1\nA: b\n\nGET /b HTTP/1.1\n\n", `head GET /a 0 1.1 -1 a="b"|end|head GET /b 0 1.1 -1|end`},
		{"folded", false, "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n  d \r\nE:f\r\n\r\n", `head GET / 0 1.1 -1 a="b  \tc    d" e="f"|end`},
		{"odd fields", false, "GET / HTTP/1.1\r\nnone\r\n: x\r\nUPPER : y\r\nZ:\r\n\r\n", `head GET / 0 1.1 -1 upper="y" z=""|end`},
		{"target with blanks", false, "GET /a b HTTP/1.1\r\n\r\n", `head GET /a b 0 1.1 -1|end`},
		{"chunked", false, "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3;ext=\"1\"\r\nabc\r\nA \r\n0123456789\r\n0\r\nX: y\r\nZ: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
			`head POST / 0 1.1 -1 transfer-encoding="gzip, Chunked"|body abc0123456789|end x=y z=1|head GET / 0 1.1 -1|end`},
		{"chunked, without trailers", true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n1\na\n0\n\nHTTP/1.1 204 No\r\n\r\n",
			`head   200 1.1 -1 transfer-encoding="chunked" content-length="5"|body a|end|head   204 1.1 -1|end`},
		{"until close", true, "HTTP/1.0 200 OK\r\n\r\nall the rest\r\n\r\nHTTP/1.1 200 OK", `head   200 1.0 -1|body all the rest` + "\r\n\r\n" + `HTTP/1.1 200 OK|end at close`},
		{"no body by status", true, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
			`head   100 1.1 -1|end|head   304 1.1 -1 content-length="9"|end|head   200 1.1 1 content-length="1"|body x|end`},
		{"lengths that agree", false, "PUT / HTTP/1.1\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab", `head PUT / 0 1.1 2 content-length="2, 2" content-length="2"|body ab|end`},
		{"lengths that do not", false, "PUT / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab", `broken`},
		{"a length that is none", false, "PUT / HTTP/1.1\r\nContent-Length: -2\r\n\r\n", `broken`},
		{"an unknown coding of a request", false, "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", `broken`},
		{"a chunk that is none", false, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", `head PUT / 0 1.1 -1 transfer-encoding="chunked"|broken`},
		{"a chunk too short", false, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", `head PUT / 0 1.1 -1 transfer-encoding="chunked"|body a|broken`},
		{"cut in the head", false, "GET /a HTTP/1.1\r\nHos", `cut`},
		{"cut in the body", true, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", `head   200 1.1 5 content-length="5"|body abc|cut`},
		{"status that is none", true, "HTTP/1.1 2x0 OK\r\n\r\n", `broken`},
		{"not HTTP", false, "\x16\x03\x01 something\r\n\r\n", `broken`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(read(c.response, false, c.in), "|"); got != c.want {
				t.Errorf("whole\n got %s\nwant %s", got, c.want)
			}
			if strings.Contains(c.want, "broken") {
				return // where the next message is sought depends on segments
			}
			for n := 1; n < 7; n++ {
				if got := strings.Join(read(c.response, false, split(c.in, n)...), "|"); got != c.want {
					t.Errorf("in parts of %d\n got %s\nwant %s", n, got, c.want)
				}
			}
		})
	}
}

func split(s string, n int) (parts []string) {
	for ; len(s) > n; s = s[n:] {
		parts = append(parts, s[:n])
	}
	return append(parts, s)
}

func TestBodyless(t *testing.T) {
	in := "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	want := `head   200 1.1 9 content-length="9"|end|head   200 1.1 -1 transfer-encoding="chunked"|end`
	if got := strings.Join(read(true, true, in), "|"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestResume(t *testing.T) {
	for _, c := range []struct {
		name     string
		response bool
		segments []string
		want     string
	}{
		{"at a segment", false, []string{"rest of it\r\nGET /no HTTP/1.1\r\n", "GET /yes HTTP/1.1\r\n\r\n"}, "head GET /yes 0 1.1 -1|end"},
		{"behind an empty line", false, []string{"X: y\r\n\r\nGET /yes HTTP/1.1\r\n\r\n"}, "head GET /yes 0 1.1 -1|end"},
		{"line not whole", false, []string{"abc", "GET /long", "er HTTP/1.1\r\n\r\n"}, "head GET /longer 0 1.1 -1|end"},
		{"answers", true, []string{"}}}", "0\r\n\r\nHTTP/1.1 204 X\r\n\r\n"}, "head   204 1.1 -1|end"},
		{"never", true, []string{"}}}", "HTTP/2 200"}, ""},
	} {
		p := NewParser(c.response)
		p.Lose()
		var said []string
		for _, s := range c.segments {
			for data := []byte(s); ; {
				ev, _, rest := p.Next(data)
				switch ev {
				case HeadEnd:
					said = append(said, fmt.Sprint("head ", p.Head.Method, " ", p.Head.Target, " ", p.Head.Status, " ", p.Head.Version, " ", p.Head.Length))
				case End:
					said = append(said, "end")
				}
				if data = rest; ev == More {
					break
				}
			}
		}
		if got := strings.Join(said, "|"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSkip(t *testing.T) {
	start := func(head string) *Parser {
		p := NewParser(true)
		p.Next([]byte("HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n"))
		return &p
	}
	p := start("Content-Length: 10")
	if p.Skip(4) != More || p.Skip(6) != End || !p.Idle() || p.Lost() {
		t.Error("a gap in a body of known length")
	}
	if p = start("Content-Length: 10"); p.Skip(11) != Broken || !p.Lost() {
		t.Error("a gap beyond the end of a body")
	}
	p = start("Transfer-Encoding: chunked")
	p.Next([]byte("8\r\nab"))
	if p.Skip(6) != More {
		t.Error("a gap at the end of a chunk")
	}
	if ev, _, _ := p.Next([]byte("\r\n0\r\n\r\n")); ev != End {
		t.Errorf("event %d behind a gap in a chunk", ev)
	}
	if p.Skip(1) != Broken {
		t.Error("a gap between messages")
	}
	if p = start("Connection: close"); p.Skip(1<<40) != More || p.Closed() != End {
		t.Error("a gap in a body until close")
	}
}

func TestLimits(t *testing.T) {
	many := "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 50_000) + "\r\n"
	p := NewParser(false)
	ev, _, _ := p.Next([]byte(many))
	if ev != HeadEnd || len(p.Head.Fields) != FieldsMax || p.Head.Cut != 50_000-FieldsMax {
		t.Errorf("event %d, %d fields, %d cut", ev, len(p.Head.Fields), p.Head.Cut)
	}
	for name, in := range map[string]string{
		"head": "GET / HTTP/1.1\r\nA: ", "line": "GET /", "chunk line": "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;",
		"trailers": "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ",
	} {
		p := NewParser(false)
		for data := []byte(in); ; {
			ev, _, rest := p.Next(data)
			if data = rest; ev == More {
				break
			}
		}
		fill, broken := bytes.Repeat([]byte("x"), 1000), false
		for range 3 * HeadMax / len(fill) {
			ev, _, _ := p.Next(fill)
			broken = broken || ev == Broken
			if p.Buffered() > 3*HeadMax {
				t.Fatalf("%s: %d bytes kept", name, p.Buffered())
			}
		}
		if !broken {
			t.Errorf("%s: no end", name)
		}
	}
}

// FuzzParser compares any cutting of the input with the whole of it, and what is understood with net/http.
func FuzzParser(f *testing.F) {
	f.Add("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", false, uint8(3))
	f.Add("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", false, uint8(1))
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", true, uint8(9))
	f.Fuzz(func(t *testing.T, in string, response bool, n uint8) {
		whole := strings.Join(read(response, false, in), "|")
		if strings.Contains(whole, "no progress") {
			t.Fatal(whole)
		}
		parts := strings.Join(read(response, false, split(in, int(n)+1)...), "|")
		if !strings.Contains(whole+parts, "broken") && whole != parts {
			t.Errorf("whole %q, in parts %q", whole, parts)
		}
		if response || !strings.HasPrefix(whole, "head") {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(in)))
		if err != nil || len(r.TransferEncoding) > 0 && r.ContentLength >= 0 {
			return // stricter than what has to be read here
		}
		want, err := io.ReadAll(r.Body)
		if err == nil && len(want) > 0 && !strings.Contains(whole, "body "+string(want)) {
			t.Errorf("body %q is not in %q", want, whole)
		}
	})
}

func BenchmarkParser(b *testing.B) {
	in := []byte("GET /api/v1/vehicles/5YJ3E1EA7KF000316 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: something/1.0\r\nAccept: application/json\r\n" +
		"Authorization: Bearer " + strings.Repeat("x", 400) + "\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}")
	p := NewParser(false)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		for data := in; ; {
			ev, _, rest := p.Next(data)
			if data = rest; ev == More {
				break
			}
		}
	}
}

package pcap

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/capture"
	"github.com/waywarden/waywarden/internal/http1"
	"github.com/waywarden/waywarden/sensor"
)

// An http1Conn is an HTTP/1 connection.
type http1Conn struct {
	c         *conn
	requests  http1.Parser
	answers   http1.Parser
	reading   *call   // whose request is under way
	queue     []*call // requests without an answer, in order
	answering *call   // whose answer is under way; nil: of none that was captured
	interim   bool    // it is an interim answer to queue[0]
	lossy     bool    // messages were lost: an answer must begin where its request says

	requestAt  int64 // first byte of the request under way
	requestAck uint32
	answerSeq  uint32 // first byte of the answer under way
	some       bool   // there was a request: the first one was sent at firstAck
	firstAck   uint32
	unproven   bool   // nothing is known of what the client sent before
	buffered   [2]int // room taken by the parsers
}

func newHTTP1(c *conn) *http1Conn {
	h := &http1Conn{c: c, requests: http1.NewParser(false), answers: http1.NewParser(true), lossy: c.lossy, unproven: c.tcp.Midway}
	if c.lossy {
		h.requests.Lose()
		h.answers.Lose()
	}
	return h
}

func (h *http1Conn) data(client bool, ch capture.Chunk) {
	if client {
		h.readRequests(ch)
	} else {
		h.readAnswers(ch)
	}
	if h.c.proto == protocol(h) && h.account(fromClient, h.requests.Buffered()) {
		h.account(fromServer, h.answers.Buffered())
	}
}

// account keeps the books of what a parser holds; without room the connection is given up.
func (h *http1Conn) account(side, n int) bool {
	if more := n - h.buffered[side]; more > 0 && !h.c.take(more) {
		h.close(capture.Evicted)
		h.c.abandon(sensor.CountStreamUndecodable)
		return false
	} else if more < 0 {
		h.c.give(-more)
	}
	h.buffered[side] = n
	return true
}

func (h *http1Conn) readRequests(ch capture.Chunk) {
	if k := h.reading; k != nil && k.expects && k.answered && k.request.size == 0 && http1.Begins(ch.Data, false) == http1.Yes {
		h.requests.Abort() // refused before the body, which is not sent
		h.requestEnd()
	}
	for data := ch.Data; ; {
		if h.requests.Idle() {
			h.requestAt, h.requestAck = ch.Time, ch.Ack
		}
		ev, piece, rest := h.requests.Next(data)
		if h.requests.Passed > 0 {
			h.c.doubt[h.c.client] = doubt{is: true, ack: ch.Ack}
		}
		switch ev {
		case http1.More:
			return
		case http1.HeadEnd:
			h.request()
		case http1.Body:
			h.reading.request.add(h.c, piece)
		case http1.End:
			trailers(&h.reading.tx.Request, &h.requests)
			h.requestEnd()
		case http1.Broken:
			h.c.doubt[h.c.client] = doubt{is: true, ack: ch.Ack}
			h.requestLost()
		}
		data = rest
	}
}

// request starts a call.
func (h *http1Conn) request() {
	head := &h.requests.Head
	k := h.c.newCall(h.requestAt)
	k.ack = h.requestAck
	h.judge(k)
	k.tx.Method, k.tx.Version = strings.ToUpper(head.Method), head.Version
	k.tx.Request.Headers = headers(head.Fields)
	k.request.declared = head.Length
	k.expects = strings.EqualFold(head.First("expect"), "100-continue")
	h.c.cutHeaders(head.Cut)
	k.setHost(head.First("host"))
	var host string
	if k.tx.Target, host = originForm(head.Target); host != "" {
		k.setHost(host)
	}
	h.reading = k
	if len(h.queue) >= pendingMax {
		h.unanswered()
		h.lossy = true
	}
	h.queue = append(h.queue, k)
}

// judge says whether the answer that begins where k was sent may be to another request.
func (h *http1Conn) judge(k *call) {
	doubt := &h.c.doubt[h.c.client]
	if doubt.any {
		doubt.any, doubt.ack = false, k.ack
	}
	if doubt.is {
		k.doubtful = int32(k.ack-doubt.ack) <= 0
		doubt.is = k.doubtful
	}
	if h.unproven && h.some && k.ack != h.firstAck {
		h.unproven = false
	}
	if k.first = h.unproven; !h.some {
		h.some, h.firstAck = true, k.ack
	}
}

// originForm splits the absolute form that proxies are sent into origin form and host.
func originForm(target string) (origin, host string) {
	if target[0] == '/' {
		return target, ""
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || strings.ContainsAny(scheme, "/?") {
		return target, ""
	}
	host, origin = rest, "/"
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, origin = rest[:i], rest[i:]
		if origin[0] != '/' {
			origin = "/" + origin
		}
	}
	return origin, host[strings.LastIndexByte(host, '@')+1:]
}

// trailers appends the fields behind a chunked body.
func trailers(m *waywarden.Message, p *http1.Parser) {
	if len(p.Trailers) > 0 && len(m.Headers) < http1.FieldsMax {
		m.Headers = append(m.Headers, headers(p.Trailers)...)
	}
}

// requestEnd ends the request under way.
func (h *http1Conn) requestEnd() {
	k := h.reading
	h.reading = nil
	k.requested = true
	if k.answered {
		h.c.emit(k)
	}
}

// requestLost takes note that the rest of the request under way, and maybe further ones, cannot be read.
func (h *http1Conn) requestLost() {
	h.lossy = true
	if k := h.reading; k != nil {
		k.request.lose(0)
		h.requestEnd()
	}
}

// unanswered gives up waiting for the answer to the oldest request.
func (h *http1Conn) unanswered() {
	k := h.queue[0]
	h.queue = h.queue[1:]
	k.answered = true
	if k.requested {
		h.c.emit(k)
	}
}

func (h *http1Conn) readAnswers(ch capture.Chunk) {
	for data := ch.Data; ; {
		if h.answers.Idle() {
			h.answerSeq = ch.Seq + uint32(len(ch.Data)-len(data))
		}
		ev, piece, rest := h.answers.Next(data)
		if k := h.answering; k != nil {
			k.last = ch.Time
		}
		switch ev {
		case http1.More:
			return
		case http1.HeadEnd:
			h.answer(ch.Time, ch.Seq+uint32(len(ch.Data)-len(rest)))
		case http1.Body:
			if h.answering != nil {
				h.answering.answer.add(h.c, piece)
			}
		case http1.End:
			if k := h.answering; k != nil {
				trailers(&k.tx.Response, &h.answers)
			}
			if h.answerEnd() {
				h.handOver(ch, rest)
				return
			}
		case http1.Broken:
			h.answerLost()
		}
		data = rest
	}
}

// handOver gives the rest of an answer to the protocol that was switched to.
func (h *http1Conn) handOver(ch capture.Chunk, rest []byte) {
	if len(rest) == 0 {
		return
	}
	ch.Seq += uint32(len(ch.Data) - len(rest))
	ch.Data = rest
	h.c.Data(h.c.client.Other(), ch)
}

// answer takes the head of an answer that ends before sequence number next.
func (h *http1Conn) answer(at int64, next uint32) {
	head := &h.answers.Head
	k := h.pair(h.answerSeq)
	h.interim = head.Status < 200 && head.Status != 101
	if h.interim {
		if k != nil {
			k.ack = next
		}
		return
	}
	h.answering = k
	if k == nil {
		return
	}
	h.queue = h.queue[1:]
	if len(h.queue) == 0 && !h.requests.Lost() {
		h.lossy = false
	}
	k.tx.Status, k.last = head.Status, at
	k.tx.Response.Headers = headers(head.Fields)
	k.answer.declared = head.Length
	h.c.cutHeaders(head.Cut)
	if k.tx.Method == "HEAD" || k.tx.Method == "CONNECT" && head.Status/100 == 2 {
		h.answers.Bodyless()
	}
}

// pair returns the request that an answer beginning at seq is to, nil when that was not captured. As long as nothing was
// lost, answers come in the order of requests. After that one is known by where it begins: a client that does not
// pipeline has received everything before when it sends the request, and where it may have sent others along with it, no
// answer is taken for its own.
func (h *http1Conn) pair(seq uint32) *call {
	for len(h.queue) > 0 {
		k := h.queue[0]
		off := int32(seq - k.ack)
		switch {
		case !h.lossy:
			return k
		case off == 0 && !k.doubtful && !(k.first && len(h.queue) > 1):
			return k
		case off <= 0: // to a request before it
			return nil
		}
		h.unanswered()
	}
	return nil
}

// answerEnd ends the answer under way; switched says that the connection goes on in another protocol.
func (h *http1Conn) answerEnd() (switched bool) {
	if h.interim {
		h.interim = false
		return false
	}
	k := h.answering
	h.answering = nil
	status := h.answers.Head.Status
	switch {
	case status == 101:
		h.upgrade(k)
		return true
	case k == nil:
		return false
	}
	k.answered = true
	if k.requested {
		h.c.emit(k)
	}
	if k.tx.Method != "CONNECT" || status/100 != 2 {
		return false
	}
	h.close(capture.Closed)
	h.c.proto, h.c.lossy = nil, false // a tunnel: whatever it carries
	return true
}

// upgrade switches to the protocol that the answer to k names.
func (h *http1Conn) upgrade(k *call) {
	h.close(capture.Closed)
	switch {
	case k == nil:
		h.c.abandon(sensor.CountStreamUndecodable)
	case strings.EqualFold(k.tx.Response.Headers.First("upgrade"), "websocket"):
		h.c.proto = newSocket(h.c, k)
	case strings.EqualFold(k.tx.Response.Headers.First("upgrade"), "h2c"):
		h.c.proto = upgraded(h.c, k)
	default:
		h.c.emit(k)
		h.c.abandon(sensor.CountStreamUndecodable)
	}
}

// answerLost takes note that the rest of the answer under way, and maybe further ones, cannot be read.
func (h *http1Conn) answerLost() {
	h.lossy, h.interim = true, false
	k := h.answering
	if k == nil {
		return
	}
	h.answering = nil
	k.answer.lose(0)
	k.answered = true
	if k.requested {
		h.c.emit(k)
	}
}

func (h *http1Conn) gap(client bool, n int64) {
	if client {
		ev := h.requests.Skip(n)
		if ev == http1.Broken {
			h.c.miss(h.c.client)
		}
		if h.reading != nil {
			h.reading.request.lose(n)
		}
		h.ended(true, ev)
		return
	}
	ev := h.answers.Skip(n)
	if h.answering != nil {
		h.answering.answer.lose(n)
	}
	h.ended(false, ev)
}

func (h *http1Conn) end(client bool) {
	if client {
		h.ended(true, h.requests.Closed())
	} else {
		h.ended(false, h.answers.Closed())
	}
}

// ended takes note of what a gap, or the end of a direction, did to the message under way.
func (h *http1Conn) ended(client bool, ev http1.Event) {
	switch {
	case ev == http1.Broken && client:
		h.requestLost()
	case ev == http1.Broken:
		h.answerLost()
	case ev == http1.End && client && h.reading != nil:
		h.requestEnd()
	case ev == http1.End && !client:
		h.answerEnd()
	}
}

// close hands on what is under way, and gives back what the parsers hold.
func (h *http1Conn) close(capture.Why) {
	h.answerLost()
	for len(h.queue) > 0 {
		h.unanswered()
	}
	h.requestLost()
	h.c.give(h.buffered[0] + h.buffered[1])
	h.buffered = [2]int{}
}

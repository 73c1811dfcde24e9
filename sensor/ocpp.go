package sensor

import (
	"errors"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// errFrame says that a message is JSON and not OCPP-J.
var errFrame = errors.New("no OCPP-J message")

// ParseFrame reads an OCPP-J message into the message fields of f:
//
//	[2, id, action, payload]                     CALL             (6 SEND of OCPP 2.1 alike)
//	[3, id, payload]                             CALLRESULT
//	[4, id, code, description, details]          CALLERROR        (5 CALLRESULTERROR of OCPP 2.1 alike)
//
// Payload is the payload or the details as JSON text. f shares no memory with raw.
func ParseFrame(raw []byte, f *waywarden.Frame) error {
	var s jsonscan.Scanner
	s.Reset(raw)
	whole := ScanFrame(&s, f)
	if err := s.End(); err != nil {
		return err
	}
	if !whole {
		return errFrame
	}
	return nil
}

// ScanFrame is [ParseFrame] for a message that stands within a JSON text; whole says that it is one of OCPP-J.
func ScanFrame(s *jsonscan.Scanner, f *waywarden.Frame) (whole bool) {
	f.Type, f.Message, f.Action, f.Error, f.Payload = 0, "", "", "", nil
	n := 0
	for ok := s.Enter('['); ok; ok = s.More(']') {
		scanElement(s, f, n)
		n++
	}
	switch f.Type {
	case 2, 6:
		return n >= 3 && f.Action != ""
	case 3, 4, 5:
		return n >= 2
	}
	return false
}

// scanElement reads the n-th element of a message.
func scanElement(s *jsonscan.Scanner, f *waywarden.Frame, n int) {
	text := s.Peek() == '"'
	switch {
	case n == 0:
		f.Type = int(s.Int())
	case n == 1 && text:
		f.Message = s.Text()
	case n == 1: // a number, as some stations send
		f.Message = jsonscan.String(s.Keep(s.Raw()))
	case n == payloadAt(f.Type):
		f.Payload = s.Keep(s.Raw())
	case n == 2 && text && (f.Type == 2 || f.Type == 6):
		f.Action = s.Text()
	case n == 2 && text:
		f.Error = s.Text()
	default:
		s.Skip()
	}
}

func payloadAt(messageType int) int {
	switch messageType {
	case 2, 6:
		return 3
	case 3:
		return 2
	}
	return 4
}

// OCPPVersion returns the version that a list of WebSocket subprotocols names ("ocpp1.6, ocpp2.0.1"; the first counts):
// "1.6", "2.0.1", "2.1", …; "" when there is no OCPP in it.
func OCPPVersion(subprotocols string) string {
	for p := range strings.SplitSeq(subprotocols, ",") {
		p = strings.ToLower(strings.TrimSpace(p))
		if v, ok := strings.CutPrefix(p, "ocpp"); ok && v != "" && v[0] >= '0' && v[0] <= '9' {
			return v
		}
	}
	return ""
}

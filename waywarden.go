// Package waywarden is the vocabulary of the system: the nouns every other
// package speaks in, and nothing else. It imports only the standard library.
//
// # The way of a transaction
//
// What a sensor sees travels one way, through one function, in event-time order:
//
//	sensor   sees traffic                       → [Record]
//	catalog  says which call it is, who calls   → [Call]
//	twin     says what the world was            → [Scene]
//	detect   says what is wrong                 → [Finding]
//	risk     says how bad it is                 → [Risk]
//	alert    says who must know                 → [Incident]
//	notify   tells them
//
// The function is Flow.Handle in app/flow.go. Read it next.
//
// # Ownership of memory
//
// Strings and byte slices of a [Record] point into the buffer the record was
// read into. They stay valid, but one kept string keeps its whole record alive:
// state that outlives the call clones what it keeps (strings.Clone).
package waywarden

import "time"

// A Kind says what a record is about.
type Kind uint8

// The kinds of record. The order is the order in which records of the same instant are handled:
// what the register and the vehicle say comes before the call that is judged by it.
const (
	KindAsset  Kind = iota + 1 // a row of the operator's register
	KindSignal                 // vehicle telemetry
	KindOCPP                   // a frame, or the opening or closing, of a charge point's socket
	KindHTTP                   // one API call
)

// String returns the name the file contract gives the kind.
func (k Kind) String() string {
	switch k {
	case KindAsset:
		return "asset"
	case KindSignal:
		return "signal"
	case KindOCPP:
		return "ocpp"
	case KindHTTP:
		return "http"
	}
	return "unknown"
}

// A Record is one thing a sensor saw. Exactly the field its Kind names is set.
type Record struct {
	Kind     Kind
	ID       string    // the sensor's own unique id, or a stable one derived by the reader
	At       time.Time // when it happened, UTC
	Received time.Time // when the sensor saw it; zero when not said
	Sensor   string

	HTTP   *Transaction
	Signal *Signal
	OCPP   *Frame
	Asset  *AssetRow
}

// A Transaction is one API request and its response.
type Transaction struct {
	Client   Client
	Server   Server
	Method   string // upper case
	Target   string // origin form as sent: path and query, still percent-encoded
	Version  string // "1.1", "2", ""
	Request  Message
	Response Message
	Status   int           // 0 when no response was seen
	Duration time.Duration // 0 when not measured
}

// A Client is where a call or a socket came from.
type Client struct {
	IP   string
	Port int
	JA4  string // TLS client fingerprint, where the sensor takes one
}

// A Server is where a call went.
type Server struct {
	Host string // lower case, without port
	Port int
	TLS  bool
}

// A Message is one side of a transaction.
type Message struct {
	Headers   Headers
	Body      []byte // decoded of content encoding; meaningless unless Captured
	BodyBytes int64  // size on the wire; -1 when not known
	Captured  bool   // false: the sensor did not take the body
	Truncated bool   // the body was cut by the sensor or by a limit of ours

	HeadersMissing bool // the sensor did not take the header fields: nothing follows from the absence of one
}

// Headers are header fields in the order seen, names in lower case.
type Headers []Header

// A Header is one header field.
type Header struct{ Name, Value string }

// First returns the first value of the named field (lower case), or "".
func (h Headers) First(name string) string {
	for i := range h {
		if h[i].Name == name {
			return h[i].Value
		}
	}
	return ""
}

// Has says whether the named field (lower case) is there at all.
func (h Headers) Has(name string) bool {
	for i := range h {
		if h[i].Name == name {
			return true
		}
	}
	return false
}

// A Signal is a set of vehicle signals of one instant.
type Signal struct {
	Vehicle ID
	Values  []SignalValue
}

// A SignalValue is one signal: a COVESA VSS v6 path, or one below Vehicle.Private.
type SignalValue struct {
	Name  string
	Value Value
}

// A Frame is one OCPP-J frame of a charge point's socket, or its opening or closing.
type Frame struct {
	Station    string // charge point identity
	Connection string
	Version    string // "1.6", "2.0.1", "2.1", "" when not known
	Client     Client
	Inbound    bool // from the station to the CSMS

	Event     SocketEvent // set for an opening or a closing; then there is no message
	Handshake Handshake   // of an opening
	CloseCode int         // of a closing; 0 when not said

	Type    int    // OCPP-J message type: 2 CALL, 3 CALLRESULT, 4 CALLERROR, 5 CALLRESULTERROR, 6 SEND
	Message string // message id
	Action  string // of a CALL or SEND
	Error   string // error code of a CALLERROR
	Payload []byte // JSON
}

// A Handshake is the WebSocket upgrade that opened a socket.
type Handshake struct {
	Target  string
	Headers Headers
	Status  int // 101 when it was accepted
}

// A SocketEvent is what happened to a charge point's socket.
type SocketEvent uint8

// The events of a socket.
const (
	SocketNone SocketEvent = iota
	SocketOpen
	SocketClose
)

// An AssetRow is one row of the operator's own register.
type AssetRow struct {
	Type       AssetType
	IDs        []ID
	Attributes []Attribute
	Links      []RegisterLink
}

// An Attribute is a named value of a register row.
type Attribute struct {
	Name  string
	Value Value
}

// A RegisterLink is a relation a register row states.
type RegisterLink struct {
	Rel   string // owner, driver, renter, fleet_manager, …
	Type  AssetType
	ID    string
	Since time.Time
	Until time.Time // zero: still holds
}

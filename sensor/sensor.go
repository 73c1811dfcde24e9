// Package sensor is the contract of everything that sees traffic.
//
// # Delivery
//
// A sensor hands records to a [Sink] and acknowledges to its source only what the sink took: nil means handled
// durably. An error of a sink is retryable unless it wraps [ErrPermanent].
//
// # Bad input
//
// Bad input is never a sensor's own error. What cannot be decoded is handed to [Output.Reject] with its place and
// reason and the run goes on; what decodes but cannot be seen (an encrypted stream, a lost segment, a body that was
// not captured) is counted with [Output.Count] under one of the names in this package, so that the coverage report can
// say which abilities it silences.
package sensor

import (
	"context"
	"errors"
	"io"

	"github.com/waywarden/waywarden"
)

// ErrPermanent marks an error of a sink that a repetition cannot cure.
var ErrPermanent = errors.New("permanent")

// A Sink takes records from a sensor. Nil means they are handled durably.
type Sink func(ctx context.Context, records ...*waywarden.Record) error

// A Sensor feeds records to sink until ctx ends or its source does.
type Sensor interface {
	Run(ctx context.Context, sink Sink) error
}

// A Format decodes one kind of file into records. It keeps no state between calls.
type Format interface {
	// Name is what --format calls it.
	Name() string
	// Detect says how sure it is (0 no, 100 certain) that a file beginning with head, decompressed, is of this format.
	Detect(head []byte) int
	// Decode reads in to its end. The error is one of reading in or of out.Record, never of bad content.
	Decode(ctx context.Context, in Input, out Output) error
}

// An Input is one file or stream, already decompressed.
type Input struct {
	Name string // for messages; "-" is standard input
	R    io.Reader
}

// An Output takes what a Format decodes. Its functions are called from one goroutine. Who reads the file counts
// [CountRead] and [CountRejected]; a Format counts the rest.
type Output struct {
	Record func(*waywarden.Record) error
	Reject func(Rejection)
	Count  func(name string, n int64)
}

// A Rejection is a piece of input that could not be decoded: a line of rejected.ndjson.
type Rejection struct {
	File   string `json:"file"`
	Line   int64  `json:"line,omitempty"`   // 1-based, of line formats
	Offset int64  `json:"offset,omitempty"` // byte or packet number, of others
	Reason string `json:"reason"`
	Raw    string `json:"raw,omitempty"` // the beginning of it, credentials masked
}

// UnknownHost stands for the host of a call where the source did not record it (RFC 6761: .invalid is never a real one).
const UnknownHost = "unknown.invalid"

// Names of what was counted, for [Output.Count] and coverage.json.
const (
	CountRead              = "read"               // records decoded
	CountRejected          = "rejected"           // pieces that could not be decoded
	CountBodyMissing       = "body_missing"       // message with a size and no captured body
	CountBodyTruncated     = "body_truncated"     // body cut by the sensor or by a limit
	CountBodyUndecodable   = "body_undecodable"   // content encoding unknown or broken
	CountBodyBomb          = "body_bomb"          // decompression stopped at the limit
	CountStreamEncrypted   = "stream_encrypted"   // TLS seen, nothing decoded
	CountStreamMidway      = "stream_midway"      // TCP connection whose start was not captured
	CountSegmentLost       = "segment_lost"       // gap in a TCP stream
	CountResponseMissing   = "response_missing"   // request whose answer was not seen
	CountStreamUndecodable = "stream_undecodable" // TCP payload of no known protocol
	CountPacketTruncated   = "packet_truncated"   // packet cut by the snap length
	CountSampled           = "sampled"            // record said to stand for several
	CountHeadersCut        = "headers_cut"        // header field beyond the limit of a message
	CountHeadersMissing    = "headers_missing"    // message whose header fields were not recorded: no credentials, no types
	CountHostMissing       = "host_missing"       // call to a host that was not recorded: UnknownHost
	CountNotHTTP           = "not_http"           // entry of a capture that is no call (data:, blob:, chrome-extension:)
	CountLate              = "late"               // record that came after the reorder window had passed it
	CountAhead             = "ahead"              // record ahead in time of all others: held to the end, or handed on at once for lack of room
	CountDuplicate         = "duplicate"          // record delivered again, dropped
	CountReorderFull       = "reorder_full"       // record handed on before its window had passed, for lack of room
)

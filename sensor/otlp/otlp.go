// Package otlp decodes OpenTelemetry traces: spans of HTTP calls by the semantic conventions, stable and old.
//
// Files are what the collector's file exporter and OTLP clients write: JSON, one ExportTraceServiceRequest a line or one
// in a whole document, and protobuf, one message or any number of them, each behind its length in four bytes, big endian
// (each may be compressed by zstd).
//
// A call that both sides trace is one record: that of the server. A client's span waits [window] of event time for the
// server's, whose parent it is, before it becomes a record. Spans that are no HTTP call are counted as
// [sensor.CountNotHTTP].
//
// Header fields (http.request.header.NAME) and bodies (http.request.body, …) are opt-in in OpenTelemetry; without the
// former, the user that enduser.id or user.id names is the caller, and calls of nobody are counted as
// [sensor.CountHeadersMissing].
package otlp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

const (
	// maxMessage is how long one request, or one element of a document, may be.
	maxMessage = 32 << 20
	// maxInflated is how long one compressed request may get.
	maxInflated = 64 << 20
	peekLen     = 64 << 10
)

// Format decodes OTLP traces.
type Format struct{}

// Name is "otlp".
func (Format) Name() string { return "otlp" }

// Detect finds the one member of a request in JSON, or the beginnings of messages in protobuf.
func (Format) Detect(head []byte) int {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) > 0 && text[0] == '{' {
		if bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte(`"resourceSpans"`)) {
			return 97
		}
		for line := range bytes.Lines(text) {
			if bytes.HasPrefix(line, []byte(`{"resourceSpans"`)) {
				return 90
			}
		}
		return 0
	}
	switch {
	case delimited(head):
		return 75
	case isRequest(head, len(head)):
		return 70
	}
	return 0
}

// delimited says that head begins with a length and a message.
func delimited(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	n := binary.BigEndian.Uint32(head)
	if n < 4 || n > maxMessage {
		return false
	}
	body := head[4:min(len(head), 4+int(n))]
	return isRequest(body, int(n)) || bytes.HasPrefix(body, []byte("\x28\xb5\x2f\xfd"))
}

// isRequest says that b begins like an ExportTraceServiceRequest of at least one ResourceSpans that has a Resource or
// ScopeSpans: fields 1 or 2, length-delimited, one within the other.
func isRequest(b []byte, total int) bool {
	if len(b) < 4 || b[0] != 0x0a {
		return false
	}
	outer, n := binary.Uvarint(b[1:])
	if n <= 0 || outer == 0 || outer > maxMessage || len(b) < 1+n+2 {
		return false
	}
	if inside := uint64(total - 1 - n); outer > inside && total < peekLen {
		return false
	}
	b = b[1+n:]
	if b[0] != 0x0a && b[0] != 0x12 {
		return false
	}
	inner, n := binary.Uvarint(b[1:])
	return n > 0 && inner < outer
}

// Decode reads in to its end.
func (Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	r := bufio.NewReaderSize(in.R, peekLen)
	head, err := r.Peek(peekLen)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return fmt.Errorf("read %s: %w", in.Name, err)
	}
	d := decoder{name: in.Name, in: r, out: out, spans: newSpans(in.Name, out)}
	switch text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"); {
	case len(text) == 0:
		return nil
	case isRequest(head, len(head)) && !delimited(head):
		err = d.message(ctx)
	case text[0] == '{' && isDocument(text):
		err = d.document(ctx)
	case delimited(head):
		err = d.messages(ctx)
	default:
		err = d.lines(ctx)
	}
	if err != nil {
		return err
	}
	return d.spans.flush()
}

// isDocument says that the JSON is spread over lines: the first does not hold it all.
func isDocument(text []byte) bool {
	line, _, found := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	return found && line[len(line)-1] != '}'
}

// A decoder is one run of Decode.
type decoder struct {
	name  string
	in    *bufio.Reader
	out   sensor.Output
	spans *spans
}

// lines reads one request a line.
func (d *decoder) lines(ctx context.Context) error {
	lines := sensor.NewLines(d.in, maxMessage)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, sensor.ErrLineTooLong):
			d.out.Reject(sensor.Reject(d.name, lines.Number(), err.Error(), line))
			continue
		case err != nil:
			return fmt.Errorf("read %s: %w", d.name, err)
		}
		traces, err := fromJSON(line)
		if err != nil {
			d.out.Reject(sensor.Reject(d.name, lines.Number(), err.Error(), line))
			continue
		}
		if err := d.spans.take(traces); err != nil {
			return err
		}
	}
}

// document reads the ResourceSpans of a JSON document one by one.
func (d *decoder) document(ctx context.Context) error {
	array := jsonscan.NewArray(d.in, maxMessage, "resourceSpans")
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text, err := array.Next()
		_, offset := array.Number()
		if err == nil {
			var traces ptrace.Traces
			traces, err = fromJSON(bytes.Join([][]byte{[]byte(`{"resourceSpans":[`), text, []byte("]}")}, nil))
			if err == nil {
				if err := d.spans.take(traces); err != nil {
					return err
				}
				continue
			}
			d.reject(offset, err.Error(), text)
			continue
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, jsonscan.ErrTooLong):
			d.reject(offset, err.Error(), text)
		case errors.Is(err, jsonscan.ErrSyntax), errors.Is(err, jsonscan.ErrNotFound):
			d.reject(offset, err.Error(), text)
			return nil
		default:
			return fmt.Errorf("read %s: %w", d.name, err)
		}
	}
}

func (d *decoder) reject(offset int64, reason string, raw []byte) {
	r := sensor.Reject(d.name, 0, reason, raw)
	r.Offset = offset
	d.out.Reject(r)
}

// fromJSON decodes one request. The scanner goes first: it bounds how deep the other one has to go.
func fromJSON(text []byte) (ptrace.Traces, error) {
	var s jsonscan.Scanner
	s.Reset(text)
	s.Skip()
	if err := s.End(); err != nil {
		return ptrace.Traces{}, err
	}
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
	if err != nil {
		return ptrace.Traces{}, fmt.Errorf("no OTLP trace request: %w", err)
	}
	return traces, nil
}

// message reads one protobuf message that is the whole file.
func (d *decoder) message(ctx context.Context) error {
	buf, err := io.ReadAll(io.LimitReader(d.in, maxInflated+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", d.name, err)
	}
	if len(buf) > maxInflated {
		d.reject(0, fmt.Sprintf("message longer than %d bytes", maxInflated), buf)
		return nil
	}
	return d.protobuf(ctx, 0, buf)
}

// messages reads protobuf messages, each behind its length.
func (d *decoder) messages(ctx context.Context) error {
	var offset int64
	var buf []byte
	for {
		var prefix [4]byte
		n, err := io.ReadFull(d.in, prefix[:])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			d.reject(offset, "length of a message cut off", prefix[:n])
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", d.name, err)
		}
		length := binary.BigEndian.Uint32(prefix[:])
		if length > maxMessage {
			d.reject(offset, fmt.Sprintf("length of a message is %d, more than %d: the rest cannot be read", length, maxMessage), prefix[:])
			return nil
		}
		buf, err = readN(d.in, buf[:0], int(length))
		switch {
		case errors.Is(err, io.EOF):
			d.reject(offset, "message cut off", buf)
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", d.name, err)
		}
		if err := d.protobuf(ctx, offset, buf); err != nil {
			return err
		}
		offset += 4 + int64(length)
	}
}

// readN reads n bytes and grows buf by what really comes, not by what a length says.
func readN(r io.Reader, buf []byte, n int) ([]byte, error) {
	for len(buf) < n {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		k, err := r.Read(buf[len(buf):min(cap(buf), n)])
		buf = buf[:len(buf)+k]
		if err != nil && len(buf) < n {
			return buf, err
		}
	}
	return buf, nil
}

func (d *decoder) protobuf(ctx context.Context, offset int64, buf []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	body := buf
	if bytes.HasPrefix(buf, []byte("\x28\xb5\x2f\xfd")) {
		var err error
		if body, _, err = sensor.DecodeBody("zstd", buf, maxInflated); err != nil {
			d.reject(offset, err.Error(), nil)
			return nil
		}
	}
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(body)
	if err != nil {
		d.reject(offset, "no OTLP trace request: "+err.Error(), nil)
		return nil //nolint:nilerr // bad content is rejected, not an error of reading
	}
	return d.spans.take(traces)
}

// Package har decodes HAR 1.2 (HTTP Archive), as browsers and proxies save it.
//
// A file is read entry by entry, so that it may be larger than memory and be cut off anywhere. A HAR is recorded at the
// client and does not say who that was: without the private field _clientIPAddress of the entry the client is 127.0.0.1.
// The private fields _id of an entry (its id) and _webSocketMessages (Chrome: the messages of a socket) are read, too;
// the messages of a socket that speaks OCPP become frames. Bodies are stored decoded of their content encoding.
package har

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/waywarden/waywarden/internal/jsonscan"
	"github.com/waywarden/waywarden/sensor"
)

// maxEntry is how long the text of one entry may be.
const maxEntry = 64 << 20

// Format decodes HAR.
type Format struct {
	BodyLimit int64 // most bytes of a body; 0: sensor.DefaultBodyLimit
}

// Name is "har".
func (Format) Name() string { return "har" }

// Detect finds the outermost members of a HAR.
func (Format) Detect(head []byte) int {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return 0
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	if !bytes.HasPrefix(rest, []byte(`"log"`)) {
		return 0
	}
	for _, member := range []string{`"entries"`, `"creator"`, `"pages"`, `"version"`} {
		if bytes.Contains(rest, []byte(member)) {
			return 95
		}
	}
	return 40
}

// Decode reads the entries of in.
func (f Format) Decode(ctx context.Context, in sensor.Input, out sensor.Output) error {
	d := decoder{limit: f.BodyLimit, out: out, ids: sensor.NewIDs()}
	if d.limit <= 0 {
		d.limit = sensor.DefaultBodyLimit
	}
	entries := jsonscan.NewArray(in.R, maxEntry, "log", "entries")
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text, err := entries.Next()
		n, offset := entries.Number()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, jsonscan.ErrTooLong):
			out.Reject(reject(in.Name, n, offset, err.Error(), text))
			continue
		case errors.Is(err, jsonscan.ErrSyntax), errors.Is(err, jsonscan.ErrNotFound):
			out.Reject(reject(in.Name, n, offset, err.Error(), text))
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
		if err := d.entry(text); err != nil {
			var bad entryError
			if !errors.As(err, &bad) {
				return err
			}
			out.Reject(reject(in.Name, n, offset, bad.Error(), text))
		}
	}
}

func reject(file string, n, offset int64, reason string, text []byte) sensor.Rejection {
	r := sensor.Reject(file, 0, fmt.Sprintf("entry %d: %s", n, reason), text)
	r.Offset = offset
	return r
}

// entryError is an entry's own fault.
type entryError string

func (b entryError) Error() string { return string(b) }

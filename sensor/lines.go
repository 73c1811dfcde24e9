package sensor

import (
	"bytes"
	"errors"
	"io"
)

// DefaultLineLimit is how long one line of a line format may be.
const DefaultLineLimit = 32 << 20

// linesBuffer is the size of the buffer of [Lines] as long as no line needs a larger one.
const linesBuffer = 256 << 10

// ErrLineTooLong says that a line was longer than the limit and is skipped.
var ErrLineTooLong = errors.New("line longer than the limit")

// Lines reads a stream line by line through one buffer, whatever it holds: lines that are too long are skipped to their
// end without being kept, blank ones are passed over, a byte order mark at the beginning is dropped.
type Lines struct {
	r          io.Reader
	limit      int
	buf        []byte
	start, end int // what is read and not yet given out
	number     int64
	err        error
}

// NewLines reads r; limit is the most bytes of one line, 0 means [DefaultLineLimit].
func NewLines(r io.Reader, limit int) *Lines {
	if limit <= 0 {
		limit = DefaultLineLimit
	}
	return &Lines{r: r, limit: limit, buf: make([]byte, linesBuffer)}
}

// Number returns the number of the line last returned, from 1.
func (l *Lines) Number() int64 { return l.number }

// Next returns the next line that is not blank, without its end; it is valid until the next call. The error is
// [ErrLineTooLong] for a line that was skipped (with its beginning), io.EOF at the end, else that of the reader.
func (l *Lines) Next() ([]byte, error) {
	for {
		line, err := l.next()
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

func (l *Lines) next() ([]byte, error) {
	for searched := l.start; ; {
		if i := bytes.IndexByte(l.buf[searched:l.end], '\n'); i >= 0 {
			return l.cut(searched+i, searched+i+1), nil
		}
		if l.err != nil {
			if l.start == l.end {
				return nil, l.err
			}
			if errors.Is(l.err, io.EOF) {
				return l.cut(l.end, l.end), nil // the last line has no end
			}
			l.start = l.end // what an error of the reader cut off is no line
			return nil, l.err
		}
		if l.end-l.start > l.limit {
			return l.skip()
		}
		searched = l.fill()
	}
}

// cut gives out the line up to end and goes on at next.
func (l *Lines) cut(end, next int) []byte {
	line := l.buf[l.start:end]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	l.start = next
	l.number++
	return line
}

// fill reads more, making room first, and returns from where on the buffer holds something new.
func (l *Lines) fill() int {
	switch {
	case l.start == l.end && len(l.buf) > linesBuffer:
		l.buf, l.start, l.end = make([]byte, linesBuffer), 0, 0 // a giant line is over
	case l.start > 0:
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	case l.end == len(l.buf):
		grown := make([]byte, min(2*len(l.buf), l.limit+linesBuffer))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	from := l.end
	var n int
	for try := 0; n == 0 && l.err == nil; try++ {
		n, l.err = l.r.Read(l.buf[l.end:])
		if try == 100 && n == 0 && l.err == nil {
			l.err = io.ErrNoProgress
		}
	}
	l.end += n
	return from
}

// skip passes over the rest of a line that is too long and returns its beginning.
func (l *Lines) skip() ([]byte, error) {
	head := bytes.Clone(l.buf[l.start:min(l.end, l.start+rawScan)])
	l.number++
	for {
		l.start = l.end
		if l.err != nil {
			return head, ErrLineTooLong
		}
		l.fill()
		if i := bytes.IndexByte(l.buf[l.start:l.end], '\n'); i >= 0 {
			l.start += i + 1
			return head, ErrLineTooLong
		}
	}
}

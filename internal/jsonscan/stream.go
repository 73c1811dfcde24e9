package jsonscan

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Errors of an [Array].
var (
	ErrNotFound = errors.New("no such array in the JSON document")
	ErrTooLong  = errors.New("element longer than the limit")
	ErrSyntax   = errors.New("JSON document is broken")
)

// An Array gives out the elements of one array of a JSON document that may be larger than memory. It looks at no more
// of them than it needs to find their ends, so that an element that is broken within does not spoil the next.
type Array struct {
	r     *bufio.Reader
	limit int
	path  []string
	buf   []byte
	n     int64
	at    int64 // bytes read
	done  error
}

// NewArray reads the array that the member names of path lead to; limit is the most bytes of one element.
func NewArray(r io.Reader, limit int, path ...string) *Array {
	return &Array{r: bufio.NewReaderSize(r, 64<<10), limit: limit, path: path}
}

// Number returns the number of the element last returned, from 1, and the byte behind it, from 0.
func (a *Array) Number() (n, offset int64) { return a.n, a.at }

// Next returns the text of the next element, valid until the next call. io.EOF ends the array; [ErrTooLong] says that
// one was skipped and its beginning is returned; all other errors are final: [ErrNotFound], [ErrSyntax] (with the
// beginning of an element that has no end) or one of the reader.
func (a *Array) Next() ([]byte, error) {
	if a.done != nil {
		return nil, a.done
	}
	elem, err := a.next()
	if err != nil && err != ErrTooLong {
		if a.done = err; errors.Is(err, io.ErrUnexpectedEOF) {
			a.done, err = ErrSyntax, ErrSyntax
		}
	}
	return elem, err
}

func (a *Array) next() ([]byte, error) {
	if a.n == 0 {
		if err := a.seek(0); err != nil {
			return nil, err
		}
	}
	c, err := a.token()
	if err != nil {
		return nil, err
	}
	switch {
	case c == ']':
		return nil, io.EOF
	case a.n > 0 && c == ',':
		if c, err = a.token(); err != nil {
			return nil, err
		}
	case a.n > 0:
		return nil, ErrSyntax
	}
	a.n++
	a.buf = a.buf[:0]
	err = a.value(c, true)
	return a.buf, err
}

// seek goes to the beginning of the array at path[i:].
func (a *Array) seek(i int) error {
	c, err := a.token()
	if err == io.ErrUnexpectedEOF && i == 0 {
		return io.EOF // an empty document
	}
	if err != nil {
		return err
	}
	if i == 0 && c == 0xef { // byte order mark
		a.r.Discard(2)
		if c, err = a.token(); err != nil {
			return err
		}
	}
	if i == len(a.path) {
		if c != '[' {
			return ErrNotFound
		}
		return nil
	}
	if c != '{' {
		return ErrNotFound
	}
	for {
		if c, err = a.token(); err != nil {
			return err
		}
		if c == '}' {
			return ErrNotFound
		}
		if c == ',' {
			continue
		}
		a.buf = a.buf[:0]
		if c != '"' {
			return ErrSyntax
		}
		if err := a.value(c, true); err != nil && err != ErrTooLong {
			return err
		}
		name := bytes.Trim(a.buf, `"`)
		found := string(name) == a.path[i]
		if c, err = a.token(); err != nil {
			return err
		}
		if c != ':' {
			return ErrSyntax
		}
		if found {
			return a.seek(i + 1)
		}
		if c, err = a.token(); err != nil {
			return err
		}
		if err := a.value(c, false); err != nil {
			return err
		}
	}
}

// token returns the next byte that is not blank.
func (a *Array) token() (byte, error) {
	for {
		c, err := a.byte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

func (a *Array) byte() (byte, error) {
	c, err := a.r.ReadByte()
	if err == io.EOF {
		return 0, io.ErrUnexpectedEOF
	}
	a.at++
	return c, err
}

// value reads the value that began with c to its end; keep puts it into buf.
func (a *Array) value(c byte, keep bool) error {
	long := false
	put := func(c byte) {
		if keep && len(a.buf) < a.limit {
			a.buf = append(a.buf, c)
		} else {
			long = keep
		}
	}
	put(c)
	depth, text, escaped := 0, false, false
	for {
		switch {
		case escaped:
			escaped = false
		case text:
			text, escaped = c != '"', c == '\\'
		case c == '"':
			text = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth <= 0 && !text && (c == '"' || c == '}' || c == ']' || a.scalarEnds()) {
			if long {
				return ErrTooLong
			}
			return nil
		}
		var err error
		if c, err = a.byte(); err != nil {
			return err
		}
		put(c)
	}
}

// scalarEnds says that the byte to come does not belong to a number or a word.
func (a *Array) scalarEnds() bool {
	next, err := a.r.Peek(1)
	return err != nil || bytes.IndexByte([]byte(",]} \t\r\n:"), next[0]) >= 0
}

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
	if err != nil && !errors.Is(err, ErrTooLong) {
		if a.done = err; errors.Is(err, io.ErrUnexpectedEOF) {
			a.done, err = ErrSyntax, ErrSyntax
		}
	}
	return elem, err
}

func (a *Array) next() ([]byte, error) {
	if a.n == 0 {
		if err := a.open(); err != nil {
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

// open reads up to the beginning of the array.
func (a *Array) open() error {
	c, err := a.token()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF // an empty document
	}
	if err == nil && c == 0xef { // byte order mark
		if _, err = a.r.Discard(2); err == nil {
			c, err = a.token()
		}
	}
	for _, name := range a.path {
		if err != nil {
			return err
		}
		if c != '{' {
			return ErrNotFound
		}
		if err = a.member(name); err == nil {
			c, err = a.token()
		}
	}
	if err == nil && c != '[' {
		return ErrNotFound
	}
	return err
}

// member goes to the value of the named member of the object that was entered.
func (a *Array) member(name string) error {
	for {
		c, err := a.token()
		if err == nil && c == ',' {
			c, err = a.token()
		}
		switch {
		case err != nil:
			return err
		case c == '}':
			return ErrNotFound
		case c != '"':
			return ErrSyntax
		}
		a.buf = a.buf[:0]
		if err := a.value(c, true); err != nil && !errors.Is(err, ErrTooLong) {
			return err
		}
		if c, err = a.token(); err == nil && c != ':' {
			err = ErrSyntax
		}
		if err != nil || string(bytes.Trim(a.buf, `"`)) == name {
			return err
		}
		if c, err = a.token(); err == nil {
			err = a.value(c, false)
		}
		if err != nil {
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
	var n nesting
	long := false
	for {
		switch {
		case !keep:
		case len(a.buf) < a.limit:
			a.buf = append(a.buf, c)
		default:
			long = true
		}
		n.step(c)
		if n.closed(c) || n.depth == 0 && !n.text && a.scalarEnds() {
			if long {
				return ErrTooLong
			}
			return nil
		}
		var err error
		if c, err = a.byte(); err != nil {
			return err
		}
	}
}

// nesting follows the text of a value.
type nesting struct {
	depth         int
	text, escaped bool // within a string, behind a backslash
}

func (n *nesting) step(c byte) {
	switch {
	case n.escaped:
		n.escaped = false
	case n.text:
		n.text, n.escaped = c != '"', c == '\\'
	case c == '"':
		n.text = true
	case c == '{' || c == '[':
		n.depth++
	case c == '}' || c == ']':
		n.depth--
	}
}

// closed says that the value ends with c.
func (n *nesting) closed(c byte) bool {
	return n.depth <= 0 && !n.text && (c == '"' || c == '}' || c == ']')
}

// scalarEnds says that the byte to come does not belong to a number or a word.
func (a *Array) scalarEnds() bool {
	next, err := a.r.Peek(1)
	return err != nil || bytes.IndexByte([]byte(",]} \t\r\n:"), next[0]) >= 0
}

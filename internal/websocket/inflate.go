package websocket

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// windowMax is what a compressed message may refer to (RFC 7692, 7.1.2).
const windowMax = 32 << 10

// tail ends every compressed message (RFC 7692, 7.2.2), and after it the stream, so that a reader comes to its end.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// An Inflater decompresses messages, one at a time.
type Inflater struct {
	r   io.Reader
	src bytes.Buffer
	out bytes.Buffer
}

// inflate decompresses b in the light of the window. The result is valid until the next call.
func (i *Inflater) inflate(b, window []byte) ([]byte, error) {
	i.src.Reset()
	i.src.Write(b)
	i.src.WriteString(tail)
	if i.r == nil {
		i.r = flate.NewReaderDict(&i.src, window)
	} else if err := i.r.(flate.Resetter).Reset(&i.src, window); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDeflate, err)
	}
	if i.out.Cap() > 64<<10 {
		i.out = bytes.Buffer{}
	}
	i.out.Reset()
	n, err := io.Copy(&i.out, io.LimitReader(i.r, MessageMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDeflate, err)
	case n > MessageMax:
		return nil, ErrTooLong
	}
	return i.out.Bytes(), nil
}

// slide returns the last bytes of window and b.
func slide(window, b []byte) []byte {
	if len(b) >= windowMax {
		return append(window[:0], b[len(b)-windowMax:]...)
	}
	if over := len(window) + len(b) - windowMax; over > 0 {
		window = window[:copy(window, window[over:])]
	}
	return append(window, b...)
}

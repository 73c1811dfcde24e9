package sensor

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// codingRawDeflate is deflate without the zlib wrapper; no header can name it.
const codingRawDeflate = codingUnknown + 1

// zstdWindow is the largest window a decoder of message bodies must support (RFC 9659).
const zstdWindow = 8 << 20

// An inflater is one decoder with what it needs to be used again.
type inflater struct {
	src     bytes.Reader
	r       io.Reader
	scratch []byte
}

// pools keep decoders between bodies: a fresh zstd or brotli decoder costs more than most bodies.
type pools [codingRawDeflate + 1]sync.Pool

// decodePools holds spare decoders and nothing else: no state of one body reaches the next.
var decodePools = &pools{}

func (p *pools) inflate(c coding, raw []byte, limit int64) (body []byte, truncated bool, err error) {
	in, _ := p[c].Get().(*inflater)
	if in == nil {
		in = &inflater{scratch: make([]byte, 0, 16<<10)}
	}
	in.src.Reset(raw)
	if err := in.open(c); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrBodyEncoding, err)
	}
	var grown []byte
	body, grown, truncated, err = drain(in.r, len(raw), limit, in.scratch)
	if cap(grown) <= maxScratch {
		in.scratch = grown
	}
	in.src.Reset(nil)
	p[c].Put(in)
	return body, truncated, err
}

// open points the decoder at in.src, making it when there is none. A decoder that failed to open is not kept.
func (in *inflater) open(c coding) (err error) {
	switch r := in.r.(type) {
	case nil:
		in.r, err = newDecoder(c, &in.src)
	case *gzip.Reader:
		err = r.Reset(&in.src)
	case *brotli.Reader:
		err = r.Reset(&in.src)
	case *zstd.Decoder:
		err = r.Reset(&in.src)
	case zlib.Resetter: // flate's has the same method
		err = r.Reset(&in.src, nil)
	}
	return err
}

func newDecoder(c coding, src io.Reader) (io.Reader, error) {
	switch c {
	case codingGzip:
		return gzip.NewReader(src)
	case codingDeflate:
		return zlib.NewReader(src)
	case codingRawDeflate:
		return flate.NewReader(src), nil
	case codingBrotli:
		return brotli.NewReader(src), nil
	default:
		return zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
	}
}

package sensor

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	sniffLen = 64 << 10
	// maxLayers is how many compressions may be wrapped round each other: a .gz that was packed again as .zst.
	maxLayers = 2
	// zstdFileWindow lets "zstd --long" (27 bits) pass and bounds what a hostile file can make us allocate.
	zstdFileWindow = 128 << 20
	// detectFloor is the least certainty a format is chosen with.
	detectFloor = 20
)

// ErrUnreadable marks an error that lies in what was asked to be read: no such file, a directory, an unknown format.
var ErrUnreadable = errors.New("unreadable input")

// unreadable is an error that says what, why and what next, and is an [ErrUnreadable].
type unreadable struct {
	file, reason, next string
	cause              error
}

func (e *unreadable) Error() string {
	return fmt.Sprintf("read %s: %s; %s", e.file, e.reason, e.next)
}

func (e *unreadable) Unwrap() []error { return []error{ErrUnreadable, e.cause} }

// A source is one opened file, decompressed.
type source struct {
	name    string
	file    io.Closer
	layers  []io.Closer
	counted *countingReader
	in      *bufio.Reader
	size    int64 // bytes on disk, 0 when not known
	empty   bool
	format  Format
	broken  *brokenReader
}

// openSource opens path ("-" is standard input) and looks through its compression.
func openSource(path string, stdin io.Reader) (*source, error) {
	s := &source{name: path}
	var r = stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, openError(path, err)
		}
		info, err := f.Stat()
		switch {
		case err != nil:
			f.Close()
			return nil, openError(path, err)
		case info.IsDir():
			f.Close()
			return nil, &unreadable{path, "is a directory", "name the files in it, for example " + strings.TrimSuffix(path, "/") + "/*", fs.ErrInvalid}
		case info.Mode().IsRegular():
			s.size = info.Size()
		}
		s.file, r = f, f
	}
	s.counted = &countingReader{r: r}
	s.broken = &brokenReader{r: s.counted}
	s.in = bufio.NewReaderSize(s.counted, sniffLen)
	if err := s.unwrap(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func openError(path string, err error) error {
	reason, next := err.Error(), "check the file"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason, next = "no such file", "check the path"
	case errors.Is(err, fs.ErrPermission):
		reason, next = "permission denied", "make it readable for this user"
	case errors.Is(err, syscall.EMFILE):
		reason, next = "too many open files", "raise the limit (ulimit -n) or name fewer files at once"
	}
	return &unreadable{path, reason, next, err}
}

// unwrap puts decompressors in front as long as the data begin like something compressed.
func (s *source) unwrap() error {
	for layer := 0; ; layer++ {
		head, err := s.in.Peek(sniffLen)
		if err != nil && err != io.EOF && len(head) == 0 {
			return &unreadable{s.name, err.Error(), "check the file", err}
		}
		if layer == 0 && len(head) == 0 {
			s.empty = true
		}
		var r io.Reader
		switch {
		case layer == maxLayers:
			return nil
		case bytes.HasPrefix(head, []byte("\x1f\x8b")):
			z, err := gzip.NewReader(s.in)
			if err != nil {
				return &unreadable{s.name, "looks like gzip and is broken: " + err.Error(), "pack it again", err}
			}
			s.layers, r = append(s.layers, z), z
		case isZstd(head):
			z, err := zstd.NewReader(s.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdFileWindow))
			if err != nil {
				return &unreadable{s.name, "looks like zstd and is broken: " + err.Error(), "pack it again", err}
			}
			s.layers, r = append(s.layers, z.IOReadCloser()), z
		case len(head) > 10 && string(head[:3]) == "BZh" && string(head[4:10]) == "1AY&SY":
			r = bzip2.NewReader(s.in)
		default:
			return nil
		}
		s.broken = &brokenReader{r: r, source: s.counted}
		s.in = bufio.NewReaderSize(s.broken, sniffLen)
	}
}

// isZstd knows frames and skippable frames (RFC 8878, 3.1).
func isZstd(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")) ||
		len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// choose picks the format by name, or the most certain of what the data begin with; the first in the list wins a tie.
func (s *source) choose(formats []Format, name string) error {
	if name != "" && name != "auto" {
		for _, f := range formats {
			if f.Name() == name {
				s.format = f
				return nil
			}
		}
		return &unreadable{s.name, fmt.Sprintf("unknown format %q", name), "use --format auto or one of " + formatNames(formats), nil}
	}
	head, _ := s.in.Peek(sniffLen)
	if len(bytes.TrimSpace(head)) == 0 {
		return nil // nothing to decode
	}
	best := detectFloor - 1
	for _, f := range formats {
		if sure := f.Detect(head); sure > best {
			best, s.format = sure, f
		}
	}
	if s.format == nil {
		return &unreadable{s.name, "begins with " + sample(head) + ", which no format knows", "say --format, one of " + formatNames(formats), nil}
	}
	return nil
}

func formatNames(formats []Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name()
	}
	return strings.Join(names, ", ")
}

// sample shows the beginning of data in an error message.
func sample(head []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(head), []byte("\n"))
	return fmt.Sprintf("%q", clip(maskRaw(line), 60))
}

func (s *source) close() {
	for _, l := range s.layers {
		l.Close()
	}
	if s.file != nil {
		s.file.Close()
	}
}

// A countingReader counts what was read of the file itself, for progress, and remembers its error: that of a file is
// ours to report, that of a decompressor above it is bad input.
type countingReader struct {
	r   io.Reader
	n   atomic.Int64
	err error
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// A brokenReader ends a stream where its decompressor fails and keeps the reason.
type brokenReader struct {
	r      io.Reader
	source *countingReader // nil: nothing is compressed
	reason error
}

func (b *brokenReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF && b.source != nil && b.source.err == nil {
		b.reason, err = err, io.EOF
	}
	return n, err
}

package sensor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waywarden/waywarden"
)

const (
	// DefaultReorder is how far out of order records may come.
	DefaultReorder = 120 * time.Second

	// Limits of what waits to be put in order, over all files. A rate of more than about 1,000 records a second fills
	// them before the window is over; then the earliest records are handed on early and counted as CountReorderFull, and
	// one that comes later still as CountLate.
	reorderRecords = 128 << 10
	reorderBytes   = 256 << 20
	reorderMin     = 1 << 10 // records per file at least, however many files there are

	// What a goroutine hands over at once: few enough that it is still in the processor's cache when it is used.
	batchRecords = 32
	batchBytes   = 128 << 10
)

// FilesOptions say what [Files] reads and how.
type FilesOptions struct {
	Paths   []string  // "-" is standard input
	Stdin   io.Reader // nil: os.Stdin
	Formats []Format  // those that may occur, the preferred first
	Format  string    // "" or "auto", or the name of one

	Reorder time.Duration // 0: DefaultReorder; less than 0: none

	// The functions below may be nil. They are called from the goroutine that called Files.
	Progress func(done, total int64)    // bytes read of all files as they are on disk; total 0 when not known
	OnReject func(Rejection)            // in the order of the file, files interleaved
	OnCount  func(name string, n int64) // n more of one of the Count names
}

// Files reads files as one stream in event-time order and hands it to sink.
//
// Each file is decompressed (gzip, zstd, bzip2, by content, two layers deep), its format is recognised, and its records
// are decoded in a goroutine of their own, brought into order within the window, and merged by time, kind, id, file and
// position: the order depends on the input alone. A record that comes when the window has passed it is handed on where
// it came, and counted as [CountLate]; one that is further ahead of all others than the window waits until they confirm it
// or to the end, and is then counted as [CountAhead]; one that was seen before is dropped, and counted as [CountDuplicate].
//
// An error that wraps [ErrUnreadable] is about what was asked for: it names each file, why it cannot be read and what to
// do, and comes before anything was handed to sink, but for input that turns out to be empty. Otherwise the error is one
// of reading, of sink, or the cause of ctx.
func Files(ctx context.Context, o FilesOptions, sink Sink) error {
	o = o.withDefaults()
	sources, err := o.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	streams := make([]*stream, 0, len(sources))
	defer func() {
		cancel(errStopped)
		for _, s := range streams {
			for s.src.size > 0 { // a goroutine that reads a pipe may be blocked in it and ends when it can
				if _, open := <-s.batches; !open {
					break
				}
			}
		}
	}()
	for i, src := range sources {
		s := o.newStream(src, int32(i), len(sources))
		streams = append(streams, s)
		go s.run(ctx)
	}
	m := merger{o: &o, sources: sources, streams: streams, sink: sink, seen: newSeen()}
	if err := m.run(ctx); err != nil {
		return err
	}
	if m.read == 0 && m.rejected == 0 {
		return &unreadable{"input", "there is no record in it", "name a file that has one", io.ErrUnexpectedEOF}
	}
	return nil
}

// errStopped tells the goroutines of Files that nobody listens any more.
var errStopped = errors.New("reading stopped")

func (o FilesOptions) withDefaults() FilesOptions {
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Reorder == 0 {
		o.Reorder = DefaultReorder
	}
	o.Reorder = max(o.Reorder, 0)
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.OnReject == nil {
		o.OnReject = func(Rejection) {}
	}
	if o.OnCount == nil {
		o.OnCount = func(string, int64) {}
	}
	return o
}

// open opens all files and chooses their formats; the error has all that is wrong.
func (o *FilesOptions) open() (sources []*source, err error) {
	if len(o.Paths) == 0 {
		return nil, &unreadable{"input", "no file was named", `name at least one, or "-" for standard input`, nil}
	}
	var errs []error
	for _, path := range o.Paths {
		s, err := openSource(path, o.Stdin)
		if err == nil {
			sources = append(sources, s)
			err = s.choose(o.Formats, o.Format)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		for _, s := range sources {
			s.close()
		}
		return nil, errors.Join(errs...)
	}
	return sources, nil
}

// A stream is one file on its way through its goroutine.
type stream struct {
	src     *source
	file    int32
	order   *reorder
	batches chan batch // closed at the end
	pos     int64
	out     batch // being filled
	weight  int64

	in   batch // being emptied by the merger
	next int
}

// A batch is what a goroutine hands over at once.
type batch struct {
	items    []item
	rejected []Rejection
	counts   []counted
	err      error
}

type counted struct {
	name string
	n    int64
}

func (b *batch) add(name string, n int64) {
	for i := range b.counts {
		if b.counts[i].name == name {
			b.counts[i].n += n
			return
		}
	}
	b.counts = append(b.counts, counted{name, n})
}

func (o *FilesOptions) newStream(src *source, file int32, files int) *stream {
	return &stream{
		src: src, file: file, batches: make(chan batch, 2),
		order: newReorder(o.Reorder, max(reorderRecords/files, reorderMin), max(int64(reorderBytes/files), batchBytes)),
	}
}

// run decodes the file to its end.
func (s *stream) run(ctx context.Context) {
	defer close(s.batches)
	defer s.src.close()
	err := s.decode(ctx)
	if err == nil {
		s.order.flush(s.emit)
		if reason := s.src.broken.reason; reason != nil {
			s.out.rejected = append(s.out.rejected, Rejection{
				File: s.src.name, Offset: s.src.counted.n.Load(), Reason: "compressed data end early: " + reason.Error(),
			})
		}
	}
	s.out.err = err
	s.drainCounts()
	_ = s.send(ctx) // who no longer listens has the error already
}

func (s *stream) decode(ctx context.Context) error {
	if s.src.format == nil {
		return nil
	}
	return s.src.format.Decode(ctx, Input{Name: s.src.name, R: s.src.in}, Output{
		Record: func(r *waywarden.Record) error {
			s.pos++
			s.order.add(item{rec: r, unix: r.At.UnixNano(), file: s.file, pos: s.pos}, s.emit)
			return s.handOver(ctx)
		},
		Reject: func(r Rejection) {
			s.out.rejected = append(s.out.rejected, r)
			_ = s.handOver(ctx) // a format that only rejects finds out by ctx
		},
		Count: func(name string, n int64) { s.out.add(name, n) },
	})
}

func (s *stream) emit(it item) {
	s.out.items = append(s.out.items, it)
	s.weight += size(it.rec)
}

// handOver sends what has come together once it is enough.
func (s *stream) handOver(ctx context.Context) error {
	if len(s.out.items) < batchRecords && len(s.out.rejected) < batchRecords && s.weight < batchBytes {
		return nil
	}
	s.drainCounts()
	return s.send(ctx)
}

func (s *stream) drainCounts() {
	if s.order.late > 0 {
		s.out.add(CountLate, s.order.late)
	}
	if s.order.full > 0 {
		s.out.add(CountReorderFull, s.order.full)
	}
	if s.order.lone > 0 {
		s.out.add(CountAhead, s.order.lone)
	}
	s.order.late, s.order.full, s.order.lone = 0, 0, 0
}

func (s *stream) send(ctx context.Context) error {
	b := s.out
	s.out, s.weight = batch{items: make([]item, 0, batchRecords)}, 0
	select {
	case s.batches <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A merger merges the streams of the files.
type merger struct {
	o        *FilesOptions
	sources  []*source
	streams  []*stream
	sink     Sink
	seen     *seen
	out      []*waywarden.Record
	read     int64
	rejected int64
}

func (m *merger) run(ctx context.Context) error {
	live := make([]*stream, 0, len(m.streams)) // a heap by the item at the head of each
	for _, s := range m.streams {
		ok, err := m.advance(ctx, s)
		if err != nil {
			return err
		}
		if ok {
			live = append(live, s)
		}
	}
	for i := len(live)/2 - 1; i >= 0; i-- {
		sift(live, i)
	}
	for len(live) > 0 {
		s := live[0]
		if err := m.take(ctx, s.head()); err != nil {
			return err
		}
		s.next++
		ok, err := m.advance(ctx, s)
		if err != nil {
			return err
		}
		if !ok {
			live[0] = live[len(live)-1]
			live = live[:len(live)-1]
		}
		if len(live) > 1 {
			sift(live, 0)
		}
	}
	return m.flush(ctx)
}

func (s *stream) head() *item { return &s.in.items[s.next] }

// sift puts the stream at i where its head belongs.
func sift(live []*stream, i int) {
	for {
		child := 2*i + 1
		if child >= len(live) {
			return
		}
		if child+1 < len(live) && live[child+1].head().before(live[child].head()) {
			child++
		}
		if !live[child].head().before(live[i].head()) {
			return
		}
		live[i], live[child] = live[child], live[i]
		i = child
	}
}

// advance makes sure that s has an item at its head, waiting for its goroutine; false: it is at its end.
func (m *merger) advance(ctx context.Context, s *stream) (bool, error) {
	for s.next >= len(s.in.items) {
		select {
		case b, open := <-s.batches:
			if !open {
				return false, nil
			}
			s.in, s.next = b, 0
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
		m.account(s)
		if s.in.err != nil {
			return false, s.in.err
		}
	}
	return true, nil
}

// account tells what came with a batch.
func (m *merger) account(s *stream) {
	if n := int64(len(s.in.items)); n > 0 {
		m.read += n
		m.o.OnCount(CountRead, n)
	}
	for _, r := range s.in.rejected {
		m.o.OnReject(r)
	}
	if n := int64(len(s.in.rejected)); n > 0 {
		m.rejected += n
		m.o.OnCount(CountRejected, n)
	}
	for _, c := range s.in.counts {
		m.o.OnCount(c.name, c.n)
	}
	m.progress()
}

func (m *merger) progress() {
	var done, total int64
	known := true
	for _, s := range m.sources {
		done += s.counted.n.Load()
		total += s.size
		known = known && s.size > 0
	}
	if !known {
		total = 0
	}
	m.o.Progress(done, total)
}

// take hands one record on, in batches.
func (m *merger) take(ctx context.Context, it *item) error {
	if m.seen.again(it) {
		m.o.OnCount(CountDuplicate, 1)
		return nil
	}
	m.out = append(m.out, it.rec)
	it.rec = nil
	if len(m.out) < batchRecords {
		return nil
	}
	return m.flush(ctx)
}

func (m *merger) flush(ctx context.Context) error {
	if len(m.out) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := m.sink(ctx, m.out...); err != nil {
		return fmt.Errorf("hand on records: %w", err)
	}
	clear(m.out)
	m.out = m.out[:0]
	return nil
}

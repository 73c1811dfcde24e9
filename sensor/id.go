package sensor

import (
	"strconv"

	"github.com/zeebo/xxh3"
)

// idsKept is how many records without an id are remembered.
const idsKept = 1 << 16

// IDs makes up ids for records that have none: a hash of the content, and from the second record of the same content on
// its number. So a file read again, or a part of it, gives the same ids. Content is forgotten after 65,536 others.
type IDs struct {
	n    map[uint64]int
	ring []uint64
	next int
}

// NewIDs returns IDs for one file.
func NewIDs() *IDs { return &IDs{n: map[uint64]int{}} }

// ID returns an id for the record that was decoded from content.
func (o *IDs) ID(content []byte) string {
	hash := xxh3.Hash(content)
	n := o.n[hash] + 1
	o.n[hash] = n
	if n == 1 {
		o.remember(hash)
	}
	id := make([]byte, 0, 24)
	id = append(id, "x-"...)
	for shift := 60; shift >= 0; shift -= 4 {
		id = append(id, "0123456789abcdef"[hash>>shift&15])
	}
	if n > 1 {
		id = strconv.AppendInt(append(id, '-'), int64(n), 10)
	}
	return string(id)
}

func (o *IDs) remember(hash uint64) {
	if len(o.ring) < idsKept {
		o.ring = append(o.ring, hash)
		return
	}
	delete(o.n, o.ring[o.next])
	o.ring[o.next] = hash
	o.next = (o.next + 1) % idsKept
}

package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// magicText begins a model file.
const magicText = "wwpt\x02"

// Bytes returns the model as a file: magic; the n-grams in 8 bits with a common scale; the lexicons, sorted; the layers
// in 32 bits. All little-endian.
func (m *Model) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(magicText)
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a bytes.Buffer does not fail
	most := float32(1e-6)
	for _, w := range m.Grams[1:] {
		most = max(most, max(w, -w))
	}
	put(m.Grams[0])
	put(most / 127)
	for _, w := range m.Grams[1:] {
		put(int8(math.Round(float64(w / most * 127))))
	}
	for _, lex := range []map[uint32]Entry{m.Lexicon, m.Parts} {
		keys := make([]uint32, 0, len(lex))
		for k := range lex {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		put(uint32(len(keys)))
		for _, k := range keys {
			put(k)
			put(lex[k])
		}
	}
	for _, w := range m.Layers {
		put(w)
	}
	return b.Bytes()
}

// Read reads what [Model.Bytes] wrote.
func Read(file []byte) (*Model, error) {
	r := strings.NewReader(string(file))
	magic := make([]byte, len(magicText))
	if _, err := r.Read(magic); err != nil || string(magic) != magicText {
		return nil, fmt.Errorf("read model: no model of this version")
	}
	m := &Model{Grams: make([]float32, GramCount)}
	scale := float32(0)
	grams := make([]int8, GramCount-1)
	for _, v := range []any{&m.Grams[0], &scale, grams} {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			return nil, fmt.Errorf("read model: n-grams: %w", err)
		}
	}
	for i, g := range grams {
		m.Grams[i+1] = float32(g) * scale
	}
	for _, lex := range []*map[uint32]Entry{&m.Lexicon, &m.Parts} {
		n := uint32(0)
		if err := binary.Read(r, binary.LittleEndian, &n); err != nil || int(n) > r.Len() {
			return nil, fmt.Errorf("read model: lexicon: %d entries: %w", n, err)
		}
		rows := make([]struct {
			Key   uint32
			Entry Entry
		}, n)
		if err := binary.Read(r, binary.LittleEndian, rows); err != nil {
			return nil, fmt.Errorf("read model: lexicon: %w", err)
		}
		*lex = make(map[uint32]Entry, n)
		for _, row := range rows {
			(*lex)[row.Key] = row.Entry
		}
	}
	weights := r.Len() / 4 / len(m.Layers)
	for i := range m.Layers {
		m.Layers[i] = make([]float32, weights)
		if err := binary.Read(r, binary.LittleEndian, m.Layers[i]); err != nil {
			return nil, fmt.Errorf("read model: layer %d: %w", i, err)
		}
	}
	return m, nil
}

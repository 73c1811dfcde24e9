package schema

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strings"
)

// partMax is the part of a multipart value that is read as a field; longer ones are files.
const partMax = 64 << 10

// multipart walks the fields of a form with files; a part that is JSON is walked as such.
func (w *Walker) multipart(root *node, contentType string, body []byte) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return ErrMalformed
	}
	m := root.membersOf()
	m.opened++
	root.kinds[kindObject]++
	at, hint := w.open(-1, false), 0
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err != nil {
			if !errors.Is(err, io.EOF) || !bytes.Contains(body, []byte("--"+params["boundary"]+"--")) {
				return ErrMalformed
			}
			m.closed++
			return nil
		}
		value, err := io.ReadAll(io.LimitReader(p, partMax))
		name := p.FormName()
		if name == "" {
			continue
		}
		if p.FileName() != "" || strings.IndexByte(view(value), 0) >= 0 {
			hint = w.named(root, m, name, p.FileName(), hint, at)
			continue
		}
		if declared(p.Header.Get("Content-Type")) == FormatJSON && len(value) > 0 {
			hint = w.nested(root, m, name, value, hint)
		} else {
			hint = w.named(root, m, name, view(value), hint, at)
		}
		if err != nil {
			return ErrMalformed
		}
	}
}

// nested walks a part that is JSON by itself; what is wrong with it is not the form's fault.
func (w *Walker) nested(root *node, m *members, name string, value []byte, hint int) int {
	k, hint := w.tree.kid(root, m, name, hint)
	m.seen(k)
	w.signed(k)
	_ = w.json(k, value, false)
	w.err = nil
	return hint
}

// element is an XML element that is being read.
type element struct {
	n    *node
	at   int32 // the object the element is, once it has children or attributes; -1 until then
	text strings.Builder
}

// xml walks a document: elements are objects, their attributes and text members. Namespaces are dropped; SOAP's
// envelope and body are not part of the names. Elements that repeat within their parent are arrays only in the schema's kinds.
func (w *Walker) xml(root *node, body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	stack := []*element{{n: root, at: -1}}
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			w.closeAll(stack)
			if len(stack) > 1 {
				return ErrMalformed
			}
			return nil
		}
		if err != nil {
			w.closeAll(stack)
			return ErrMalformed
		}
		top := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			if len(stack) > depthMax {
				w.Lost++
				return nil
			}
			stack = append(stack, w.startElement(stack, top, tok))
		case xml.CharData:
			top.text.Write(tok)
		case xml.EndElement:
			if len(stack) == 1 {
				return ErrMalformed
			}
			w.endElement(top, stack[len(stack)-2])
			stack = stack[:len(stack)-1]
		}
	}
}

// closeAll counts the objects of a document that broke off.
func (w *Walker) closeAll(stack []*element) {
	for _, e := range slices.Backward(stack) {
		if e.at >= 0 {
			e.n.members.closed++
		}
	}
}

func (w *Walker) startElement(stack []*element, top *element, tok xml.StartElement) *element {
	if len(stack) <= 2 && envelope(tok.Name.Local) {
		return &element{n: top.n, at: top.at}
	}
	w.become(top, stack)
	m := top.n.members
	k, _ := w.tree.kid(top.n, m, tok.Name.Local, len(m.list))
	m.seen(k)
	w.signed(k)
	e := &element{n: k, at: -1}
	for _, a := range tok.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || a.Name.Space == "xsi" {
			continue
		}
		w.become(e, append(stack, e))
		kid, _ := w.tree.kid(k, k.members, a.Name.Local, 0)
		k.members.seen(kid)
		w.leaf(kid, scalarKind(a.Value), a.Value, e.at)
	}
	return e
}

// become makes an element an object, if it is none yet.
func (w *Walker) become(e *element, stack []*element) {
	if e.at >= 0 {
		return
	}
	parent := int32(-1)
	for i := len(stack) - 2; i >= 0; i-- {
		if stack[i].at >= 0 {
			parent = stack[i].at
			break
		}
	}
	e.at = w.open(parent, false)
	e.n.kinds[kindObject]++
	e.n.membersOf().opened++
}

func (w *Walker) endElement(e, parent *element) {
	if e.n == parent.n { // an envelope
		parent.at = e.at
		return
	}
	s := strings.TrimSpace(e.text.String())
	if e.at < 0 {
		w.leaf(e.n, scalarKind(s), s, parent.at)
		return
	}
	if s != "" {
		k, _ := w.tree.kid(e.n, e.n.members, "value", 0)
		e.n.members.seen(k)
		w.leaf(k, scalarKind(s), s, e.at)
	}
	e.n.members.closed++
}

func envelope(name string) bool { return name == "Envelope" || name == "Body" || name == "Header" }

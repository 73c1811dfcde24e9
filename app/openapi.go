package app

import (
	"fmt"
	"io"

	"github.com/waywarden/waywarden/catalog"
	"github.com/waywarden/waywarden/catalog/openapi"
)

// openapi writes the learned description of every host.
func (a *analysis) openapi(hosts []catalog.Described) error {
	for _, h := range hosts {
		doc, err := openapi.Document(h.Host, h.Operations)
		if err != nil {
			return fmt.Errorf("describe %s: %w", h.Host, err)
		}
		err = a.out.write("openapi/"+fileName(h.Host)+".yaml", func(w io.Writer) error { _, err := w.Write(doc); return err })
		if err != nil {
			return err
		}
	}
	return nil
}

// fileName makes a host safe as the name of a file: host names come from the traffic.
func fileName(host string) string {
	b := []byte(host)
	for i, c := range b {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0
		if !ok {
			b[i] = '_'
		}
	}
	if len(b) > 200 {
		b = b[:200]
	}
	if len(b) == 0 {
		return "_"
	}
	return string(b)
}

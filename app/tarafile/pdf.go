package tarafile

import (
	"fmt"
	"io"
	"os"

	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/tara"
	"github.com/waywarden/waywarden/tara/paper"
)

// pdf writes the analysis as a document, in the font that was asked for.
func (c *exportCmd) pdf(w io.Writer, a *tara.Analysis) error {
	if c.Font == "" {
		return paper.Write(w, a, nil)
	}
	font, err := os.ReadFile(c.Font)
	if err == nil {
		err = paper.Write(w, a, font)
	}
	if err != nil {
		return &advice.Error{Err: fmt.Errorf("use font %s: %w", c.Font, err), Next: "give a TrueType font (.ttf) with --font"}
	}
	return nil
}

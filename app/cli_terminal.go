package app

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

const columnsDefault = 100

// A style says how to print to a person.
type style struct {
	columns int
	color   bool
}

// styleOf is plain for anything that is no terminal, and colourless where the user wants no colour (no-color.org).
func styleOf(w io.Writer) style {
	tty := terminal(w)
	return style{columns: columns(w), color: tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is the width to print for: of the terminal, else what COLUMNS says, else 100.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= 40 {
		return n
	}
	return columnsDefault
}

// Colours of ANSI X3.64 that read on dark and light ground.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

func (s style) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

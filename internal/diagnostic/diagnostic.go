// Package diagnostic says what is wrong with a text that a person wrote, and where.
package diagnostic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is something wrong with a file, and where.
type Problem struct {
	File    string
	Line    int // from 1; 0: of the file as a whole
	Column  int // from 1, in characters
	Text    string
	Excerpt string // the line it is in
	Warning bool   // it works, but could be better
}

// String says where, what, and shows the line with a caret below the place.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, max(p.Column, 1))
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Text)
	if p.Excerpt != "" {
		line := strings.ReplaceAll(p.Excerpt, "\t", " ")
		fmt.Fprintf(&b, "\n  %4d | %s\n       | %s^", p.Line, line, strings.Repeat(" ", max(0, p.Column-1)))
	}
	return b.String()
}

// Problems are what is wrong with files, in the order of files and lines.
type Problems []Problem

// String lists them.
func (ps Problems) String() string {
	out := make([]string, 0, len(ps))
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

// Errors returns those that are more than a warning.
func (ps Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// Sort puts them in the order of files, lines and columns.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// A Source is a file that was read.
type Source struct {
	Name string // as the user calls it
	Text []byte
}

// Place makes a problem of a place in the source.
func (s *Source) Place(line, column int, format string, args ...any) Problem {
	p := Problem{File: s.Name, Line: line, Column: column, Text: fmt.Sprintf(format, args...)}
	if lines := strings.Split(string(s.Text), "\n"); line >= 1 && line <= len(lines) {
		p.Excerpt = strings.TrimRight(lines[line-1], "\r")
	}
	return p
}

// Indent returns how many spaces a line (from 1) begins with.
func (s *Source) Indent(line int) int {
	lines := strings.Split(string(s.Text), "\n")
	if line < 1 || line > len(lines) {
		return 0
	}
	return len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " "))
}

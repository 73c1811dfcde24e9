package app

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Help teaches the command.
func (manCmd) Help() string {
	return `Examples:

    waywarden man | man -l -
    waywarden man > /usr/local/share/man/man1/waywarden.1`
}

// Run is the command.
func (manCmd) Run(s session) error {
	var b bytes.Buffer
	writeMan(&b, s.model)
	_, err := b.WriteTo(s.Out)
	return err
}

// writeMan writes the manual page in the man macros of roff.
func writeMan(w *bytes.Buffer, app *kong.Application) {
	fmt.Fprintf(w, ".TH %s 1 \"\" \"%s %s\" \"User Commands\"\n", strings.ToUpper(app.Name), app.Name, roff(Version()))
	fmt.Fprintf(w, ".SH NAME\n%s \\- API security for connected mobility\n", app.Name)
	w.WriteString(".SH SYNOPSIS\n")
	for _, c := range app.Leaves(true) {
		fmt.Fprintf(w, ".B %s\n%s\n.br\n", app.Name, roff(c.Summary()))
	}
	w.WriteString(".SH DESCRIPTION\n")
	paragraphs(w, app.Help)
	w.WriteString(".SH OPTIONS OF EVERY COMMAND\n")
	options(w, app.Flags)
	w.WriteString(".SH COMMANDS\n")
	for _, c := range app.Leaves(true) {
		fmt.Fprintf(w, ".SS %s\n%s\n", roff(strings.TrimPrefix(c.FullPath(), app.Name+" ")), roff(c.Help))
		for _, p := range c.Positional {
			fmt.Fprintf(w, ".TP\n.I %s\n%s\n", roff(strings.ToUpper(p.Name)), roff(p.Help))
		}
		options(w, c.Flags)
		w.WriteString(".PP\n")
		paragraphs(w, c.Detail)
	}
	w.WriteString(`.SH FILES
An analysis writes findings.ndjson, incidents.ndjson, posture.ndjson, inventory.json, graph.json, twins.ndjson, risk.json,
coverage.json, rejected.ndjson, explain.json and openapi/HOST.yaml into its output directory.
.SH ENVIRONMENT
A flag counts more than its variable, a variable more than the configuration file.
.TP
.B NO_COLOR
when set, nothing is coloured
.TP
.B WAYWARDEN_OUT, WAYWARDEN_CONFIG, WAYWARDEN_RULES, WAYWARDEN_LOG_LEVEL
as the flags of these names
.SH EXIT STATUS
0 done, 1 internal failure, 2 bad usage or unreadable input, 3 when something as severe as \-\-fail\-on says was found.
`)
}

func options(w *bytes.Buffer, flags []*kong.Flag) {
	for _, f := range visible(flags) {
		name := "--" + f.Name
		if f.Short != 0 {
			name = fmt.Sprintf("-%c, %s", f.Short, name)
		}
		if takesValue(f) {
			name += " " + f.FormatPlaceHolder()
		}
		fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(name), roff(f.Help))
	}
}

// paragraphs writes text whose indented lines are examples.
func paragraphs(w *bytes.Buffer, text string) {
	example := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		code := strings.HasPrefix(line, "    ")
		switch {
		case code && !example:
			w.WriteString(".PP\n.nf\n.RS 4\n")
		case !code && example && line != "":
			w.WriteString(".RE\n.fi\n.PP\n")
		}
		if line != "" {
			example = code
		}
		switch {
		case line == "" && example:
			w.WriteString("\n")
		case line == "":
			w.WriteString(".PP\n")
		default:
			w.WriteString(roff(strings.TrimPrefix(line, "    ")) + "\n")
		}
	}
	if example {
		w.WriteString(".RE\n.fi\n")
	}
}

// roff keeps text from being taken for requests of the formatter.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}

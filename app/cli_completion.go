package app

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" help:"bash, zsh or fish."`
}

// Help teaches the command.
func (completionCmd) Help() string {
	return `Examples:

    source <(waywarden completion bash)
    waywarden completion zsh > "${fpath[1]}/_waywarden"
    waywarden completion fish > ~/.config/fish/completions/waywarden.fish`
}

// Run is the command.
func (c *completionCmd) Run(s session) error {
	shells := map[string]func(*bytes.Buffer, *kong.Application){"bash": bash, "zsh": zsh, "fish": fish}
	write, ok := shells[c.Shell]
	if !ok {
		return unknown("completion", "shell", c.Shell, []string{"bash", "zsh", "fish"})
	}
	var b bytes.Buffer
	write(&b, s.model)
	_, err := b.WriteTo(s.Out)
	return err
}

// words are what may follow a flag: its choices, or nothing known.
func words(f *kong.Flag) []string {
	switch {
	case f.Name == "fail-on":
		return severities
	case f.Name == "format":
		return formatNames()
	case f.Enum != "":
		return f.EnumSlice()
	}
	return nil
}

// takesValue says whether a word follows the flag.
func takesValue(f *kong.Flag) bool { return !f.IsBool() && !f.IsCounter() }

func visible(flags []*kong.Flag) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f *kong.Flag) bool { return f.Hidden })
}

// flagsOf are the flags of a command, of the commands below it, and those of the program.
func flagsOf(app *kong.Application, cmd *kong.Node) []*kong.Flag {
	flags := slices.Concat(app.Flags, cmd.Flags)
	for _, c := range cmd.Children {
		for _, f := range c.Flags {
			if !slices.ContainsFunc(flags, func(g *kong.Flag) bool { return g.Name == f.Name }) {
				flags = append(flags, f)
			}
		}
	}
	return visible(flags)
}

// below are the names of the commands below a command.
func below(cmd *kong.Node) string {
	var names []string
	for _, c := range cmd.Children {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func bash(w *bytes.Buffer, app *kong.Application) {
	fmt.Fprintf(w, `# bash completion of %[1]s
_%[1]s() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= w
  for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $w in -*) ;; *) cmd=$w; break ;; esac
  done
  case $cmd:$prev in
`, app.Name)
	for _, c := range app.Children {
		for _, f := range flagsOf(app, c) {
			if ws := words(f); len(ws) > 0 {
				fmt.Fprintf(w, "    %s:--%s) COMPREPLY=($(compgen -W %q -- \"$cur\")); return ;;\n", c.Name, f.Name, strings.Join(ws, " "))
			}
		}
	}
	w.WriteString("  esac\n  case $cmd in\n")
	for _, c := range app.Children {
		var names []string
		for _, f := range flagsOf(app, c) {
			names = append(names, "--"+f.Name)
		}
		fmt.Fprintf(w, "    %s) [[ $cur == -* ]] && COMPREPLY=($(compgen -W %q -- \"$cur\")) || %s ;;\n", c.Name, strings.Join(names, " "), bashArgs(c))
	}
	var commands []string
	for _, c := range app.Children {
		commands = append(commands, c.Name)
	}
	fmt.Fprintf(w, "    *) COMPREPLY=($(compgen -W %q -- \"$cur\")) ;;\n  esac\n}\ncomplete -F _%s %s\n",
		strings.Join(commands, " ")+" --help", app.Name, app.Name)
}

func bashArgs(c *kong.Node) string {
	if c.Name == "completion" {
		return `COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur"))`
	}
	if names := below(c); names != "" {
		return fmt.Sprintf(`if [[ $prev == %s ]]; then COMPREPLY=($(compgen -W %q -- "$cur")); else COMPREPLY=($(compgen -f -- "$cur")); fi`, c.Name, names)
	}
	return `COMPREPLY=($(compgen -f -- "$cur"))`
}

func zsh(w *bytes.Buffer, app *kong.Application) {
	fmt.Fprintf(w, "#compdef %[1]s\n# zsh completion of %[1]s\n_%[1]s() {\n  local -a commands=(\n", app.Name)
	for _, c := range app.Children {
		fmt.Fprintf(w, "    %s\n", single(c.Name+":"+c.Help))
	}
	w.WriteString("  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  local cmd=$words[2]\n  shift words; (( CURRENT-- ))\n  case $cmd in\n")
	for _, c := range app.Children {
		fmt.Fprintf(w, "    %s) _arguments", c.Name)
		for _, f := range flagsOf(app, c) {
			fmt.Fprintf(w, " \\\n      %s", single(zshFlag(f)))
		}
		rest := "*:file:_files"
		if c.Name == "completion" {
			rest = "1:shell:(bash zsh fish)"
		}
		if names := below(c); names != "" {
			rest = "1:command:(" + names + ")' \\\n      '*:file:_files"
		}
		fmt.Fprintf(w, " \\\n      '%s' ;;\n", rest)
	}
	fmt.Fprintf(w, "  esac\n}\ncompdef _%[1]s %[1]s\n", app.Name)
}

func zshFlag(f *kong.Flag) string {
	spec := "--" + f.Name + "[" + strings.NewReplacer("[", "(", "]", ")", ":", ",").Replace(f.Help) + "]"
	if f.IsSlice() {
		spec = "*" + spec
	}
	if !takesValue(f) {
		return spec
	}
	if ws := words(f); len(ws) > 0 {
		return spec + ":" + f.Name + ":(" + strings.Join(ws, " ") + ")"
	}
	return spec + ":" + f.Name + ":_files"
}

func fish(w *bytes.Buffer, app *kong.Application) {
	fmt.Fprintf(w, "# fish completion of %s\n", app.Name)
	for _, c := range app.Children {
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -f -a %s -d %s\n", app.Name, c.Name, single(c.Help))
	}
	for _, c := range app.Children {
		for _, f := range flagsOf(app, c) {
			fmt.Fprintf(w, "complete -c %s -n '__fish_seen_subcommand_from %s' -l %s -d %s", app.Name, c.Name, f.Name, single(f.Help))
			if takesValue(f) {
				io.WriteString(w, " -r")
			}
			if ws := words(f); len(ws) > 0 {
				fmt.Fprintf(w, " -f -a %s", single(strings.Join(ws, " ")))
			}
			w.WriteByte('\n')
		}
	}
	for _, c := range app.Children {
		if names := below(c); names != "" {
			fmt.Fprintf(w, "complete -c %s -n '__fish_seen_subcommand_from %s' -a %s\n", app.Name, c.Name, single(names))
		}
	}
	fmt.Fprintf(w, "complete -c %s -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n", app.Name)
}

// single quotes text for a shell.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

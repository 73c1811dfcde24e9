package payload

import "strings"

// suspect says how a value breaks out of its field. Most values have no character that any of them needs.
func suspect(v string) kind {
	dots, code := marks(v)
	if dots && len(v) >= 6 && climbs(v) {
		return climb
	}
	if !code {
		return nothing
	}
	low := strings.ToLower(v)
	switch {
	case strings.Contains(low, "${jndi:"), strings.Contains(low, "${") && (strings.Contains(low, "exec") || strings.Contains(low, "runtime")), template(low):
		return lookup
	case runs(low):
		return shell
	case sql(low):
		return statement
	case strings.IndexByte(v, '\'') >= 0:
		return quote
	}
	return nothing
}

// marks says whether a value has what a climbing path needs, and what a statement or an expression needs.
func marks(v string) (dots, code bool) {
	for i := range len(v) {
		switch v[i] {
		case '\'', '"', ';', '$', '(', '=', '`', '|', '{':
			code = true
		case ' ':
			code = code || len(v) >= 20
		case '.', '%':
			dots = true
		}
	}
	return dots, code
}

// template says whether a text in lower case is an expression between double braces that computes or reaches for the
// inside of the engine; a placeholder is a name alone.
func template(v string) bool {
	i := strings.Index(v, "{{")
	if i < 0 {
		return false
	}
	j := strings.Index(v[i:], "}}")
	if j < 0 {
		return false
	}
	e := v[i+2 : i+j]
	if strings.Contains(e, "__class__") || strings.Contains(e, "constructor") || strings.Contains(e, "self.") || strings.Contains(e, "config.") || strings.Contains(e, "lipsum") {
		return true
	}
	x, y, ok := strings.Cut(strings.TrimSpace(e), "*")
	return ok && digits(strings.TrimSpace(x)) && digits(strings.Trim(strings.TrimSpace(y), "'"))
}

func digits(v string) bool {
	for _, c := range []byte(v) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return v != ""
}

// runs says whether a text in lower case has a command behind what ends another one for a shell: ; | && ` $( and a
// program with an argument that no sentence has.
func runs(v string) bool {
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == ';' || v[i] == '|' || v[i] == '`':
		case v[i] == '&' && i+1 < len(v) && v[i+1] == '&', v[i] == '$' && i+1 < len(v) && v[i+1] == '(':
			i++
		default:
			continue
		}
		if program(strings.TrimLeft(v[i+1:], " |&")) {
			return true
		}
	}
	return false
}

// program says whether a text begins with a program of a shell and an argument to it.
func program(v string) bool {
	name, rest, ok := strings.Cut(v, " ")
	if !ok {
		name = strings.TrimRight(name, "`);")
		return name != v && (name == "id" || name == "whoami" || name == "env")
	}
	switch name {
	case "cat", "ls", "wget", "curl", "nc", "ncat", "bash", "sh", "ping", "nslookup", "dig", "powershell", "cmd", "cmd.exe", "python", "python3", "perl", "rm", "chmod", "sleep":
	default:
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	return rest != "" && (rest[0] == '/' || rest[0] == '-' || rest[0] == '.' || strings.HasPrefix(rest, "http") || name == "sleep" && rest[0] >= '0' && rest[0] <= '9')
}

// climbs says whether a path leaves its folder: it goes up twice, or once to a root of the system. Encodings are undone
// as a careless server does, twice at most.
func climbs(v string) bool {
	if strings.Contains(v, "://") {
		return false
	}
	for range 3 {
		p := strings.ReplaceAll(v, "\\", "/")
		up := strings.Count(p, "../")
		if up >= 2 || up == 1 && system(p) || strings.Contains(p, "..;/") || strings.Contains(p, "....//") {
			return true
		}
		next := unescape(v)
		if next == v {
			return false
		}
		v = next
	}
	return false
}

// system says whether a path names a part of a system that no application gives out.
func system(p string) bool {
	p = strings.ToLower(p)
	for _, w := range [...]string{"/etc/", "/proc/", "/root/", "/var/", "/opt/", "/usr/", "/home/", "windows/", "web-inf", ".ssh", ".env", ".git/", "passwd", "boot.ini"} {
		if strings.Contains(p, w) {
			return true
		}
	}
	return false
}

// unescape undoes percent-encoding of what paths are made of, overlong forms of the slash and the dot included.
func unescape(v string) string {
	if strings.IndexByte(v, '%') < 0 {
		return v
	}
	return escapes().Replace(v)
}

func escapes() *strings.Replacer {
	return strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/", "%5c", "\\", "%5C", "\\", "%25", "%",
		"%c0%af", "/", "%C0%AF", "/", "%c0%ae", ".", "%C0%AE", ".", "%u2215", "/", "%u2216", "\\")
}

// sql says whether a text in lower case is a piece of a statement: what closes a value, and what goes on after it.
func sql(v string) bool {
	v = strings.ReplaceAll(strings.ReplaceAll(v, "/**/", " "), "+", " ")
	if i := strings.Index(v, "union"); i >= 0 && strings.Contains(v[i:], "select") && (i == 0 || !isWord(v[i-1])) && strings.Contains(v[i:], "from") {
		return true
	}
	for _, w := range [...]string{"sleep(", "benchmark(", "pg_sleep(", "waitfor delay", "xp_cmdshell", "information_schema", "load_file(", "into outfile", "extractvalue(", "utl_http"} {
		if strings.Contains(v, w) {
			return true
		}
	}
	for i := range len(v) {
		if (v[i] == '\'' || v[i] == '"') && goesOn(v[i+1:]) {
			return true
		}
	}
	return numbered(v) && strings.Contains(v, " or ") && strings.IndexByte(v, '=') > 0
}

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' }

// numbered says whether a text begins as a number that ends in a space: "1 or 1=1".
func numbered(v string) bool {
	i := 0
	for i < len(v) && v[i] >= '0' && v[i] <= '9' {
		i++
	}
	return i > 0 && i < len(v) && v[i] == ' '
}

// goesOn says whether what follows a quote is a statement's and not a name's or a sentence's.
func goesOn(rest string) bool {
	r := strings.TrimLeft(rest, " )'\"")
	switch {
	case strings.HasPrefix(r, "--"), strings.HasPrefix(r, "/*"), r == "#":
		return true
	case strings.HasPrefix(r, ";"):
		r = strings.TrimLeft(r[1:], " ")
		for _, w := range [...]string{"drop ", "delete ", "insert ", "update ", "select ", "exec", "alter ", "create ", "shutdown", "--"} {
			if strings.HasPrefix(r, w) {
				return true
			}
		}
		return false
	case strings.HasPrefix(r, "union "):
		return strings.Contains(r, "select")
	case strings.HasPrefix(r, "or "), strings.HasPrefix(r, "and "), strings.HasPrefix(r, "or("), strings.HasPrefix(r, "and("), strings.HasPrefix(r, "||"), strings.HasPrefix(r, "&&"):
		return strings.ContainsAny(r, "=<>") || strings.Contains(r, " like ") || strings.Contains(r, " is ") || strings.Contains(r, " in (")
	}
	return false
}

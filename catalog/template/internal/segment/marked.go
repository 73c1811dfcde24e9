package segment

import "strings"

// Marker replaces parameters while a template is taken apart; it cannot stand in a path.
const Marker = "\x00"

// Marked returns a template with Markers for its parameters ({x}, :x, <x> and *), and their names.
func Marked(template string) (string, []string) {
	var b strings.Builder
	var names []string
	for i := 0; i < len(template); i++ {
		c := template[i]
		end := 0
		switch {
		case c == '{':
			end = strings.IndexByte(template[i:], '}')
		case c == '<':
			end = strings.IndexByte(template[i:], '>')
		case c == ':' && i > 0 && template[i-1] == '/':
			if end = strings.IndexByte(template[i:], '/'); end < 0 {
				end = len(template) - i
			}
			end--
		}
		if end <= 0 {
			b.WriteByte(c)
			continue
		}
		name := template[i+1 : i+end]
		if c == ':' {
			name = template[i+1 : i+end+1]
		}
		names = append(names, strings.Trim(name, "+*"))
		b.WriteString(Marker)
		i += end
	}
	return b.String(), names
}

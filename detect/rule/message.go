package rule

import "strings"

// A message is text with expressions in it: "Engine of {subject.id} stopped".
type message struct {
	texts []string   // one more than expressions
	exprs []*program // between them
}

// write fills a message in. What is unknown says so.
func (m *message) write(s *scope) string {
	if len(m.exprs) == 0 {
		return strings.Join(m.texts, "")
	}
	var b strings.Builder
	for i, p := range m.exprs {
		b.WriteString(m.texts[i])
		if v, ok := p.value(s); ok {
			b.WriteString(v)
		} else {
			b.WriteString("unknown")
		}
	}
	b.WriteString(m.texts[len(m.exprs)])
	return b.String()
}

// message compiles a text with expressions in braces; {{ and }} are braces.
func (c *compiler) message(t *text, subject bool) message {
	var m message
	var b strings.Builder
	for i := 0; i < len(t.Text); i++ {
		ch := t.Text[i]
		switch {
		case (ch == '{' || ch == '}') && strings.HasPrefix(t.Text[i+1:], string(ch)):
			b.WriteByte(ch)
			i++
		case ch == '{':
			end := closing(t.Text, i+1)
			if end < 0 {
				c.say(t, "a { has no }; write {{ for a brace")
				return m
			}
			code, start := t.Text[i+1:end], i+1
			if p := c.exprAt(code, func(line, column int) (int, int) { return c.inside(t, start, line, column) }, nil, subject); p != nil {
				m.texts, m.exprs = append(m.texts, b.String()), append(m.exprs, p)
				b.Reset()
			}
			i = end
		default:
			b.WriteByte(ch)
		}
	}
	m.texts = append(m.texts, b.String())
	return m
}

// inside turns a place in an expression that begins at an offset of a text into one of the file.
func (c *compiler) inside(t *text, start, line, column int) (int, int) {
	before := t.Text[:start]
	if line == 1 {
		column += len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	}
	return within(c.src, t, line+strings.Count(before, "\n"), column)
}

// closing finds the brace that ends an expression, outside its quotes.
func closing(s string, i int) int {
	quote := byte(0)
	for ; i < len(s); i++ {
		switch ch := s[i]; {
		case quote != 0 && ch == '\\':
			i++
		case quote != 0 && ch == quote:
			quote = 0
		case quote == 0 && (ch == '\'' || ch == '"'):
			quote = ch
		case quote == 0 && ch == '}':
			return i
		}
	}
	return -1
}

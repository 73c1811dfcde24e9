package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// fileMax bounds the size of one description.
const fileMax = 64 << 20

// Load reads descriptions from files and folders, which are searched for .yaml, .yml and .json files; what is no OpenAPI
// description there is passed over. HOST=PATH says that what lies at the path describes that host, whatever servers it
// names. The error tells of a path that cannot be read; what is wrong inside a file is a
// problem, and the rest is used.
func Load(paths []string) (*Set, []Problem, error) {
	l := &loader{set: &Set{hosts: map[string]*api{}}, docs: map[string]map[string]any{}}
	for _, p := range paths {
		l.host, p = hostPrefix(p)
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, fmt.Errorf("read specification: %w", err)
		}
		if !info.IsDir() {
			l.file(p, true)
			continue
		}
		files, err := list(p)
		if err != nil {
			return nil, nil, fmt.Errorf("read specifications in %s: %w", p, err)
		}
		for _, f := range files {
			l.file(f, false)
		}
	}
	l.set.names = slices.Sorted(maps.Keys(l.set.hosts))
	return l.set, l.problems, nil
}

// hostPrefix splits HOST=PATH. A path that exists as it stands is no such pair.
func hostPrefix(p string) (host, path string) {
	h, rest, ok := strings.Cut(p, "=")
	if _, err := os.Stat(p); err == nil || !ok || strings.ContainsAny(h, `/\`) {
		return "", p
	}
	return bareHost(h), rest
}

// list returns the files of a folder that may be descriptions, in order of name.
func list(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch strings.ToLower(filepath.Ext(p)) {
		case ".yaml", ".yml", ".json":
			if d.Type().IsRegular() {
				files = append(files, p)
			}
		}
		return nil
	})
	return files, err
}

// A loader reads files into a set.
type loader struct {
	set      *Set
	host     string // given for the present path
	problems []Problem
	docs     map[string]map[string]any // parsed files, also those only referred to; nil for unreadable ones
}

func (l *loader) problem(file string, line int, reason, advice string) {
	l.problems = append(l.problems, Problem{File: file, Line: line, Reason: reason, Advice: advice})
}

// file reads one file. Only a file that was named, or that looks like a description, is complained about.
func (l *loader) file(path string, named bool) {
	b, err := readBounded(path)
	if err != nil {
		l.problem(path, 0, err.Error(), "check that the file can be read")
		return
	}
	if !named && !looksOpenAPI(b) {
		return
	}
	root, line, err := parse(b)
	if err != nil {
		l.problem(path, line, err.Error(), "correct the syntax; the other descriptions are used")
		return
	}
	version, ok := versionText(root)
	if !ok {
		if named {
			l.problem(path, 0, "no OpenAPI description: it has neither an openapi nor a swagger field", "give an OpenAPI 2.0, 3.0 or 3.1 file")
		}
		return
	}
	l.docs[path] = root
	r := &reader{loader: l, file: path, root: root, v2: strings.HasPrefix(version, "2")}
	r.read()
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > fileMax {
		return nil, fmt.Errorf("larger than %d MB", fileMax>>20)
	}
	return os.ReadFile(path)
}

// looksOpenAPI says whether a file's text has the field every description has.
func looksOpenAPI(b []byte) bool {
	for _, key := range []string{"openapi", "swagger"} {
		for rest := b; ; {
			i := bytes.Index(rest, []byte(key))
			if i < 0 {
				break
			}
			before := bytes.TrimRight(rest[:i], " \t\"'")
			after := bytes.TrimLeft(rest[i+len(key):], " \t\"'")
			if (len(before) == 0 || strings.IndexByte("\n\r{,", before[len(before)-1]) >= 0 || bytes.HasSuffix(before, []byte("\ufeff"))) && len(after) > 0 && after[0] == ':' {
				return true
			}
			rest = rest[i+len(key):]
		}
	}
	return false
}

func versionText(root map[string]any) (string, bool) {
	for _, k := range []string{"openapi", "swagger"} {
		switch v := root[k].(type) {
		case nil:
		case string:
			return v, true
		default:
			return fmt.Sprint(v), true // swagger: 2.0 without quotes
		}
	}
	return "", false
}

// parse reads JSON or YAML into plain values; the line is that of the mistake.
func parse(b []byte) (root map[string]any, line int, err error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) > 0 && t[0] == '{' {
		if err = json.Unmarshal(b, &root); err == nil {
			return root, 0, nil
		}
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line = 1 + bytes.Count(b[:min(int(syntax.Offset), len(b))], []byte("\n"))
		}
		jsonErr := err
		if root, yamlErr := parseYAML(b); yamlErr == nil {
			return root, 0, nil // YAML in flow style
		}
		return nil, line, jsonErr
	}
	root, err = parseYAML(b)
	if err == nil {
		return root, 0, nil
	}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
		return nil, syntax.Token.Position.Line, errors.New(syntax.Message)
	}
	return nil, 0, errors.New(strings.SplitN(err.Error(), "\n", 2)[0])
}

// parseYAML reads YAML, which may write a key twice: the last one counts.
func parseYAML(b []byte) (root map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser is not ours, and a description is no reason to stop
			err = fmt.Errorf("unreadable YAML: %v", p)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(b), yaml.AllowDuplicateMapKey()).Decode(&root)
	if err == nil && root == nil {
		err = errors.New("empty document")
	}
	return root, err
}

package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The budgets. Tests and generated files are exempt from sizes, not from habits.
const (
	fileLinesMax    = 500
	funcLinesMax    = 70
	complexityMax   = 15
	interfaceMax    = 8
	packageLinesMax = 3000
)

// TestTidy holds the sizes and habits CONTRIBUTING.md promises, over every file of the module.
func TestTidy(t *testing.T) {
	for _, dir := range folders(t, "../..") {
		c, err := read(dir.path, dir.rel)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.check() {
			t.Error(p)
		}
	}
}

type folder struct{ path, rel string }

// folders lists the folders with Go files below root, without hidden ones, test data and what npm installed.
func folders(t *testing.T, root string) []folder {
	t.Helper()
	seen := map[string]folder{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := e.Name(); e.IsDir() && path != root && (name[0] == '.' || name == "testdata" || name == "node_modules") {
			return filepath.SkipDir
		}
		if dir := filepath.Dir(path); strings.HasSuffix(path, ".go") {
			r, err := filepath.Rel(root, dir)
			seen[dir] = folder{dir, filepath.ToSlash(r)}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b folder) int { return strings.Compare(a.rel, b.rel) })
}

// A code is the parsed files of one folder.
type code struct {
	rel   string // path of the folder in the module
	fset  *token.FileSet
	files map[string]*ast.File // by path; test files too
	found []string
}

func read(path, rel string) (*code, error) {
	c := &code{rel: rel, fset: token.NewFileSet(), files: map[string]*ast.File{}}
	names, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := parser.ParseFile(c.fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		c.files[name] = f
	}
	return c, nil
}

// check returns what is wrong, a sentence each, in the order of the files.
func (c *code) check() []string {
	lines, documented := 0, false
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		f, test := c.files[name], strings.HasSuffix(name, "_test.go")
		documented = documented || f.Doc != nil
		c.habits(f, test)
		if test || ast.IsGenerated(f) {
			continue
		}
		n := c.fset.File(f.FileStart).LineCount()
		lines += n
		if n > fileLinesMax {
			c.say(f, "file of %d lines, at most %d", n, fileLinesMax)
		}
		c.sizes(f)
		c.comments(f)
	}
	if lines > packageLinesMax {
		c.found = append(c.found, fmt.Sprintf("%s: package of %d lines, at most %d", c.rel, lines, packageLinesMax))
	}
	if !documented {
		c.found = append(c.found, c.rel+": no package comment")
	}
	c.variables()
	return c.found
}

func (c *code) say(at ast.Node, format string, args ...any) {
	pos := c.fset.Position(at.Pos())
	c.found = append(c.found, fmt.Sprintf("%s:%d: ", filepath.ToSlash(pos.Filename), pos.Line)+fmt.Sprintf(format, args...))
}

func (c *code) sizes(f *ast.File) {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := c.fset.Position(fn.End()).Line - c.fset.Position(fn.Pos()).Line + 1; n > funcLinesMax {
			c.say(fn, "%s has %d lines, at most %d", fn.Name, n, funcLinesMax)
		}
		if n := complexity(fn); n > complexityMax {
			c.say(fn, "%s has a cyclomatic complexity of %d, at most %d", fn.Name, n, complexityMax)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if i, ok := n.(*ast.InterfaceType); ok && i.Methods.NumFields() > interfaceMax {
			c.say(i, "interface of %d methods, at most %d", i.Methods.NumFields(), interfaceMax)
		}
		return true
	})
}

// complexity is McCabe's number of a function: one, and one more for every branch that can be taken.
func complexity(fn *ast.FuncDecl) int {
	n := 1
	ast.Inspect(fn, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// comments wants a comment on every exported name; one on a group of constants or variables serves them all.
func (c *code) comments(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && receiverExported(d) && d.Doc == nil {
				c.say(d, "%s has no comment", d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
						c.say(s, "%s has no comment", s.Name)
					}
				case *ast.ValueSpec:
					for _, name := range s.Names {
						if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
							c.say(s, "%s has no comment", name)
						}
					}
				}
			}
		}
	}
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	exported := false
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = id.IsExported()
			return false
		}
		return true
	})
	return exported
}

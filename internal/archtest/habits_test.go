package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// habits finds what is not done here: see the messages.
func (c *code) habits(f *ast.File, test bool) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			c.say(fn, "init: list it in app/builtin.go instead")
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, fd := range n.Fields.List {
				if isContext(fd.Type) {
					c.say(fd, "context in a struct: hand it over as the first parameter")
				}
			}
		case *ast.FuncType:
			c.contextFirst(n)
		case *ast.GoStmt:
			if !test && !in(c.rel, "app", "sensor", "sensor/*", "notify/*", "internal/*") {
				c.say(n, "goroutine: only app, sensors, notifiers and internal start them")
			}
		case *ast.SelectorExpr:
			if !test {
				c.selector(n)
			}
		}
		return true
	})
}

// contextFirst allows a testing.TB before it.
func (c *code) contextFirst(fn *ast.FuncType) {
	for i, p := range fn.Params.List {
		if i > 0 && isContext(p.Type) && !isSelector(fn.Params.List[0].Type, "testing") {
			c.say(p, "context is the first parameter")
		}
	}
}

// forbidden are names of the standard library with the only folders that may use them.
var forbidden = []struct {
	pkg, name string
	where     []string
	why       string
}{
	{"time", "Now", []string{"app", "cmd/*", "sensor", "sensor/*", "notify/*", "internal/*"}, "time comes from the records"},
	{"time", "Since", []string{"app", "cmd/*", "sensor", "sensor/*", "notify/*", "internal/*"}, "time comes from the records"},
	{"os", "Exit", []string{"cmd/*", "catalog/template/train"}, "only a command exits"},
	{"os", "Stdout", []string{"cmd/*", "catalog/template/train"}, "write to the writer that is handed over"},
	{"os", "Stderr", []string{"cmd/*", "catalog/template/train"}, "write to the writer or logger that is handed over"},
	{"fmt", "Println", []string{"catalog/template/train"}, "write to the writer that is handed over"},
	{"fmt", "Printf", []string{"catalog/template/train"}, "write to the writer that is handed over"},
	{"log", "Fatal", nil, "return the error"},
	{"log", "Printf", nil, "log with the slog.Logger that is handed over"},
	{"slog", "Default", nil, "log with the slog.Logger that is handed over"},
}

// command says whether the folder holds a program, which may print and exit wherever it is.
func (c *code) command() bool {
	for _, f := range c.files {
		if f.Name.Name == "main" {
			return true
		}
	}
	return false
}

func (c *code) selector(s *ast.SelectorExpr) {
	x, ok := s.X.(*ast.Ident)
	if !ok || x.Obj != nil { // a local name that shadows the package
		return
	}
	for _, f := range forbidden {
		if f.pkg == x.Name && f.name == s.Sel.Name && !in(c.rel, f.where...) && !c.command() {
			c.say(s, "%s.%s: %s", f.pkg, f.name, f.why)
		}
	}
}

// variables finds package variables that are changed after they were made, or whose type is made for change. It follows
// names, not values: a table that is copied and changed through the copy gets past it.
func (c *code) variables() {
	vars := map[string]*ast.ValueSpec{}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if !strings.HasSuffix(name, "_test.go") {
			c.declared(c.files[name], vars)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if !strings.HasSuffix(name, "_test.go") {
			c.written(c.files[name], vars)
		}
	}
}

func (c *code) declared(f *ast.File, vars map[string]*ast.ValueSpec) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for _, id := range v.Names {
				vars[id.Name] = v
			}
			if v.Type != nil && madeForChange(v.Type) {
				c.say(v, "%s is a package variable made to be changed: keep it in a struct that has an owner", v.Names[0])
			}
			for _, x := range v.Values {
				if lit, ok := x.(*ast.CompositeLit); ok && madeForChange(lit.Type) {
					c.say(v, "%s is a package variable made to be changed: keep it in a struct that has an owner", v.Names[0])
				}
			}
		}
	}
}

// madeForChange knows channels, and types of sync and sync/atomic.
func madeForChange(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.ChanType:
		return true
	case *ast.StarExpr:
		return madeForChange(t.X)
	case *ast.IndexExpr: // atomic.Pointer[T]
		return madeForChange(t.X)
	}
	return isSelector(t, "sync") || isSelector(t, "atomic")
}

func (c *code) written(f *ast.File, vars map[string]*ast.ValueSpec) {
	views := map[*ast.Object]*ast.Ident{} // local names of a table's rows: r := &table[i]
	looked := map[ast.Expr]bool{}         // where they are made
	write := func(target ast.Expr, at ast.Node) {
		id := root(target)
		if id == nil {
			return
		}
		if table := views[id.Obj]; id.Obj != nil && table != nil && target != ast.Expr(id) {
			id = table
		} else if !refers(id, vars) {
			return
		}
		c.say(at, "package variable %s is changed: keep it in a struct that has an owner", id.Name)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if n.Tok != token.DEFINE {
					write(l, n)
				}
			}
			if local, table := view(n); table != nil && refers(table, vars) {
				views[local.Obj], looked[n.Rhs[0]] = table, true
			}
		case *ast.IncDecStmt:
			write(n.X, n)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				write(n.Key, n)
				write(n.Value, n)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND && !looked[n] {
				write(n.X, n)
			}
		case *ast.CallExpr:
			if fn, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") {
				write(n.Args[0], n)
			}
		}
		return true
	})
}

// view recognises r := &table[i], the way to read a row of a table without copying it.
func view(a *ast.AssignStmt) (local, table *ast.Ident) {
	if a.Tok != token.DEFINE || len(a.Lhs) != 1 {
		return nil, nil
	}
	local, named := a.Lhs[0].(*ast.Ident)
	and, ok := a.Rhs[0].(*ast.UnaryExpr)
	if !named || !ok || and.Op != token.AND {
		return nil, nil
	}
	if _, row := and.X.(*ast.IndexExpr); !row {
		return nil, nil
	}
	return local, root(and.X)
}

// root is the name an expression that can be written to begins with: v of v.x[i]; nil when it begins with a call.
func root(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// refers says whether a name is that of a package variable: declared at the top of this file, or, for the parser
// resolves names file by file, left open here and declared in another file of the package.
func refers(id *ast.Ident, vars map[string]*ast.ValueSpec) bool {
	spec, ok := vars[id.Name]
	return ok && (id.Obj == nil || id.Obj.Decl == spec)
}

func isContext(t ast.Expr) bool {
	s, ok := t.(*ast.SelectorExpr)
	return ok && isSelector(t, "context") && s.Sel.Name == "Context"
}

// isSelector says whether t is a name of package pkg, or a pointer to one.
func isSelector(t ast.Expr, pkg string) bool {
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	s, ok := t.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// in says whether a folder is one of those named; "x/*" names everything below x.
func in(rel string, where ...string) bool {
	return slices.ContainsFunc(where, func(w string) bool {
		dir, below := strings.CutSuffix(w, "/*")
		return rel == w || below && strings.HasPrefix(rel, dir+"/")
	})
}

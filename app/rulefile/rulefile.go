// Package rulefile finds, compiles and watches the files of the user's own rules, and has the commands about them.
package rulefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/rule"
	"github.com/waywarden/waywarden/domain"
	"github.com/waywarden/waywarden/internal/advice"
	"github.com/waywarden/waywarden/internal/diagnostic"
)

// filesMax is how many rule files a directory may hold.
const filesMax = 2000

// Knowledge is what rules may refer to: the classes of the taxonomy, the signals of VSS, and the built-in detectors, whose
// names rules may not take.
func Knowledge(know *domain.Knowledge, builtIn []detect.Maker) rule.Knowledge {
	var k rule.Knowledge
	for _, c := range know.Classes() {
		k.Classes = append(k.Classes, c.ID)
	}
	for _, s := range know.Signals() {
		k.States = append(k.States, s.Path)
	}
	var m detect.Memory
	for _, maker := range builtIn {
		k.Reserved = append(k.Reserved, maker(&m).Card().ID)
	}
	return k
}

// Maker compiles the rules of paths and returns the maker of the detector that runs them. Rules that are wrong are an error.
func Maker(paths []string, know rule.Knowledge) (detect.Maker, error) {
	if err := some(paths); err != nil {
		return nil, err
	}
	w := Watch{Paths: paths, Knowledge: know, Live: &rule.Live{}}
	if err := w.Load(); err != nil {
		return nil, err
	}
	return w.Live.Maker(), nil
}

// some says so when there is no rule file at all among paths: a mistyped folder would else pass for one without fault.
func some(paths []string) error {
	if sources, err := read(paths); err == nil && len(paths) > 0 && len(sources) == 0 {
		return &advice.Error{Err: fmt.Errorf("read rules: there is no .yaml or .yml file in %s", strings.Join(paths, ", ")), Next: "give rule files, or directories of them"}
	}
	return nil
}

// load compiles the rule files among paths: files, and the .yaml and .yml files of directories.
func load(paths []string, know rule.Knowledge) (*rule.Set, diagnostic.Problems, error) {
	sources, err := read(paths)
	if err != nil {
		return nil, nil, &advice.Error{Err: err, Next: "give rule files, or directories of them"}
	}
	return rule.Compile(sources, know)
}

// read reads the rule files among paths, in order.
func read(paths []string) ([]diagnostic.Source, error) {
	var out []diagnostic.Source
	for _, path := range paths {
		files, err := list(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read rules: %w", err)
			}
			out = append(out, diagnostic.Source{Name: file, Text: text})
		}
		if len(out) > filesMax {
			return nil, fmt.Errorf("read rules: more than %d files in %s", filesMax, path)
		}
	}
	return out, nil
}

// list lists the rule files of a path. Hidden files and folders are left out, among them those through which a
// mounted directory is swapped.
func list(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var out []string
	err = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != path && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(filepath.Ext(name))):
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

// refuse is the error of rules that cannot be used as they are; nil when all can.
func refuse(ps diagnostic.Problems) error {
	errs := ps.Errors()
	if len(errs) == 0 {
		return nil
	}
	return &advice.Error{Err: errors.New("read rules:\n" + errs.String()), Next: "waywarden rules lint checks rules without running them"}
}

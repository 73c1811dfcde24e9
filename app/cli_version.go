package app

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is the version of the module this program was built from: "v1.2.3", or "devel" for a work tree.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

type versionCmd struct {
	Output string `short:"o" default:"text" enum:"text,json" placeholder:"text|json" help:"Print for people (text, the default) or machines (json)."`
}

// Run is the command.
func (c *versionCmd) Run(s session) error {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				revision = set.Value
			}
		}
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if c.Output == "json" {
		return json.NewEncoder(s.Out).Encode(map[string]string{
			"version": Version(), "revision": revision, "go": runtime.Version(), "platform": platform})
	}
	_, err := fmt.Fprintf(s.Out, "waywarden %s\nrevision %s, %s, %s\n", Version(), revision, runtime.Version(), platform)
	return err
}

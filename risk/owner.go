package risk

import (
	"fmt"
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/glob"
)

// An Owner says which team owns a part of the API.
type Owner struct {
	Host string `yaml:"host"` // a pattern: "*.example.com"; "" for every host
	Path string `yaml:"path"` // a prefix of whole segments: "/v1/vehicles"; "" for every path
	Team string `yaml:"team"`
}

// Owners is who owns what. The one that says most of the path counts, then the one that says most of the host, then the first.
type Owners []Owner

// Validate says what is wrong with them.
func (o Owners) Validate() error {
	for i := range o {
		switch x := &o[i]; {
		case x.Team == "":
			return fmt.Errorf("[%d].team is missing: say who owns it", i)
		case x.Path != "" && !strings.HasPrefix(x.Path, "/"):
			return fmt.Errorf("[%d].path is %q: it must begin with /", i, x.Path)
		case x.Path == "" && x.Host == "":
			return fmt.Errorf("[%d] needs a host, a path, or both", i)
		}
	}
	return nil
}

// of returns the owner of an endpoint: its host where nobody is named.
func (o Owners) of(e *waywarden.Endpoint) string {
	best := -1
	for i := range o {
		x := &o[i]
		if x.Host != "" && !glob.Match(strings.ToLower(x.Host), e.Host) || !under(x.Path, e.Template) {
			continue
		}
		if best < 0 || more(x, &o[best]) {
			best = i
		}
	}
	if best < 0 {
		return e.Host
	}
	return o[best].Team
}

func more(a, b *Owner) bool {
	if p, q := len(strings.TrimSuffix(a.Path, "/")), len(strings.TrimSuffix(b.Path, "/")); p != q {
		return p > q
	}
	return len(a.Host) > len(b.Host)
}

// under says whether a path begins with the segments of another.
func under(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waywarden/waywarden"
)

// A Class is a function of mobility APIs: what an operation does for whoever calls it.
type Class struct {
	ID      string   // "act.door.unlock"
	Name    string   // for people
	Sort    string   // read, actuate, identity, ota, charging, commerce, ingest, admin
	Impacts []Impact // by state of the vehicle, for one object; at least one
	Tokens  []string // words of names that point to it
	Neg     []string // words that veto
	Yields  []waywarden.DataType
	Needs   []waywarden.DataType
	Roles   []string // who may have it, where not everybody with a link
	Legal   string   // prose: when it may succeed
	Confirm Confirm
	Rules   []string // ids of the threat rules that watch it
	Seen    []string // where it was found: "<source>:<operation>"
	Note    string
}

// Group is the first part of the id: act, adm, cfg, chg, com, diag, id, infra, life, ops, ota, read, ride, sys, emergency.
func (c *Class) Group() string {
	group, _, _ := strings.Cut(c.ID, ".")
	return group
}

// An Impact is what a class can do at worst in one state of the vehicle.
type Impact struct {
	State  string // parked, trip_idle (ignition on, at most 5 km/h), moving, or any
	Impact waywarden.Impact
}

// A Confirm says which change of a twin shows that a call of the class took effect. Zero: none is known.
type Confirm struct {
	Effects []Effect // any one of them
	Within  time.Duration
}

// An Effect is a change of one signal.
type Effect struct {
	Signal  string   // a VSS path with "*" for one or more parts, below Vehicle.Private, or "ocpp:Action.field"
	Becomes []string // one of these values; empty: any change
}

// An IDType is a type of data that identifies, admits or tells something, the keys of the graph of enabling calls.
type IDType struct {
	ID         waywarden.DataType
	Secret     bool // knowing it is a right; what is not secret is an address, printed on the object or guessable
	Pattern    string
	CheckDigit string
	Note       string
}

// A Grant is what a successful call of a class gives its caller: session, role or link.
type Grant struct {
	Class  string
	Grants []string
}

// A Requirement is what calls of all classes with a prefix need, any one of it.
type Requirement struct {
	Prefix string
	AnyOf  []string
}

// A StateEdge says that a success of a class brings an object into a state that lets calls of another through, or gives
// them their effect, for a while.
type StateEdge struct {
	Class   string
	To      string // prefix of the class that needs the state
	WithinS int
}

// A Chain is a way that attackers really went, class after class.
type Chain struct {
	Path     []string
	Incident string
	Note     string
}

// taxonomyFile is the form of taxonomy.yaml.
type taxonomyFile struct {
	Version int `yaml:"version"`
	IDTypes []struct {
		ID         string `yaml:"id"`
		Secret     bool   `yaml:"secret"`
		Regex      string `yaml:"regex"`
		CheckDigit string `yaml:"checkdigit"`
		Note       string `yaml:"note"`
	} `yaml:"id_types"`
	Roles   []string    `yaml:"roles"`
	Classes []classFile `yaml:"classes"`
	Edges   struct {
		Grants []struct {
			Class  string   `yaml:"class"`
			Grants []string `yaml:"grants"`
		} `yaml:"grants"`
		Requires []struct {
			Prefix string   `yaml:"prefix"`
			AnyOf  []string `yaml:"any_of"`
		} `yaml:"requires"`
		States []struct {
			Class   string `yaml:"class"`
			To      string `yaml:"to"`
			WithinS int    `yaml:"within_s"`
		} `yaml:"states"`
	} `yaml:"edges"`
	Chains []struct {
		Path     []string `yaml:"path"`
		Incident string   `yaml:"incident"`
		Note     string   `yaml:"note"`
	} `yaml:"enabling_chains"`
	Notes []string `yaml:"classifier_notes"`
}

type classFile struct {
	ID      string               `yaml:"id"`
	Name    string               `yaml:"name"`
	Kind    string               `yaml:"kind"`
	SFOP    map[string][]int     `yaml:"sfop"`
	Tokens  []string             `yaml:"tokens"`
	Neg     []string             `yaml:"neg"`
	Yields  []waywarden.DataType `yaml:"yields"`
	Needs   []waywarden.DataType `yaml:"needs"`
	Roles   []string             `yaml:"roles"`
	Legal   string               `yaml:"legal"`
	Confirm struct {
		Seconds int `yaml:"t_s"`
		Effects []struct {
			Signal  string   `yaml:"signal"`
			Becomes []string `yaml:"becomes"`
		} `yaml:"effects"`
	} `yaml:"confirm"`
	Rules []string `yaml:"rules"`
	Seen  []string `yaml:"seen"`
	Note  string   `yaml:"note"`
}

func (k *Knowledge) loadTaxonomy() error {
	var f taxonomyFile
	if err := decode(taxonomyYAML, &f); err != nil {
		return err
	}
	k.roles = f.Roles
	k.idTypes = make([]IDType, len(f.IDTypes))
	k.byType = make(map[string]*IDType, len(f.IDTypes))
	for i, t := range f.IDTypes {
		k.idTypes[i] = IDType{waywarden.DataType(t.ID), t.Secret, t.Regex, t.CheckDigit, t.Note}
		k.byType[t.ID] = &k.idTypes[i]
	}
	k.classes = make([]Class, len(f.Classes))
	k.byID = make(map[string]*Class, len(f.Classes))
	for i := range f.Classes {
		c, err := f.Classes[i].class()
		if err != nil {
			return fmt.Errorf("class %s: %w", f.Classes[i].ID, err)
		}
		k.classes[i] = c
		k.byID[c.ID] = &k.classes[i]
	}
	for _, g := range f.Edges.Grants {
		k.grants = append(k.grants, Grant{g.Class, g.Grants})
	}
	for _, r := range f.Edges.Requires {
		k.requires = append(k.requires, Requirement{r.Prefix, r.AnyOf})
	}
	for _, e := range f.Edges.States {
		k.states = append(k.states, StateEdge(e))
	}
	for _, c := range f.Chains {
		k.chains = append(k.chains, Chain{c.Path, c.Incident, c.Note})
	}
	return nil
}

func (f *classFile) class() (Class, error) {
	c := Class{
		ID: f.ID, Name: f.Name, Sort: f.Kind, Tokens: f.Tokens, Neg: f.Neg, Yields: f.Yields, Needs: f.Needs,
		Roles: f.Roles, Legal: f.Legal, Rules: f.Rules, Seen: f.Seen, Note: f.Note,
	}
	for _, state := range [...]string{"parked", "trip_idle", "moving", "any"} {
		v, rated := f.SFOP[state]
		if !rated {
			continue
		}
		if len(v) != 4 {
			return Class{}, fmt.Errorf("sfop %s has %d ratings, want 4", state, len(v))
		}
		c.Impacts = append(c.Impacts, Impact{state, waywarden.Impact{Safety: v[0], Financial: v[1], Operational: v[2], Privacy: v[3]}})
	}
	if len(c.Impacts) != len(f.SFOP) || len(c.Impacts) == 0 {
		return Class{}, fmt.Errorf("sfop rates no state, or one that is not known: %v", f.SFOP)
	}
	c.Confirm.Within = time.Duration(f.Confirm.Seconds) * time.Second
	for _, e := range f.Confirm.Effects {
		c.Confirm.Effects = append(c.Confirm.Effects, Effect{e.Signal, e.Becomes})
	}
	return c, nil
}

// Classes returns all classes, in the order of the file. The caller must not change them.
func (k *Knowledge) Classes() []Class { return k.classes }

// Class returns a class by its id, or nil.
func (k *Knowledge) Class(id string) *Class { return k.byID[id] }

// IDTypes returns the types of data, in the order of the file.
func (k *Knowledge) IDTypes() []IDType { return k.idTypes }

// IDType returns a type of data by its id, or nil.
func (k *Knowledge) IDType(id waywarden.DataType) *IDType { return k.byType[string(id)] }

// Roles returns the roles that parties of connected mobility have.
func (k *Knowledge) Roles() []string { return k.roles }

// Chains returns the ways that attackers really went.
func (k *Knowledge) Chains() []Chain { return k.chains }

// Grants returns what a success of the class gives its caller: session, role, link; nil for none.
func (k *Knowledge) Grants(class string) []string {
	for i := range k.grants {
		if k.grants[i].Class == class {
			return k.grants[i].Grants
		}
	}
	return nil
}

// Requires returns what a call of the class needs, any one of it; nil for nothing. The longest prefix decides.
func (k *Knowledge) Requires(class string) []string {
	longest, anyOf := -1, []string(nil)
	for i := range k.requires {
		if r := &k.requires[i]; len(r.Prefix) > longest && strings.HasPrefix(class, r.Prefix) {
			longest, anyOf = len(r.Prefix), r.AnyOf
		}
	}
	return anyOf
}

// StateEdges returns the states that a success of the class brings about for others; nil for none.
func (k *Knowledge) StateEdges(class string) []StateEdge {
	var out []StateEdge
	for _, e := range k.states {
		if e.Class == class {
			out = append(out, e)
		}
	}
	return out
}

// Enables says whether a success of class a makes a call of class b possible at type level: by a type of data that a
// yields and b needs, or by a session, role or link that a grants and b requires. The link may take the way over a
// login, as after the recovery of an account. It only proposes; observed value flow confirms.
func (k *Knowledge) Enables(a, b string) bool {
	ca, cb := k.Class(a), k.Class(b)
	if ca == nil || cb == nil {
		return false
	}
	for _, y := range ca.Yields {
		if slices.Contains(cb.Needs, y) {
			return true
		}
	}
	for _, g := range k.Grants(a) {
		if slices.Contains(k.Requires(b), g) {
			return true
		}
	}
	return false
}

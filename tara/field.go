package tara

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waywarden/waywarden/internal/near"
)

// A Field is a value of a row that a person may set, as text: the form it has in the user's file, in tables and in what
// is said about drift.
type Field struct {
	Name string
	Of   func(*Row) string
	set  func(*Row, string)
	ok   func(string) (string, error) // normal form of a text, or what is wrong with it
}

// Fields returns the values that a person may set, in the order of a table.
func Fields() []Field {
	text := func(name string, at func(*Row) *string, ok func(string) (string, error)) Field {
		return Field{Name: name, Of: func(r *Row) string { return *at(r) }, set: func(r *Row, v string) { *at(r) = v }, ok: ok}
	}
	list := func(name string, at func(*Row) *[]string) Field {
		return Field{
			Name: name, Of: func(r *Row) string { return strings.Join(*at(r), ", ") },
			set: func(r *Row, v string) { *at(r) = split(v) },
			ok:  func(v string) (string, error) { return strings.Join(split(v), ", "), nil },
		}
	}
	impact := func(name string, at func(*Row) *int) Field {
		return Field{Name: name, Of: func(r *Row) string { return levels()[*at(r)] }, set: func(r *Row, v string) { *at(r) = slices.Index(levels(), v) }, ok: level}
	}
	return []Field{
		text("item", func(r *Row) *string { return &r.Item }, free),
		text("asset", func(r *Row) *string { return &r.Asset }, free),
		text("property", func(r *Row) *string { return &r.Property }, property),
		text("damageScenario", func(r *Row) *string { return &r.Damage }, free),
		text("threatScenario", func(r *Row) *string { return &r.Threat }, free),
		list("stride", func(r *Row) *[]string { return &r.STRIDE }),
		list("r155", func(r *Row) *[]string { return &r.R155 }),
		list("owasp", func(r *Row) *[]string { return &r.OWASP }),
		impact("safety", func(r *Row) *int { return &r.Impact.Safety }),
		impact("financial", func(r *Row) *int { return &r.Impact.Financial }),
		impact("operational", func(r *Row) *int { return &r.Impact.Operational }),
		impact("privacy", func(r *Row) *int { return &r.Impact.Privacy }),
		text("feasibility", func(r *Row) *string { return &r.Feasibility }, band),
		{Name: "risk", Of: func(r *Row) string { return strconv.Itoa(r.Risk) }, set: func(r *Row, v string) { r.Risk, _ = strconv.Atoi(v) }, ok: risk},
		text("cal", func(r *Row) *string { return &r.CAL }, cal),
		text("treatment", func(r *Row) *string { return &r.Treatment }, oneOf(treatments(), map[string]string{"mitigate": "reduce", "accept": "retain", "transfer": "share",
			"reduzieren": "reduce", "mindern": "reduce", "vermeiden": "avoid", "teilen": "share", "übertragen": "share", "akzeptieren": "retain", "tragen": "retain"})),
		text("goal", func(r *Row) *string { return &r.Goal }, free),
		text("claim", func(r *Row) *string { return &r.Claim }, free),
	}
}

func treatments() []string { return []string{"avoid", "reduce", "share", "retain"} }

// Normal returns the normal form of a text for the named field, or what is wrong with it.
func Normal(name, text string) (string, error) {
	for _, f := range Fields() {
		if f.Name == name {
			return f.ok(strings.TrimSpace(text))
		}
	}
	var names []string
	for _, f := range Fields() {
		names = append(names, f.Name)
	}
	return "", fmt.Errorf("there is no value %q; %s", name, near.Advice(name, names))
}

func split(v string) []string {
	out := []string{}
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func free(v string) (string, error) { return v, nil }

// levels are the words of impact, by rating.
func levels() []string { return []string{"negligible", "moderate", "major", "severe"} }

// oneOf reads one of the words, or a spelling of one. Nothing said is nothing said.
func oneOf(words []string, spellings map[string]string) func(string) (string, error) {
	return func(v string) (string, error) {
		low := strings.ToLower(v)
		w, other := spellings[low]
		switch {
		case v == "":
			return "", nil
		case other:
			return w, nil
		}
		low = strings.ReplaceAll(strings.ReplaceAll(low, " ", "_"), "-", "_")
		for _, w := range words {
			if strings.EqualFold(low, strings.ReplaceAll(w, "-", "_")) {
				return w, nil
			}
		}
		return "", fmt.Errorf("%q is none of %s", v, strings.Join(words, ", "))
	}
}

func property(v string) (string, error) {
	return oneOf([]string{"confidentiality", "integrity", "availability", "authenticity", "authorisation", "non-repudiation"}, map[string]string{
		"c": "confidentiality", "i": "integrity", "a": "availability", "authorization": "authorisation", "nonrepudiation": "non-repudiation",
		"vertraulichkeit": "confidentiality", "integrität": "integrity", "verfügbarkeit": "availability", "authentizität": "authenticity", "autorisierung": "authorisation",
	})(v)
}

// level reads an impact: a word, a number 0 to 3, or S0 to S3 and its like. What is empty is negligible: it was not rated.
func level(v string) (string, error) {
	digits := strings.TrimLeft(strings.ToLower(v), "sfop")
	if n, err := strconv.Atoi(strings.TrimSuffix(digits, ".0")); err == nil {
		if n < 0 || n > 3 {
			return "", fmt.Errorf("%q is no impact: 0 negligible, 1 moderate, 2 major, 3 severe", v)
		}
		return levels()[n], nil
	}
	if v == "" {
		return levels()[0], nil
	}
	return oneOf(levels(), map[string]string{"none": "negligible", "low": "moderate", "medium": "major", "high": "severe",
		"vernachlässigbar": "negligible", "moderat": "moderate", "mäßig": "moderate", "erheblich": "major", "schwerwiegend": "severe", "schwer": "severe"})(v)
}

func band(v string) (string, error) {
	return oneOf([]string{"very_low", "low", "medium", "high"}, map[string]string{
		"verylow": "very_low", "sehr gering": "very_low", "sehr niedrig": "very_low", "gering": "low", "niedrig": "low", "mittel": "medium", "hoch": "high",
	})(v)
}

func risk(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimLeft(v, "Rr"), ".0"))
	if err != nil || n < 1 || n > 5 {
		return "", fmt.Errorf("%q is no risk value: 1 to 5", v)
	}
	return strconv.Itoa(n), nil
}

func cal(v string) (string, error) {
	digits := strings.TrimSpace(strings.TrimPrefix(strings.ToUpper(v), "CAL"))
	if v == "" || v == "-" || strings.EqualFold(v, "none") {
		return "", nil
	}
	if n, err := strconv.Atoi(digits); err != nil || n < 1 || n > 4 {
		return "", fmt.Errorf("%q is no assurance level: CAL1 to CAL4", v)
	}
	return "CAL" + digits, nil
}

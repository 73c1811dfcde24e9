package words

import (
	"slices"
	"strings"
	"testing"
)

func TestEach(t *testing.T) {
	for name, want := range map[string]string{
		"":                  "",
		"--":                "",
		"vehicle":           "vehicle",
		"vehicleId":         "vehicle Id",
		"charging-sessions": "charging sessions",
		"grant_type":        "grant type",
		"VINNumber":         "VIN Number",
		"userIDs":           "user IDs",
		"IDsOfUsers":        "IDs Of Users",
		"SOAPAction":        "SOAP Action",
		"oauth2Login":       "oauth2 Login",
		"userID2":           "user ID2",
		"a.b[0].cD":         "a b 0 c D",
		"größeÄndern":       "größeÄndern",
		"XMLHttpRequest":    "XML Http Request",
		"X":                 "X",
	} {
		var got []string
		Each(name, func(w string) { got = append(got, w) })
		if strings.Join(got, " ") != want {
			t.Errorf("Each(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for name, want := range map[string][]string{
		"Fahrgestell-Nummer": {"fahrgestell", "nummer"},
		"größeÄndern":        {"groesseaendern"},
		"código_postal":      {"codigo", "postal"},
		"oneTwoThreeFour":    {"one", "two", "three"},
	} {
		var buf [3]string
		if got := Split(name, buf[:0]); !slices.Equal(got, want) {
			t.Errorf("Split(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzEach(f *testing.F) {
	f.Add("chargingSessionIDs_2fa")
	f.Fuzz(func(t *testing.T, name string) {
		var all strings.Builder
		Each(name, func(w string) {
			if w == "" {
				t.Error("an empty word")
			}
			all.WriteString(w)
		})
		for i := range len(name) {
			if part(name[i]) && strings.IndexByte(all.String(), name[i]) < 0 {
				t.Errorf("%q lost %q", name, name[i])
			}
		}
	})
}

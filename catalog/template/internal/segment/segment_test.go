package segment

import (
	"slices"
	"testing"
)

func TestShapeOf(t *testing.T) {
	for s, want := range map[string]Shape{
		"vehicles": Word, "Vehicles": Word, "charge-sessions": Compound, "chargeSessions": Compound, "DATEX": Upper, "oauth2": Mixed,
		"v1": Version, "v2.1": Version, "2.2.1": Version, "v1beta1": Version, "7": Small, "4711": Number, "-12.5": Number, "12.25": Number, "123456": Serial,
		"3fa85f64-5717-4562-b3fc-2c963f66afa6": UUID, "01HWNX3FDR5TSVQ3A6ZXGQ8GTB": ULID, "1HGBH41JXMN109186": VIN, "WVWZZZ1JZ3W386752": VINLike, "WVWZZZ1JZ********": Escaped,
		"9f86d081884c7d65": Hex, "wr84e9mTRBxnstcle057zXci": Random, "AB1234": Code, "usr_8f3kq2x1": Prefixed, "2024-05-17": Date, "20240517": Date, "2024-05": Date,
		"20240517T1200Z": Date, "2024-13-01": Code, "a.b@example.com": Email, "a%40example.com": Email, "DE*ABC*E1234*1": EVSE, "49*123*456*7": EVSE,
		"DE-8AA-C12345678-9": EMAID, "52.52,13.40": Position, "M%C3%BCnchen": Escaped, "de-DE": Locale, "zh-Hans-CN": Locale, "DE-de": Compound, ".env": Hidden,
		"192.168.0.1": Address, "app.example.org": Address, "report.pdf": File, "": Other, "*": Other, "--": Other,
	} {
		if got := ShapeOf(s); got != want {
			t.Errorf("ShapeOf(%q) = %s (%d), want %s (%d)", s, got.Kind(), got, want.Kind(), want)
		}
	}
}

func TestTokens(t *testing.T) {
	for path, want := range map[string][]Token{
		"/":               nil,
		"//cars//17":      {{"cars", Whole, 0}, {"17", Whole, 1}},
		"/cars/17.json":   {{"cars", Whole, 0}, {"17", Whole, 1}, {".json", Fixed, 1}},
		"/cars/17:cancel": {{"cars", Whole, 0}, {"17", Whole, 1}, {":cancel", Fixed, 1}},
		"/Cars(17)/x":     {{"Cars", Whole, 0}, {"(", Fixed, 0}, {"17", Value, 0}, {"x", Whole, 1}},
		"/map;x=1;y=2":    {{"map", Whole, 0}, {";x=", Fixed, 0}, {"1", Value, 0}, {";y=", Fixed, 0}, {"2", Value, 0}},
	} {
		if got, _ := Tokens(path, nil); !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %v, want %v", path, got, want)
		}
	}
	if _, slash := Tokens("/cars/", nil); !slash {
		t.Error("the trailing slash of /cars/ was not seen")
	}
}

func TestNormal(t *testing.T) {
	for path, want := range map[string]string{"/a%2db": "/a-b", "/a%c3%bc": "/a%C3%BC", "/a%zz": "/a%zz", "/plain": "/plain"} {
		if got := Normal(path); got != want {
			t.Errorf("Normal(%q) = %q, want %q", path, got, want)
		}
	}
	if got := Decode("M%C3%BCnchen%"); got != "München%" {
		t.Errorf("Decode = %q", got)
	}
}

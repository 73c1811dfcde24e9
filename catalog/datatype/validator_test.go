package datatype

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waywarden/waywarden"
)

func TestValidators(t *testing.T) {
	for _, c := range []struct {
		name   string
		is     func(string) bool
		yes    []string
		no     []string
		reason string
	}{
		{"VIN", IsVIN, []string{"1HGCM82633A004352", "1M8GDM9AXKP042788"},
			[]string{"1HGCM82643A004352", "WDB9634031L123456", "11111111111111111", "1HGCM82633A00435", "1HGCM82633A0O4352", ""}, "49 CFR 565.15"},
		{"VIN-like", IsVINLike, []string{"WDB9634031L123456", "VF1RFB00X65432109"}, []string{"WDB963403IL123456", "12345678901234567", "ABCDEFGHJKLMNPRST"}, "form"},
		{"masked VIN", IsMaskedVIN, []string{"WBA**********4711", "WBAXXXXXXXXXX1234", "5YJ3E1EAxxxxxxxxx", "************12316"}, []string{"*****************", "WDB9634031L123456", "WBA**47"}, "hidden"},
		{"e-mail", IsEmail, []string{"a@b.de", "jürgen.o'neil+x@mail.example.com", "a***@example.com"}, []string{"a@b", "@b.de", "a b@c.de", "a@b.1", "a@@b.de", "http://a@b.de/x"}, "RFC 5321"},
		{"E.164", IsE164, []string{"+491711234567", "+1 (407) 555-0001", "+33 6 12 34 56 78"}, []string{"491711234567", "+0123456789", "+12", "+1234567890123456", "+49abc"}, "ITU-T E.164"},
		{"phone", IsPhone, []string{"0171 2345678", "06 12 34 56 78", "13812345678", "+491711234567"}, []string{"12345", "1234567890123456", "12:30", "abc"}, "national"},
		{"IMEI", IsIMEI, []string{"356938035643809", "490154203237518"}, []string{"356938035643808", "12345678901234", "123456789012347"}, "3GPP TS 23.003"},
		{"ICCID", IsICCID, []string{"89490000000000000187"}, []string{"8944110065257430021", "7944110065257430026", "89"}, "ITU-T E.118"},
		{"UUID", IsUUID, []string{"7f9c24e8-3b1a-4c1e-9f2a-0a1b2c3d4e5f"}, []string{"7f9c24e83b1a4c1e9f2a0a1b2c3d4e5f", "7f9c24e8-3b1a-4c1e-9f2a-0a1b2c3d4e5g"}, "RFC 9562"},
		{"ULID", IsULID, []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}, []string{"81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU"}, "spec"},
		{"JWT", IsJWT, []string{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP"}, []string{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "eyJh.b.c", "abc.def.ghi"}, "RFC 7519"},
		{"EVSE id", IsEVSE, []string{"DE*ABC*E1234*1", "BE*BEC*E041503001", "+49*810*000*438", "FR*A23*E45B*78C", "NL-TNM-E02003451"}, []string{"DEABC", "2026-03-02", "a*b*c", "de*abc*e1", "DE*A*E1"}, "ISO 15118"},
		{"contract id", IsEMAID, []string{"DE-8AA-C12345678-X", "DE8AAC12345678", "NL-TNM-000122045-U", "DE8AAC1234567A8"}, []string{"DE8AAX12345678", "AB", "HELLO-WORLD-THIS"}, "ISO 15118-1"},
		{"IBAN", IsIBAN, []string{"DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"}, []string{"DE88370400440532013000", "DE89"}, "ISO 13616"},
		{"card", IsPaymentCard, []string{"4111111111111111", "378282246310005"}, []string{"4111111111111112", "1234567890123452"}, "ISO/IEC 7812"},
		{"plate", IsPlate, []string{"B-MW 1234", "AB-123-CD", "1234 BCD", "LB07 SEO", "沪A12345", "7ABC123", "12-ABC-3"}, []string{"", "hello", "ABCDEFGH1234", "2026-03-02T10", "a--1", "12"}, "loose"},
		{"point", IsPoint, []string{"48.1371,11.5754", "geo:48.1371,11.5754;u=35", "POINT(11.5754 48.1371)"}, []string{"1,2", "48.1,11.5", "a,b", "190.1234,1.1234"}, "WGS 84"},
		{"artefact", IsArtefactURL, []string{"https://fw.example/a/1.2.bin", "ftp://x.example/firmware/p.zip?sig=1"}, []string{"https://x.example/docs.zip", "https://x.example/a.png"}, "software"},
		{"date and time", IsDateTime, []string{"2026-03-02T09:00:00Z", "2026-03-02T09:00:00.123+01:00"}, []string{"2026-03-02", "2026-13-02T09:00:00Z", "2026-03-02T09:00:00"}, "RFC 3339"},
	} {
		for _, v := range c.yes {
			if !c.is(v) {
				t.Errorf("%s: %q is one (%s)", c.name, v, c.reason)
			}
		}
		for _, v := range c.no {
			if c.is(v) {
				t.Errorf("%s: %q is none (%s)", c.name, v, c.reason)
			}
		}
	}
}

// The check characters are those of the examples that implementations of the rule agree on.
func TestContractCheckCharacter(t *testing.T) {
	for id, want := range map[string]byte{
		"NN123ABCDEFGHI": 'T', "FRXYZ123456789": '2', "ITA1B2C3E4F5G6": '4', "ESZU8WOX834H1D": 'R',
		"PT73902837ABCZ": 'Z', "DE83DUIEN83QGZ": 'D', "DE83DUIEN83ZGQ": 'M', "DE8AA001234567": '0', "NLTNM000122045": 'U',
	} {
		if got, ok := contractCheck(id); !ok || got != want {
			t.Errorf("%s: check character %q, want %q", id, got, want)
		}
		if id[:2] != "NN" && !EMAIDCheck(id+string(want)) {
			t.Errorf("%s%c is a contract id", id, want)
		}
	}
	if EMAIDCheck("DE8AA0012345671") || EMAIDCheck("de8aa0012345670") {
		t.Error("a wrong check character, or a wrong alphabet, passed")
	}
}

func TestStrongTypes(t *testing.T) {
	for v, want := range map[string]waywarden.DataType{
		"1HGCM82633A004352": waywarden.TypeVIN, "a@b.de": waywarden.TypeEmail, "+491711234567": waywarden.TypePhone,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP": waywarden.TypeAccessToken,
		"AKIAIOSFODNN7QWERTYU":                              waywarden.TypeCloudSecret, "-----BEGIN RSA PRIVATE KEY-----\nMIIB": waywarden.TypeKeyMaterial,
		"7f9c24e8-3b1a-4c1e-9f2a-0a1b2c3d4e5f": "", "hello": "", "": "", "12345678": "", "WDB9634031L123456": "",
	} {
		if got := Strong(v); got != want {
			t.Errorf("%q is %q, want %q", v, got, want)
		}
	}
}

// TestSecretsOfTheTrade measures the forms of cloud secrets on other people's examples: those in which a known form
// stands alone, and those that are none.
func TestSecretsOfTheTrade(t *testing.T) {
	dir := os.Getenv("WAYWARDEN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	f, err := os.Open(filepath.Join(dir, "data", "sensitive", "gitleaks_cases.tsv"))
	if err != nil {
		t.Skip("no development data here: set WAYWARDEN_SHARED")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	wrong, nots, hits := 0, 0, 0
	for _, row := range rows[1:] {
		if len(row) < 3 {
			continue
		}
		if row[1] == "not" && strings.Contains(row[2], "AIza") {
			continue // keys of the right form that are merely well known
		}
		found := false
		for _, v := range strings.FieldsFunc(row[2], func(c rune) bool { return strings.ContainsRune(" \t\n\"'`=:;,()<>", c) }) {
			found = found || secretPrefix(v) && IsCloudSecret(v)
		}
		switch row[1] {
		case "not":
			nots++
			if found {
				wrong++
				t.Logf("taken for a secret: %.120s", row[2])
			}
		default:
			if found {
				hits++
			}
		}
	}
	t.Logf("%d examples hold a known form; %d of %d that are none were taken for one", hits, wrong, nots)
	if hits < 15 || wrong*50 > nots {
		t.Errorf("too few found, or more than one in fifty wrong")
	}
}

func FuzzShapes(f *testing.F) {
	for _, s := range []string{"", "DE*ABC*E1", "+49 171 1", "a@b.de", "POINT(1.234 5.678)", "eyJ.a.b", "-----BEGIN X", "沪A12345", "geo:1.0000,2.0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var st Stats
		st.Observe(s, waywarden.ValueText)
		Of(Context{Name: Read(s)}, &st)
		if typ := Strong(s); typ == waywarden.TypeEmail && !strings.Contains(s, "@") {
			t.Errorf("%q is no e-mail address", s)
		}
	})
}

func TestReadsNamesOfManyStyles(t *testing.T) {
	for name, want := range map[string]Concepts{
		"userID": cPerson | cID, "VINNumber": cVIN, "e-mail": cEmail, "charge_point_id": cStation | cID, "fahrgestellNummer": cVIN,
		"kundennummer": cPerson | cID, "sessionid": cSession | cID, "numéro_de_téléphone": cID | cPhone, "licence-plate": cPlate,
		"EVSEIDs": cStation | cID,
	} {
		if m := Read(name); m.all&want != want || m.unknown > 0 {
			t.Errorf("%s: meanings %b, %d words unknown, want at least %b", name, m.all, m.unknown, want)
		}
	}
	if m := Read("zzyzx_qwv"); m.all != 0 || m.unknown != 2 {
		t.Errorf("made-up words mean %b", m.all)
	}
}

package datatype

import (
	"encoding/base64"
	"strings"
)

// IsJWT says whether s is a JSON Web Token, signed or encrypted: base64url parts, the first of them a JSON object.
func IsJWT(s string) bool {
	if len(s) < 20 || len(s) > 16384 || !strings.HasPrefix(s, "eyJ") {
		return false
	}
	dots := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			dots++
		case !isAlnumByte(c) && c != '-' && c != '_' && c != '=':
			return false
		}
	}
	if dots != 2 && dots != 4 {
		return false
	}
	head := s[:strings.IndexByte(s, '.')]
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(head, "="))
	return err == nil && len(b) >= 2 && b[0] == '{' && b[len(b)-1] == '}'
}

// isPEM says whether s is the text form of a private key or a certificate; public keys are no secret.
func isPEM(s string) bool {
	const begin = "-----BEGIN "
	if !strings.HasPrefix(s, begin) {
		return false
	}
	label, _, ok := strings.Cut(s[len(begin):min(len(s), len(begin)+64)], "-----")
	return ok && (strings.HasSuffix(label, "PRIVATE KEY") || strings.HasSuffix(label, "PRIVATE KEY BLOCK") || label == "CERTIFICATE")
}

// A secretForm is the form of one cloud service's credentials: a prefix, then at least so many and at most so many
// characters of an alphabet. The forms are the services' published ones.
type secretForm struct {
	prefix   string
	min, max int
	also     string // characters allowed beside letters and digits
}

var secretForms = []secretForm{
	{"AKIA", 16, 16, ""}, {"ASIA", 16, 16, ""}, {"ABIA", 16, 16, ""}, {"ACCA", 16, 16, ""}, // AWS access key ids
	{"AIza", 35, 35, "-_"},     // Google API key
	{"ya29.", 20, 2048, "-_."}, // Google OAuth access token
	{"GOCSPX-", 20, 40, "-_"},  // Google OAuth client secret
	{"ghp_", 36, 36, ""}, {"gho_", 36, 36, ""}, {"ghu_", 36, 36, ""}, {"ghs_", 36, 36, ""}, {"ghr_", 36, 76, ""},
	{"github_pat_", 60, 90, "_"},
	{"glpat-", 20, 300, "-_."}, {"glptt-", 40, 40, ""}, {"gldt-", 20, 64, "-_"}, {"glrt-", 20, 64, "-_"},
	{"xoxb-", 20, 120, "-"}, {"xoxp-", 20, 120, "-"}, {"xoxa-", 20, 120, "-"}, {"xoxe-", 20, 250, "-"}, {"xapp-", 20, 120, "-"},
	{"sk_live_", 10, 120, ""}, {"rk_live_", 10, 120, ""}, {"sk_test_", 10, 120, ""}, {"rk_test_", 10, 120, ""}, {"whsec_", 24, 64, "+/="},
	{"SG.", 60, 70, "-_."},
	{"sk-ant-api03-", 95, 95, "-_"}, {"sk-ant-admin01-", 95, 95, "-_"}, {"sk-proj-", 40, 200, "-_"},
	{"dop_v1_", 64, 64, ""}, {"doo_v1_", 64, 64, ""}, {"dor_v1_", 64, 64, ""},
	{"hvs.", 24, 300, "-_"}, {"hvb.", 100, 300, "-_"},
	{"npm_", 36, 36, ""}, {"pypi-AgEIcHlwaS5vcmc", 50, 1000, "-_"},
	{"dckr_pat_", 20, 40, "-_"}, {"shpat_", 32, 32, ""}, {"shpss_", 32, 32, ""}, {"lin_api_", 40, 40, ""},
	{"PMAK-", 59, 59, "-"}, {"rubygems_", 48, 48, ""}, {"pul-", 40, 40, ""}, {"sntrys_", 60, 400, "+/=_-"},
	{"glsa_", 32, 60, "_"}, {"glc_", 32, 400, "+/="}, {"AGE-SECRET-KEY-1", 58, 58, ""},
	{"EZAK", 54, 54, ""}, {"EZTK", 54, 54, ""}, {"NRAK-", 27, 27, ""}, {"NRJS-", 19, 19, ""}, {"hf_", 34, 40, ""},
	{"AccountKey=", 80, 90, "+/="}, {"SharedAccessKey=", 43, 48, "+/="}, {"FwoGZXIvYXdz", 50, 2000, "+/="},
}

// azureSecret says whether s is the client secret of an Azure application: "Q~" behind three characters and a digit.
func azureSecret(s string) bool {
	return len(s) >= 37 && len(s) <= 40 && s[4:6] == "Q~" && s[3]-'0' <= 9 && onlyOf(s, "_~.-") && varied(s)
}

// slackWebhook is the address by which anyone who knows it writes into a channel.
const slackWebhook = "https://hooks.slack.com/services/T"

// secretFirst are the first characters of the forms above, and of addresses with a password and of PEM.
var secretFirst = func() (m [256]bool) {
	for _, f := range secretForms {
		m[f.prefix[0]] = true
	}
	m['h'] = true // of slackWebhook
	return m
}()

// secretPrefix says cheaply whether a value may be a cloud service's credential.
func secretPrefix(s string) bool {
	return len(s) >= 20 && (secretFirst[s[0]] || s[4:6] == "Q~")
}

// IsCloudSecret says whether s is a credential of a cloud service in its published form.
func IsCloudSecret(s string) bool {
	if azureSecret(s) || strings.HasPrefix(s, slackWebhook) && len(s) > len(slackWebhook)+30 {
		return true
	}
	for _, f := range secretForms {
		rest, ok := strings.CutPrefix(s, f.prefix)
		if !ok || len(rest) < f.min || len(rest) > f.max || f.also == "" && f.max == 16 && !isAlnum(rest) {
			continue
		}
		if onlyOf(rest, f.also) && varied(rest) && !strings.HasSuffix(rest, "EXAMPLE") {
			return true
		}
	}
	return false
}

func onlyOf(s, also string) bool {
	for i := range len(s) {
		if !isAlnumByte(s[i]) && strings.IndexByte(also, s[i]) < 0 {
			return false
		}
	}
	return true
}

// varied says whether a secret's characters vary as drawn ones do: placeholders such as "XXXX…" do not.
func varied(s string) bool {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n >= min(10, len(s)/2)
}

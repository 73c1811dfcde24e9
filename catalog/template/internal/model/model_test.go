package model

import (
	"bytes"
	"strings"
	"testing"
)

func TestFileIsReadBack(t *testing.T) {
	m := Builtin()
	file := m.Bytes()
	again, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, again.Bytes()) {
		t.Error("the model read back is another one")
	}
	for _, cut := range []int{0, 3, 100, GramCount, len(file) / 2} {
		if _, err := Read(file[:cut]); err == nil && cut < GramCount {
			t.Errorf("a file cut at %d was read", cut)
		}
	}
}

func TestCharTellsIdentifiersFromWords(t *testing.T) {
	m := Builtin()
	for _, word := range []string{"vehicles", "chargingSessions", "status"} {
		for _, id := range []string{"wr84e9mTRBxnstcle", "7f25553b-ea19", "AB93XK2"} {
			if m.Char(word) >= m.Char(id) {
				t.Errorf("%s looks more like a value than %s", word, id)
			}
		}
	}
}

func TestWordsKnowsWhatAPIsAreMadeOf(t *testing.T) {
	m := Builtin()
	if got := m.Words("user-accounts"); got != 1 {
		t.Errorf("user-accounts is known for %.2f", got)
	}
	if got := m.Words("kettledrum"); got != 0 {
		t.Errorf("kettledrum is known for %.2f", got)
	}
	if u := m.Usage("users"); u.Providers < 5 || u.Opens == 0 {
		t.Errorf("users is used as %+v", u)
	}
}

func TestEachPart(t *testing.T) {
	for token, want := range map[string]string{"chargingSessions": "charging Sessions", "oauth2-login": "oauth login", "v2": "", "a.b.cd": "cd"} {
		var got []string
		EachPart(token, func(s string) { got = append(got, s) })
		if strings.Join(got, " ") != want {
			t.Errorf("EachPart(%q) = %q, want %q", token, got, want)
		}
	}
	if LexiconKey("charging-sessions") != LexiconKey("chargingSessions") {
		t.Error("separators and case tell literals apart")
	}
}

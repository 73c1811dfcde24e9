package template

import (
	"strings"

	"github.com/waywarden/waywarden/catalog/template/internal/model"
	"github.com/waywarden/waywarden/catalog/template/internal/segment"
	"github.com/waywarden/waywarden/catalog/template/internal/sketch"
)

// The costly error is to pool endpoints of different functions: /lock with /unlock. The guard prevents it whatever the
// classifier believes: a closed set of words that name actions, or that stand where actions stand, stays apart. A set
// of words that keeps growing, or that responses give out as identifiers, is none of its business.

// verbs name actions in the languages of the people who build vehicle and charging APIs, in lower case, without
// accents. They are only ever used to keep endpoints apart.
const verbs = ` lock unlock open close start stop begin end on off enable disable activate deactivate arm disarm engage disengage wake sleep honk flash blink beep
 horn lights precondition defrost heat cool charge discharge plug unplug pause resume cancel abort confirm accept reject approve deny decline grant revoke
 request release reserve unreserve book unbook checkin checkout return pickup dropoff assign unassign attach detach link unlink pair unpair bind unbind
 connect disconnect join leave invite remove delete add create update set unset reset clear get fetch list search find query lookup validate verify check
 authorize authorise deauthorize authenticate login logout signin signout signup register unregister enroll subscribe unsubscribe publish unpublish
 install uninstall upgrade downgrade rollback flash reboot restart shutdown refresh renew rotate sync import export upload download send resend
 submit withdraw transfer move copy merge split archive restore suspend unsuspend block unblock ban unban mute unmute follow unfollow like unlike
 immobilize immobilise mobilize remobilize immobilizer trigger execute run dispatch schedule unschedule locate ping track untrack navigate drive park summon
 ignition engine trunk frunk hood window windows sunroof door doors climate valet sentry remote
 pay refund capture void settle charge topup rate report complete finish close reopen dismiss acknowledge ack escalate resolve
 abrir cerrar bloquear desbloquear iniciar detener parar arrancar encender apagar activar desactivar cancelar reservar liberar pausar reanudar
 ouvrir fermer verrouiller deverrouiller demarrer arreter activer desactiver annuler reserver liberer klaxonner allumer eteindre
 oeffnen offnen oeffne schliessen schliesse verriegeln verriegele entriegeln entriegele sperren entsperren starten anhalten stoppen einschalten ausschalten aktivieren deaktivieren buchen stornieren
 freigeben laden beenden wecken hupen blinken sperre entsperre verlaengern pruefen anfordern abbrechen bestaetigen zuweisen
 apri chiudi blocca sblocca avvia ferma accendi spegni attiva disattiva prenota annulla
 abre fecha bloqueia desbloqueia inicia pare liga desliga ativar desativar
 openen sluiten vergrendelen ontgrendelen starten stoppen reserveren annuleren
 las laas lasa upp oppna stang starta stoppa boka avboka
 otworz zamknij zablokuj odblokuj uruchom zatrzymaj wlacz wylacz
 kilitle ac kapat baslat durdur iptal
 suo kai kaisuo guansuo jiesuo qidong tingzhi kaimen guanmen `

// places are the names of segments below which actions stand, whatever they are called; also as the last word of one.
const places = ` command commands cmd cmds action actions remotecontrol remotecommands remoteservice remoteservices
 befehl befehle kommando kommandos aktion aktionen fernsteuerung comando comandos accion acciones commande commandes azione azioni comandi acao acoes
 opdracht opdrachten kommandon polecenie polecenia komut komutlar zhiling `

// wholePlaces are such names only when they are the whole segment.
const wholePlaces = ` actuator debug management manage internal wellknown operation operations remote control controls rpc function functions method methods invoke trigger triggers do execute steuerung `

// wordsIn returns the words of a list between spaces as a set.
func wordsIn(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, l := range lists {
		for w := range strings.FieldsSeq(l) {
			set[w] = true
		}
	}
	return set
}

var (
	verbSet  = wordsIn(verbs)
	placeSet = wordsIn(places)
	wholeSet = wordsIn(places, wholePlaces)
)

// isAction says whether a word, of any case, names an action.
func isAction(word string) bool {
	if len(word) > 16 {
		return false
	}
	var low [16]byte
	for i := range len(word) {
		low[i] = word[i]
		if word[i] >= 'A' && word[i] <= 'Z' {
			low[i] |= 0x20
		}
	}
	return verbSet[string(low[:len(word)])]
}

// acts says whether a word of a token names an action.
func acts(token string) bool {
	found := false
	model.EachPart(token, func(p string) { found = found || isAction(p) })
	return found
}

// isPlace says whether actions stand below a literal of that name.
func isPlace(token string) bool {
	last := ""
	model.EachPart(token, func(p string) { last = p })
	return placeSet[strings.ToLower(last)] || wholeSet[strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(token))]
}

// valueLike is the character score, a logit, from which a token is no word of a language.
const valueLike = 1.5

// The bounds of a closed set of words.
const (
	closedMax    = 64  // a larger set is no set of actions
	closedGrowth = .35 // share of its calls that bring a word seen once
	actionShare  = .3  // share of its words that name actions
	// readActionShare is that of words that are only ever read: pages may be called after actions, too.
	readActionShare = .6
	strangeMax      = 24 // more words of which hardly one is known are no set of actions
	closedMin       = 8  // fewer words that identifiers follow may be the names of objects
	differMax       = 24 // of words that are told apart by the fields of their bodies
)

// rootSet holds the literals below which a small number is the version of the API.
var rootSet = wordsIn(" api apis rest v ver version versions rel release ws services service public ")

// The bounds of a set of versions.
const (
	versionsMax  = 8 // of one API in use at a time
	versionDepth = 5 // tokens before it
)

// guardVersions keeps versions of an API literal: v2, 2.2.1, or a small number right below the root of an API.
func guardVersions(v *view, cs []*candidate, depth int) {
	if depth > versionDepth || v.param {
		return
	}
	versions, numbers, others := versionsIn(cs)
	numbered := others == 0 && numbers <= versionsMax/2 && v.isRoot(depth)
	for _, c := range cs {
		if c.versions() && versions <= versionsMax || c.numbers() && numbered {
			c.keep("a version of the API")
		}
	}
}

// versionsIn counts what is written as a version, the numbers that could be one, and what is surely an identifier.
func versionsIn(cs []*candidate) (versions, numbers, others int) {
	for _, c := range cs {
		switch {
		case c.live == 0 || c.role != segment.Whole:
		case c.shape == segment.Version:
			versions++
		case c.numbers():
			numbers++
		case c.belief > .5 && c.shape.Opaque():
			others++
		}
	}
	return versions, numbers, others
}

// isRoot says whether the version of an API may stand below v as a mere number.
func (v *view) isRoot(depth int) bool {
	return v.role == segment.Whole && (depth == 0 || rootSet[strings.ToLower(v.token)]) && !hasFolded(v)
}

// versions says whether the candidate is written as a version that something follows.
func (c *candidate) versions() bool { return c.shape == segment.Version && len(c.below) > 0 }

// numbers says whether the candidate is a small number that something follows, as the version of an API is.
func (c *candidate) numbers() bool { return c.shape == segment.Small && len(c.below) > 0 }

// guardSystem keeps the system resources of OData ($count, $value, $ref) literal.
func guardSystem(cs []*candidate) {
	for _, c := range cs {
		if c.role == segment.Whole && len(c.token) > 1 && c.token[0] == '$' && segment.IsWord(c.token[1:]) {
			c.keep("a system resource")
		}
	}
}

// keep makes the candidate a literal whatever is believed.
func (c *candidate) keep(why string) {
	if c.belief > .5 {
		c.belief, c.guarded, c.why = 0, true, why
	}
}

func hasFolded(v *view) bool {
	for _, n := range v.raw {
		if n.any != nil {
			return true
		}
	}
	return false
}

// guard keeps closed sets of actions below v apart, and versions.
func (l *Learner) guard(v *view, cs []*candidate, depth int) {
	guardVersions(v, cs, depth)
	guardSystem(cs)
	for _, n := range v.raw {
		if n.any != nil && n.any.folded.values > closedMax {
			return
		}
	}
	s := suspects(v, cs)
	if why := s.closed(v); why != "" {
		for _, c := range s.words {
			c.keep(why)
		}
	}
}

// A wordSet is the words below a view that are about to be pooled, and what they have in common.
type wordSet struct {
	words                  []*candidate
	place                  bool    // actions stand here, whatever they are called
	acts, changes, managed float64 // how many name actions, are called with methods that change something, are managed as resources
	collections            float64 // directly followed by what is surely or most likely a value
	listed                 float64 // of these, ended at by calls of their own
	known                  float64 // how many are made of words that other APIs' literals are made of
	calls, ones, issued    float64
	like, compared         float64 // likeness of the fields of the bodies of neighbours, and of how many pairs that is the sum
}

// suspects gathers the words that are taken for values and read like words of a language.
func suspects(v *view, cs []*candidate) *wordSet {
	s := &wordSet{place: !v.param && isPlace(v.token)}
	for _, c := range cs {
		if c.belief <= .5 || c.live == 0 || !c.shape.Wordy() || !s.place && !c.act && c.parts < .5 && c.char > valueLike {
			continue
		}
		managed := !v.param && c.managed()
		s.words = append(s.words, c)
		s.calls += c.live
		s.acts += float64(flag(c.act && !managed))
		s.managed += float64(flag(managed))
		s.known += float64(flag(c.act || c.parts >= .5))
		s.collections += float64(flag(c.valueBelow()))
		s.listed += float64(flag(c.valueBelow() && c.methods != 0))
		s.changes += float64(flag(c.methods&^(methodGet|methodHead|methodOptions) != 0))
		s.issued += c.issued / c.calls
		s.ones += float64(flag(c.live == 1))
	}
	for i := 1; i < len(s.words); i++ {
		a, b := s.words[i-1], s.words[i]
		s.compare(a.response, b.response)
		s.compare(a.request, b.request)
	}
	return s
}

// managed says whether the candidate is read or written, and deleted: a resource with a name, which no command is.
func (c *candidate) managed() bool {
	return c.methods&methodDelete != 0 && c.methods&(methodGet|methodPut|methodPatch) != 0
}

func (s *wordSet) compare(a, b uint64) {
	if a != 0 && b != 0 {
		s.compared++
		s.like += sketch.Alike(a, b)
	}
}

// closed returns why the words below v are a closed set of functions, "" when nothing says that they are.
func (s *wordSet) closed(v *view) string {
	m := float64(len(s.words))
	if m == 0 || s.issued/m > .5 {
		return ""
	}
	if s.collects(m) {
		return "a closed set of known words that values follow"
	}
	if m > closedMax {
		return ""
	}
	switch {
	case s.acts/m >= actionShare && (s.changes > 0 || s.acts > 1 && s.acts/m >= readActionShare):
		return "the words name actions"
	case s.place && s.stands(m):
		return "actions stand below " + v.token
	case s.differs(m):
		return "a closed set of words whose bodies have different fields"
	}
	return ""
}

// stands says whether nothing speaks against the words being the actions at a place where actions stand: that they grow
// in number, that most are managed as resources, or that they are many of which none is known.
func (s *wordSet) stands(m float64) bool {
	growing := s.ones/s.calls > closedGrowth && m > 8
	strange := m > strangeMax && s.known/m < .2
	return !growing && !strange && s.managed/m < .5
}

// collects says whether the words are the names of collections: such as APIs are made of, few, and followed by identifiers;
// or whatever they are, many that have long ceased to become more, some of which are called themselves.
func (s *wordSet) collects(m float64) bool {
	if m < 2 || s.collections/m < .5 {
		return false
	}
	known := s.known/m >= .75 && s.ones/s.calls < .2
	closed := m >= closedMin && s.collections/m >= .75 && s.listed/m >= .2 && s.ones/s.calls < .02
	return known || closed
}

// differs says whether the words are few and often seen, and their bodies have mostly different fields.
func (s *wordSet) differs(m float64) bool {
	seen := s.ones/s.calls < .1 && s.calls >= 6*m
	return m > 1 && m <= differMax && seen && s.compared >= m/2 && s.like/s.compared < .35
}

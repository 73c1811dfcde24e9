package template

import "strings"

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

// isPlace says whether actions stand below a literal of that name.
func isPlace(token string) bool {
	last := ""
	EachPart(token, func(p string) { last = p })
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
	versions, numbers, others := 0, 0, 0
	for _, c := range cs {
		switch {
		case c.live == 0 || c.role != whole:
		case c.shape == shapeVersion:
			versions++
		case c.shape == shapeSmall && len(c.below) > 0:
			numbers++
		case c.belief > .5 && c.shape.opaque():
			others++
		}
	}
	low := v.role == whole && (depth == 0 || rootSet[strings.ToLower(v.token)])
	if hasFolded(v) {
		low = false
	}
	for _, c := range cs {
		version := c.shape == shapeVersion && len(c.below) > 0 && versions <= versionsMax
		number := c.shape == shapeSmall && len(c.below) > 0 && low && numbers <= versionsMax/2 && others == 0
		if c.belief > .5 && (version || number) {
			c.belief, c.guarded, c.why = 0, true, "a version of the API"
		}
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
	var words []*candidate
	var acts, changes, calls, ones, issued, like, compared float64
	for _, c := range cs {
		if c.belief <= .5 || c.live == 0 || !c.shape.wordy() || !c.act && c.parts < .5 && c.char > valueLike {
			continue
		}
		words = append(words, c)
		calls += c.live
		acts += float64(flag(c.act))
		changes += float64(flag(c.methods&^(methodGet|methodHead|methodOptions) != 0))
		issued += c.issued / c.calls
		ones += float64(flag(c.live == 1))
	}
	if len(words) == 0 || len(words) > closedMax {
		return
	}
	m := float64(len(words))
	for _, n := range v.raw {
		if n.any != nil && n.any.folded.values > closedMax {
			return
		}
	}
	if issued/m > .5 {
		return
	}
	for i := 1; i < len(words); i++ {
		a, b := words[i-1], words[i]
		if a.response != 0 && b.response != 0 {
			compared++
			like += alike(a.response, b.response)
		}
		if a.request != 0 && b.request != 0 {
			compared++
			like += alike(a.request, b.request)
		}
	}
	var why string
	growing := ones/calls > closedGrowth && m > 8
	switch {
	case acts/m >= actionShare && (changes > 0 || acts > 1 && acts/m >= readActionShare):
		why = "the words name actions"
	case !growing && !v.param && isPlace(v.token):
		why = "actions stand below " + v.token
	case m > 1 && ones/calls < .1 && calls >= 6*m && compared >= m/2 && like/compared < .35 && m <= 24:
		why = "a closed set of words whose bodies have different fields"
	default:
		return
	}
	for _, c := range words {
		c.belief, c.guarded, c.why = 0, true, why
	}
}

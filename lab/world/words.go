package world

import "strings"

// languages of APIs, in the order of the columns of words.
var languages = []string{"en", "de", "fr", "es", "it"}

// words translates the words of APIs; what is missing stays English, as it does in real ones.
var words = dictionary(`
vehicle|fahrzeug|vehicule|vehiculo|veicolo
vehicles|fahrzeuge|vehicules|vehiculos|veicoli
station|ladestation|borne|estacion|colonnina
stations|ladestationen|bornes|estaciones|colonnine
booking|buchung|reservation|reserva|prenotazione
bookings|buchungen|reservations|reservas|prenotazioni
ride|fahrt|course|viaje|corsa
rides|fahrten|courses|viajes|corse
policy|police|contrat|poliza|polizza
policies|policen|contrats|polizas|polizze
order|auftrag|ordre|orden|ordine
orders|auftraege|ordres|ordenes|ordini
customer|kunde|client|cliente|cliente
customers|kunden|clients|clientes|clienti
driver|fahrer|conducteur|conductor|conducente
drivers|fahrer|conducteurs|conductores|conducenti
user|benutzer|utilisateur|usuario|utente
users|benutzer|utilisateurs|usuarios|utenti
owner|halter|proprietaire|propietario|proprietario
list|liste|liste|lista|elenco
get|hole|obtenir|obtener|ottieni
status|zustand|etat|estado|stato
location|standort|position|ubicacion|posizione
trips|fahrtenbuch|trajets|trayectos|viaggi
unlock|entriegeln|deverrouiller|desbloquear|sblocca
lock|verriegeln|verrouiller|bloquear|blocca
doors|tueren|portes|puertas|porte
start|starten|demarrer|arrancar|avvia
stop|stoppen|arreter|parar|arresta
engine|motor|moteur|motor|motore
climate|klima|climatisation|climatizacion|clima
horn|hupe|klaxon|bocina|clacson
trunk|kofferraum|coffre|maletero|bagagliaio
open|oeffnen|ouvrir|abrir|apri
wake|aufwecken|reveiller|despertar|risveglia
immobilize|wegfahrsperre|immobiliser|inmovilizar|immobilizza
charge|laden|charge|carga|ricarica
command|befehl|commande|comando|comando
commands|befehle|commandes|comandos|comandi
profile|profil|profil|perfil|profilo
pair|koppeln|associer|vincular|abbina
share|teilen|partager|compartir|condividi
transfer|uebertragen|transferer|transferir|trasferisci
login|anmelden|connexion|acceso|accesso
refresh|erneuern|renouveler|renovar|rinnova
register|registrieren|inscription|registro|registrazione
password|kennwort|motdepasse|contrasena|password
reset|zuruecksetzen|reinitialiser|restablecer|reimposta
verify|pruefen|verifier|verificar|verifica
code|code|code|codigo|codice
send|senden|envoyer|enviar|invia
search|suchen|rechercher|buscar|cerca
export|export|export|exportar|esporta
report|bericht|rapport|informe|rapporto
fleet|fuhrpark|flotte|flota|flotta
campaign|kampagne|campagne|campana|campagna
campaigns|kampagnen|campagnes|campanas|campagne
install|installieren|installer|instalar|installa
update|aktualisieren|actualiser|actualizar|aggiorna
software|software|logiciel|software|software
create|anlegen|creer|crear|crea
end|beenden|terminer|finalizar|termina
cancel|stornieren|annuler|cancelar|annulla
request|anfordern|demander|solicitar|richiedi
price|preis|prix|precio|prezzo
session|sitzung|session|sesion|sessione
sessions|ladevorgaenge|sessions|sesiones|sessioni
invoice|rechnung|facture|factura|fattura
invoices|rechnungen|factures|facturas|fatture
name|name|nom|nombre|nome
phone|telefon|telephone|telefono|telefono
plate|kennzeichen|immatriculation|matricula|targa
speed|geschwindigkeit|vitesse|velocidad|velocita
locked|verriegelt|verrouille|bloqueado|bloccato
battery|batterie|batterie|bateria|batteria
level|stand|niveau|nivel|livello
position|position|position|posicion|posizione
latitude|breite|latitude|latitud|latitudine
longitude|laenge|longitude|longitud|longitudine
role|rolle|role|rol|ruolo
tenant|mandant|locataire|inquilino|tenant
address|adresse|adresse|direccion|indirizzo
model|modell|modele|modelo|modello
distance|strecke|distance|distancia|distanza
workshop|werkstatt|atelier|taller|officina
diagnostics|diagnose|diagnostic|diagnostico|diagnostica
ticket|vorgangsnummer|dossier|incidencia|pratica
webhook|webhook|webhook|webhook|webhook
limit|grenze|limite|limite|limite
connector|stecker|connecteur|conector|connettore
schedule|zeitplan|planning|programacion|programma
score|fahrnote|score|puntuacion|punteggio
claim|schaden|sinistre|siniestro|sinistro
assign|zuweisen|affecter|asignar|assegna
firmware|firmware|firmware|firmware|firmware
message|nachricht|message|mensaje|messaggio
key|schluessel|cle|clave|chiave
availability|verfuegbarkeit|disponibilite|disponibilidad|disponibilita
`)

func dictionary(text string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.FieldsSeq(text) {
		row := strings.Split(line, "|")
		m[row[0]] = row
	}
	return m
}

// A casing is how the words of a name are joined.
type casing int

const (
	camel casing = iota
	snake
	kebab
	pascal
	flat
)

// join renders words, given with spaces between, as a name in a language.
func (c casing) join(lang int, phrase string) string {
	var b strings.Builder
	for i, w := range strings.Fields(phrase) {
		if row, ok := words[w]; ok {
			w = row[lang]
		}
		switch {
		case i > 0 && c == snake:
			b.WriteByte('_')
		case i > 0 && c == kebab:
			b.WriteByte('-')
		case c == pascal, i > 0 && c == camel:
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
	}
	return b.String()
}

// people's names by culture, given names and family names. Invented persons.
var cultures = [][2][]string{
	{strings.Fields("Sinead Callum Freya Rhys Orla Duncan Maeve Gareth Imogen Alistair"), strings.Fields("Penhaligon Thackeray O'Rourke Cadwallader Birtwistle MacInnes Fairweather Pritchard")},
	{strings.Fields("Friederike Torsten Annegret Lukas Gudrun Malte Wiebke Henning Jörg Ömer"), strings.Fields("Hollerbach Zwingmann Übelacker Niedermayr Krähenbühl Stoltenberg Quandt Yıldız")},
	{strings.Fields("Amélie Baptiste Solène Thibault Océane Rémi Capucine Étienne"), strings.Fields("Delacroix-Martin Roussillon Lefèvre Castaing Beauchamp N'Diaye Guérin")},
	{strings.Fields("Íñigo Rocío Álvaro Nuria Xavier Macarena Gonzalo Begoña"), strings.Fields("Etxeberria Villanueva Ordóñez Peñalver Quintana Barragán")},
	{strings.Fields("Ludovica Gianluca Ilaria Tommaso Ginevra Raffaele Chiara"), strings.Fields("Bevilacqua D'Angelo Montefiori Scognamiglio Pellegrini")},
	{strings.Fields("Xiuying Haoran Meiling Zihan Jianguo Ruoxi"), strings.Fields("Ouyang Zhuge Shangguan Qiu Xue Deng")},
	{strings.Fields("Haruka Shinji Ayumi Daisuke Kaori Ryota"), strings.Fields("Fujiwara Kobayakawa Shimazu Minamoto Hoshino")},
	{strings.Fields("Ji-woo Seung-min Ha-eun Do-yun Seo-yeon"), strings.Fields("Hwangbo Namgung Seonu Jegal Bang")},
}

package datatype

import "strings"

// Concepts are a set of meanings a word of a name can have.
type Concepts uint64

// The meanings.
const (
	cID       Concepts = 1 << iota // identifier, number, reference
	cVIN                           //
	cPlate                         //
	cVehicle                       //
	cDevice                        // a tracker or telematics unit; also any phone
	cPerson                        // a natural person in any role
	cLogin                         // the name one signs in with
	cEmail                         //
	cPhone                         //
	cGiven                         // part of a person's name
	cName                          // name of anything
	cAddress                       // postal address or a part of it that says so by itself
	cTown                          // part of an address only beside others
	cLat                           //
	cLon                           //
	cLength                        // length and width: longitude and latitude where both stand side by side
	cGeo                           // place on the map
	cTrack                         // path driven
	cToken                         //
	cAccess                        // qualifies a token or key: of access
	cRefresh                       //
	cReset                         //
	cInvite                        //
	cOTP                           //
	cPIN                           //
	cPassword                      //
	cCode                          //
	cKey                           // key in any sense
	cCrypto                        // qualifies a key: a cryptographic one
	cSecret                        //
	cStation                       // charging station, EVSE, charge point
	cSession                       // session, of anything
	cRide                          // booking, rental, ride, reservation, charging transaction
	cCharging                      //
	cTag                           // RFID card or its number
	cCard                          // card of some kind
	cContract                      //
	cEMAID                         //
	cRequest                       // command, request, job, challenge, process …
	cOrder                         // order: of work or to a vehicle
	cWork                          // repair order, ticket, case
	cShop                          // dealer, workshop, support desk
	cDiag                          // diagnostics, control units
	cOTA                           // firmware, software, update
	cURL                           //
	cFile                          // artefact, image, archive, download
	cAuth                          // sign-in
	cMFA                           // second factor, verification
	cPair                          // pairing, hand-over, claiming
	cPromo                         // vouchers
	cPay                           // payment
	cPush                          // tokens that address a phone's push service; not credentials
	cIMEI                          //
	cICCID                         //
	cCloud                         // cloud provider, client secrets
	cMeta                          // says something about the thing, is not the thing: type, status, count, time …
	cFiller                        // carries no meaning of its own: my, new, current, primary …
	cWrap                          // envelope: data, response, result, items …
	cThing                         // an entity without a data type: tariff, document, message …
	cOAuth                         // client application
	cHome                          // the vehicle or person of the path, by custom: "me", "self"
)

// lexicon maps words of names, in lower case without separators and with umlauts spelt out, to meanings. The languages
// are English, German, French, Spanish, Italian, Dutch, Portuguese, and common Chinese (pinyin) and Japanese (romaji)
// terms as they occur in interfaces.
var lexicon = parseLexicon(lexiconText)

func parseLexicon(text string) map[string]Concepts {
	m := map[string]Concepts{}
	for line := range strings.Lines(text) {
		names, words, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		var c Concepts
		for name := range strings.FieldsSeq(names) {
			c |= conceptNames[name]
		}
		for w := range strings.FieldsSeq(words) {
			m[w] |= c
		}
	}
	return m
}

var conceptNames = map[string]Concepts{
	"id": cID, "vin": cVIN, "plate": cPlate, "vehicle": cVehicle, "device": cDevice, "person": cPerson, "login": cLogin, "email": cEmail, "phone": cPhone,
	"given": cGiven, "name": cName, "address": cAddress, "town": cTown, "lat": cLat, "lon": cLon, "length": cLength, "geo": cGeo, "track": cTrack,
	"token": cToken, "access": cAccess, "refresh": cRefresh, "reset": cReset, "invite": cInvite, "otp": cOTP, "pin": cPIN, "password": cPassword, "code": cCode,
	"key": cKey, "crypto": cCrypto, "secret": cSecret, "station": cStation, "session": cSession, "ride": cRide, "charging": cCharging, "tag": cTag, "card": cCard,
	"contract": cContract, "emaid": cEMAID, "request": cRequest, "order": cOrder, "work": cWork, "shop": cShop, "diag": cDiag, "ota": cOTA, "url": cURL,
	"file": cFile, "auth": cAuth, "mfa": cMFA, "pair": cPair, "promo": cPromo, "pay": cPay, "push": cPush, "imei": cIMEI, "iccid": cICCID, "cloud": cCloud,
	"meta": cMeta, "filler": cFiller, "wrap": cWrap, "thing": cThing, "oauth": cOAuth, "home": cHome,
}

const lexiconText = `
id: id ids uid uids uuid uuids guid nr nrs no num nums number numbers nummer nummern numero numeros ident identifier identifiers identity kennung identifiant identificador identificativo identificatore identificatie ref refs reference referenz referencia riferimento oid pk rid handle externalid internalid bianhao xuhao bango haoma hash
id: userid customerid driverid ownerid gcid sub sessionid sid transactionid reqid eventid requestid commandid operationid correlationid traceid asyncid vorgangsnummer vorgangsnr evseid evseids cpid cbid csid ocppid ocppidentity chargepointid chargepointidentity chargeboxid ladepunktid uniqueid deviceid taguid tagid carduid cardid tokenuid rfiduid vehicletag vehiclekey ticketid caseid casenumber ronumber roid repairid auftragsnummer auftragsnr bookingreference pnr fallnummer
id key: schluessel cle clave chiave sleutel chave
vin: vin vins fin fins fahrgestellnummer fahrgestellnr fahrgestell fgnr fgstnr fahrzeugidentnummer fahrzeugidentifikationsnummer fahrzeugident chassis chassisnumber chassisno chassisnummer chasis bastidor telaio framenumber frameno shatai shadai shataibango shadaibango chejia chejiahao vinnumber vincode vehicleidentificationnumber chassi vinid vinnr
plate: kennzeichen kfzkennzeichen amtlicheskennzeichen plate plates licenseplate licenceplate numberplate platenumber licenseplatenumber plateno platenr registrationnumber registrationno regno regnumber regnr vrm vrn nummernschild polizeikennzeichen immatriculation immat plaque plaqueimmatriculation matricula patente targa targhe kenteken nummerplaat placa placas chepai chepaihao nopol nopolisi rejestracja registracka rendszam spz rz
plate shop: registration registracion
vehicle: vehicle vehicles veh car cars auto autos fahrzeug fahrzeuge fahrzeugs fzg fzge kfz wagen pkw lkw vehicule vehicules voiture voitures vehiculo vehiculos coche coches veicolo veicoli macchina vettura voertuig voertuigen veiculo veiculos carro carros cheliang clxx che sharyo sharyou kuruma bike bikes ebike scooter scooters moped mopeds truck trucks van vans vehicletag vehiclekey fuhrpark garage trailer motorcycle escooter fleetvehicle autovettura
device: device devices geraet geraete tracker trackers dongle obu tcu tbox telematics terminal terminals appareil dispositivo dispositivi dispositivos apparaat shebei unit units uniqueid deviceid boitier
person: user users usr customer customers cust driver drivers owner owners rider riders renter renters member members account accounts acct person persons people passenger passengers employee employees contact contacts subscriber subscribers holder keeper benutzer nutzer anwender kunde kunden fahrer fahrers halter besitzer eigentuemer mitarbeiter person personen konto mieter fahrzeughalter mitglied utilisateur utilisateurs conducteur conducteurs proprietaire compte abonne locataire titulaire usuario usuarios conductor conductores propietario titular cuenta cliente clientes clienti utente utenti conducente guidatore proprietario intestatario gebruiker gebruikers klant klanten bestuurder eigenaar rekeninghouder motorista condutor dono conta yonghu kehu siji jiashiyuan chezhu huiyuan riyosha untensha shoyusha kaiin gcid sub userid customerid persona personne persoon pessoa guest guests technician agent beneficiary cardholder recipient driverid ownerid
login: username usernames login loginname logon userlogin benutzername anmeldename nutzername identifiantconnexion nomutilisateur nombreusuario nomeutente gebruikersnaam nomeusuario signinname yonghuming accountname
email: email emails mail mails emailaddress mailaddress emailadresse mailadresse eposta correo correoelectronico courriel adressemail adresseemail postaelettronica emailaddr youxiang meru elektronischepost epost
phone: phone phones tel telefon telefonnummer telephone telefono telefoon telefone mobile mobil mobilnummer mobilenumber mobiltelefon mobiltelefonnummer handy handynummer cell cellphone cellular cellulare celular movil portable msisdn gsm phonenumber phoneno phonenr telnr fax shouji shoujihao dianhua denwa denwabango keitai rufnummer telefonnr landline msisdns smsnumber sosnumber
given: firstname first forename givenname given lastname surname familyname middlename vorname nachname familienname zuname prenom nomfamille apellido apellidos primerapellido cognome voornaam achternaam sobrenome apelido xingming shimei fullname realname legalname holdername rufname initials salutationname vollername vollstaendigername nombrecompleto nomecompleto personname cardholdername
name: name names namen nom nombre nome naam namae mingcheng bezeichnung
address: address addresses addr anschrift adresse adressen adress direccion direcciones indirizzo indirizzi adres endereco morada dizhi jusho street streets strasse streetname streetaddress streetno streetnumber rue calle via straat rua avenida zip zipcode postcode postalcode plz postleitzahl codepostal codigopostal cap postalcode housenumber housenr houseno hausnummer hausnr addressline addressline1 addressline2 addressline3 line1 line2 wohnort postaladdress homeaddress mailingaddress deliveryaddress billingaddress shippingaddress youbian yubinbango domicilio domicile wohnadresse formattedaddress formatted
town: city town ort stadt ville ciudad citta cittaa plaats cidade chengshi region province country land pays pais paese district county municipality gemeinde hausno ward
lat: lat latitude lats breitengrad latitud latitudine breedtegraad weidu ido gpslat gpslatitude latdeg latitudedegrees
lon: lon lng long longitude lons laengengrad longitud longitudine lengtegraad jingdu keido gpslon gpslng gpslongitude londeg longitudedegrees
length: breite laenge y x
geo: location locations position positions pos coordinates coordinate coord coords koordinaten gps geo geolocation geopoint latlng latlon lonlat standort standorte ubicacion localizacion posizione posicion posicao positie locatie emplacement coordonnees coordenadas weizhi ichi geohash lastposition parkingposition latlong whereabouts pluscode
track: polyline polylines encodedpolyline track tracks gpx kml route routes routegeometry trajectory trajectoire trayecto waypoints fahrtverlauf path breadcrumb geometry
token: token tokens jeton ficha bearer jwt credential credentials bearertoken
token access: idtoken accesstoken authtoken sessiontoken idtokenhint jwt bearer sessionkey authticket apitoken usertoken xauthtoken idjwt zugangstoken zugriffstoken jetonacces tokenacceso tokenaccesso apikey
access: access auth authorization authorisation authentication bearer api zugriff zugang
refresh: refresh refreshtoken rft erneuerung auffrischung rafraichissement actualizacion renewal renew
reset: reset resettoken resetcode resetkey recovery recover zuruecksetzen ruecksetzen reinitialisation restablecer recuperacion ripristino recupero herstel redefinicao activation aktivierung passwordreset
invite: invite invites invitation invitations invitecode invitationcode einladung einladungen einladungscode invitacion invitaciones invito inviti uitnodiging convite share sharing shares sharecode freigabecode teilen compartir condividi referral guestkey yaoqing yaoqingma
otp: otp otps onetimecode onetimepassword onetimepasscode totp tan mtan smstan smscode smsotp einmalcode einmalpasswort einmalkennwort passcode passcodes verificationcode verifycode confirmationcode confirmcode mfacode mfa2 bestaetigungscode pruefcode freischaltcode codeverification codigoverificacion codiceverifica verificatiecode yanzhengma ninshocode twofactorcode otpcode onetime
pin: pin spin codesecret codigosecreto codicesegreto geheimcode securitypin pincode pincodes userpin vehiclepin remotepin servicepin pinnumber sicherheitspin geheimzahl codepin pindigits remotecontrolpin ansho anshobango valetpin pintodrive speedlimitpin secretpin
password: password passwords passwd pwd pass passwort kennwort passphrase motdepasse contrasena contrasenia clavesecreta wachtwoord senha mima pasuwado kata
code: code codes kode codigo codice cod
key: key keys
crypto: private priv shared symmetric master encryption encrypt decrypt signing digital seed aes hmac rsa ecdsa authkey authorizationkey psk preshared wrapped ecu
crypto key: digitalkey carkey keyblob privatekey secretkey authkey authorizationkey presharedkey psk seedkey keymaterial keypair keystore pem pkcs12 p12 pfx schluesselmaterial masterkey hmackey signingkey encryptionkey
crypto key: certificate cert certs zertifikat certificat certificado certificato clientcert privkey virtualkey fahrzeugschluesseldigital
secret: secret secrets geheimnis clientsecret secreto segreto sharedsecret webhooksecret apisecret appsecret
station: station stations charger chargers chargepoint chargepoints chargingpoint chargingstation chargingstations chargestation chargebox chargeboxid chargeboxes cpid cp cps evse evses evseid evseids wallbox wallboxes ladepunkt ladepunkte ladestation ladestationen ladesaeule ladesaeulen ladepunktid borne bornes pdc pointdecharge puntodecarga puntorecarga estacion estaciones estaciondecarga cargador cargadores colonnina colonnine stazione stazionericarica laadpaal laadpalen laadpunt laadstation estacao carregador carregadores zhuang chongdianzhuang dianzhuang charginghub juden judenki ocppid ocppidentity chargepointid chargepointidentity cbid pole poles pile dock docks csid
session: session sessions sitzung sitzungen sesion sesiones sessione sessioni sessie sessies sessao sessoes sid sessionid huihua
ride: ride rides trip trips booking bookings reservation reservations rental rentals transaction transactions transactionid transaktion buchung buchungen reservierung reservierungen miete ausleihe fahrt fahrten course courses trajet trajets reserva reservas alquiler viaje viajes prenotazione prenotazioni noleggio corsa viaggio boeking rit ritten aluguel viagem dingdan yuyue yoyaku journey journeys lease checkout bookingreference pnr
session ride charging: chargingsession chargingsessions ladevorgang ladevorgaenge ladesitzung chargesession sessiondecharge
charging: charging charge laden lade recharge recarga ricarica laad cdr cdrs ocpi ocpp emsp cpo chongdian evcharging
tag: tag tags idtag idtags rfid rfidtag rfidcard rfidnumber rfiduid taguid tagid carduid cardid tokenuid idtoken parentidtag ladekarte ladekarten chargecard chargecards chargingcard badge badgeid keyfob nfc visualnumber parentid groupidtag tagnumber transponder cardtag
card: card cards karte karten carte cartes tarjeta tarjetas carta tessera pas cartao kapian cardtoken
contract: contract contracts vertrag vertraege contrat contrats contrato contratos contratto contratti hetong keiyaku
emaid: emaid evcoid evco emaaccountid emobilityaccountid evcoids emi3 emaids pcid
request: request requests command commands cmd cmds req reqid job jobs task tasks operation operations challenge challenges pairing pairings campaign campaigns transfer transfers vorgang vorgaenge vorgangs befehl befehle kommando anfrage prozess process action actions demande commande commandes solicitud peticion comando comandos richiesta operazione verzoek opdracht pedido solicitacao mingling qingqiu shirei correlation eventid requestid commandid remoterequest transactionuuid traceid asyncid ticketnumberrequest vorgangsnummer vorgangsnr operationid correlationid flow exchange invocation execution mission missions
order: auftrag auftraege auftrags auftragsnummer auftragsnr order orders orden ordre ordine ordini
work: workorder workorders repairorder repairorders serviceorder serviceorders jobcard jobnumber ronumber ro roid repairid werkstattauftrag reparaturauftrag serviceauftrag werkauftrag ordredereparation ordretravail ordentrabajo ordendetrabajo ordinedilavoro commessa werkorder werkopdracht ordemservico ordemdeservico ticket tickets ticketid case cases caseid casenumber fall fallnummer incidentnumber supportcase gongdan sagyo servicecase dossier dossiernummer dossiernumero
shop: dealer dealers dealership retailer retailers workshop workshops haendler werkstatt autohaus service serviceadvisor support console backoffice helpdesk dms concessionnaire atelier garagiste concesionario taller concessionario officina dealerportal werkplaats dealerbedrijf oficina concessionaria jingxiaoshang portal repair repairs reparatur reparation maintenance akte
diag: diagnostic diagnostics diagnose diagnosen diag ecu ecus steuergeraet steuergeraete uds obd coding codierung codieren flash flashing routine seed securityaccess calibration ezs diagnostico diagnosi zhenduan
ota: firmware firmwares software ota fota sota update updates swupdate aktualisierung miseajour actualizacion aggiornamento atualizacao gujian campaign campaigns rollout rollouts package packages release releases
url: url urls uri uris href link links endpoint webaddress
file: artifact artifacts artefact artefacts image images download downloads file files datei archive binary payload bundle blob upload uploads
auth: auth oauth oauth2 login signin logon authenticate authentication authentifizierung anmeldung anmelden token identity iam idp sso connect authorize credentials connexion iniciarsesion accesso inloggen entrar denglu roguin account accounts jwt userauth openid passport signup register registration registrierung verlaengern
mfa: mfa twofactor 2fa factor factors verify verification verifizieren verifizierung confirm confirmation bestaetigen bestaetigung challenge otp pruefen pinpruefen pincheck validate validation verificar verificacion verifica verifier authenticator stepup kennwort passwort password recover recovery reset forgot
pair: pair pairing pairings paircode uebergabe uebernahme handover claim claims enroll enrol enrollment enrolment link linking bind binding onboarding onboard activate activation annehmen kopplung koppeln jumelage appairage emparejar vinculacion vincular abbinamento koppelen emparelhar takeover register associate association provisioning provision annehmen bangding peiduima
promo: promo promos promotion promotions coupon coupons voucher vouchers redeem gift gutschein gutscheine loyalty bonus discount rabatt campaigncode reward rewards cupon codepromo buono referralcode
pay: payment payments pay billing invoice invoices iban bic creditcard debitcard paymentmethod paymentmethods zahlung zahlungen rechnung rechnungen kreditkarte paiement facture pago pagos factura pagamento fattura betaling factuur fatura price tariff cvv cvc pan bank wallet tax vat ust umsatz
push: push fcm apns apn devicetoken pushtoken registrationtoken fcmtoken notificationtoken csrf xsrf csrftoken xsrftoken nexttoken pagetoken nextpagetoken continuationtoken continuation cursor nextcursor pagination synctoken nonce antiforgery requestverificationtoken
imei: imei imeis imeinumber imeino deviceimei
iccid: iccid iccids ccid simid simnumber simcardnumber simcard simiccid sim euicc
cloud: aws azure gcp s3 accesskeyid secretaccesskey awskey awssecret accountkey storagekey connectionstring clientsecret sastoken sharedaccesskey
oauth: client clients clientid app apps application applications consumer tenant realm
meta: type types typ typen art kind category categories class status state states zustand count counts anzahl total size length len limit offset page pages time times timestamp ts date dates datum zeit fecha hora data ora datetime at on since until from to start end begin expires expiry exp expiration expiresin duration dauer ttl age valid validity gueltig verified verification enabled disabled active aktiv required allowed supported available availability is has can should flag flags version versions format label labels description desc beschreibung text message messages msg title titel model modell modele modelo make brand marke manufacturer color colour farbe year language lang sprache locale currency unit einheit level levels min max avg mean sum rate ratio percent percentage score rank index idx sort scope scopes role roles rolle reason grund error errors result results mode modus method methods source origin action event events group groups gruppe ip mac agent version hint image avatar photo icon picture logo url urls link href preferences settings config options setting policy rule rules consent consents scheme alg algorithm kid issuer audience aud prefix suffix display visible hidden nickname alias spitzname priority severity quality accuracy genauigkeit precision heading speed geschwindigkeit altitude direction richtung distance entfernung radius range odometer km mileage temperature temp note notes comment comments remark bemerkung tyre tire door lock window seat health last4 attempts retries remaining left expired revoked locked created updated deleted changed modified
filler: my the a new old current primary main default own this that latest target requested of for by with and or home private business privat geschaeftlich neu neue neuer alt aktuell hauptnutzer de la le el il da do der die das du des del van di n s i val value wert raw plain str string txt field
wrap: data response responses result results payload body items item list entries records record rows row content contents object objects values elements value details detail info information output json attributes attribute properties embedded hits matches collection set page treffer zeilen daten ergebnis ergebnisse liste resultats resultados risultati envelope root msg message input inputs variables params arguments args filter v1 v2 v3 v4
thing: tariff tariffs tarif tarife document documents notification notifications message messages product products geofence geofences zone zones group groups fleet fleets offer offers webhook webhooks subscription subscriptions methods method feature features option options package tile tiles site sites role roles poi pois place places content plan plans schedule schedules profile profiles model models article articles category categories connector connectors part parts news image images file files feed feeds event events alert alerts alarm alarms report reports policy policies damage schaden dtc dtcs warning warnings trace partner partners tenant tenants organization organizations organisation company companies firma mandant property environment env
home: me self current
`

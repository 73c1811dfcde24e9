package identity

import (
	"strings"

	"github.com/waywarden/waywarden"
)

// secretWords are parts of the names fields with a password have, in the languages APIs are written in.
var secretWords = []string{
	"pass", "pwd", "kennwort", "secret", "contrase", "senha", "motdepasse", "mdp", "haslo", "hasło", "wachtwoord", "parola", "heslo", "losenord", "lösenord", "sifre",
	"şifre", "salasana", "пароль", "parol", "密码", "mima", "パスワード", "adgangskode", "jelszo", "jelszó", "lozinka", "geslo", "clave", "κωδικ", "비밀번호", "kodeord",
	"credential",
}

func isPassword(folded string) bool {
	return folded == "pw" || word(folded, secretWords) && !isCode(folded)
}

// codeWords are parts of the names of fields with a PIN or a one-time code.
var codeWords = []string{"otp", "passcode", "onetimecode", "verificationcode", "mfacode", "smscode", "pincode", "securitycode", "confirmationcode", "bestatigungscode"}

func isCode(folded string) bool {
	return folded == "pin" || strings.HasSuffix(folded, "pin") && len(folded) <= 8 || word(folded, codeWords)
}

// grantWords are parts of the names of fields with an older credential or a device's secret that is traded for a new one.
var grantWords = []string{
	"refresh", "assertion", "authcode", "authorizationcode", "exchangetoken", "renewal", "deviceid", "devicetoken", "devicecode", "devicesecret", "gerat", "gerät", "geraet",
	"dispositivo", "appareil", "installationid", "installid", "sessiontoken", "idtoken", "loginticket", "urzadzenie", "cihaz", "apparaat", "enhet", "laite", "loginkey",
	"remembertoken", "ticket", "erneuer", "renouvel", "renov",
}

func grantWord(folded string) bool {
	return folded == "code" || folded == "ticket" || word(folded, grantWords)
}

// loginWords are parts of the names of fields with a login name.
var loginWords = []string{
	"user", "login", "mail", "benutzer", "account", "usuario", "usuário", "utilisateur", "identifiant", "identifier", "nutzer", "utente", "gebruiker", "uzytkownik",
	"użytkownik", "kullanici", "kullanıcı", "anvand", "användar", "bruker", "bruger", "kayttaja", "käyttäjä", "kunde", "customer", "member", "konto", "conta",
	"compte", "cuenta", "msisdn", "mobile", "handy", "телефон", "логин", "用户", "accountname", "principal",
}

func isLogin(folded string) bool {
	return folded == "id" || folded == "name" || folded == "uid" || word(folded, loginWords)
}

// loginPaths are parts of the paths of logins.
var loginPaths = []string{
	"login", "signin", "sign-in", "sign_in", "logon", "auth", "session", "anmeld", "einlogg", "connexion", "connect", "acceso", "entrar", "oturum", "token", "zaloguj",
	"inlog", "iniciar", "accedi", "logga", "kirjaudu", "giris", "prihlas",
}

// bodyKeys are the names of fields that carry a credential in the body of a call.
var bodyKeys = map[string]waywarden.AuthScheme{
	"apikey": waywarden.SchemeAPIKey, "appkey": waywarden.SchemeAPIKey, "accesstoken": waywarden.SchemeBearerOpaque, "authtoken": waywarden.SchemeBearerOpaque,
	"sessiontoken": waywarden.SchemeBearerOpaque, "jwt": waywarden.SchemeBearerJWT, "authtokenid": waywarden.SchemeBearerOpaque, "securitytoken": waywarden.SchemeBearerOpaque,
}

// selfWords are path segments by which callers ask for themselves.
var selfWords = map[string]bool{
	"me": true, "self": true, "myself": true, "whoami": true, "userinfo": true, "profile": true, "profil": true, "profilo": true, "perfil": true, "account": true,
	"mein": true, "meine": true, "meinkonto": true, "konto": true, "compte": true, "cuenta": true, "conta": true, "current": true, "currentuser": true,
	"moi": true, "yo": true, "ich": true, "profiel": true, "profili": true, "hesabim": true, "mina": true, "identity": true,
	"getuser": true, "getprofile": true, "userprofile": true, "getme": true, "myprofile": true, "myaccount": true,
}

// A field is what the name of a request's body field says it carries.
type field uint8

const (
	fieldPlain field = iota
	fieldPassword
	fieldCode
	fieldClientSecret
	fieldClient
	fieldKey
	fieldGrant
	fieldLogin
)

// fieldOf classifies a dotted field name.
func fieldOf(name string) field {
	n := fold(name)
	switch {
	case n == "clientsecret" || n == "appsecret":
		return fieldClientSecret
	case isCode(n):
		return fieldCode
	case isPassword(n):
		return fieldPassword
	case n == "clientid" || n == "appid":
		return fieldClient
	case bodyKeys[n] != "":
		return fieldKey
	case grantWord(n):
		return fieldGrant
	case isLogin(n):
		return fieldLogin
	}
	return fieldPlain
}

// field returns the class of a field name, classifying each name once.
func (r *Registry) field(name string) field {
	f, ok := r.fields.find(name)
	if !ok {
		f = fieldOf(name)
		r.fields.put(strings.Clone(name), f)
	}
	return f
}

// fold returns the last part of a dotted name in lower case without separators.
func fold(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return strings.ToLower(strings.Map(func(c rune) rune {
		if strings.ContainsRune("-_ []", c) {
			return -1
		}
		return c
	}, name))
}

// word says whether a folded name contains one of the parts.
func word(folded string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(folded, p) {
			return true
		}
	}
	return false
}

package waywarden

import "time"

// An Operation is one thing a discovered API can do: a method on a path template of a host and, where one
// path carries many functions, the field value that tells them apart. Two calls of the same operation share
// one *Operation; its Template can grow more general as more traffic is seen, its ID stays.
type Operation struct {
	ID            string // stable within a catalog: derived from host, method, template and discriminator when first told
	Host          string
	Method        string
	Template      string // "/api/v1/vehicles/{vin}/commands"; for OCPP "" and the action is the discriminator's value
	Discriminator Discriminator
	Function      Function
	Access        Access
}

// A Discriminator is the field whose value selects one of many functions behind one path. Zero: none.
type Discriminator struct {
	In    Place
	Name  string // dotted path of the field
	Value string
}

// A Function is a class of domain/taxonomy.yaml with the confidence (0 to 1) that the operation is of it.
type Function struct {
	Class      string
	Confidence float64
}

// An Access says what an operation does to what it names.
type Access string

// The kinds of access, from the least to the most grave.
const (
	AccessRead    Access = "read"
	AccessWrite   Access = "write"
	AccessControl Access = "control" // acts on a vehicle or a charger
)

// A Place says where in a call a value stood.
type Place uint8

// The places of a value.
const (
	InNowhere Place = iota
	InPath
	InQuery
	InHeader
	InCookie
	InBody
	InResponse
	InResponseHeader
)

// String returns the name the file contract gives the place.
func (p Place) String() string {
	return [...]string{"", "path", "query", "header", "cookie", "body", "response", "response_header"}[p]
}

// A DataType is a key of id_types in domain/taxonomy.yaml ("vin", "location", …) or "" where none fits.
type DataType string

// The data types code refers to by name. The complete list is data: domain/taxonomy.yaml.
const (
	TypeVIN          DataType = "vin"
	TypePlate        DataType = "plate"
	TypeVehicleID    DataType = "vehicle_id"
	TypeIMEI         DataType = "imei"
	TypeICCID        DataType = "iccid"
	TypePersonID     DataType = "person_id"
	TypeEmail        DataType = "email"
	TypePhone        DataType = "phone"
	TypeNameAddress  DataType = "name_address"
	TypeLocation     DataType = "location"
	TypeTripHistory  DataType = "trip_history"
	TypeAccessToken  DataType = "access_token"
	TypeRefreshToken DataType = "refresh_token"
	TypeOTP          DataType = "otp"
	TypePIN          DataType = "pin"
	TypeResetToken   DataType = "reset_token"
	TypeInviteCode   DataType = "invite_code"
	TypeKeyMaterial  DataType = "key_material"
	TypeStationID    DataType = "station_id"
	TypeIDTag        DataType = "id_tag"
	TypeEMAID        DataType = "emaid"
	TypeSessionID    DataType = "session_id"
	TypeRequestID    DataType = "request_id"
	TypeArtefactURL  DataType = "artefact_url"
	TypeCloudSecret  DataType = "cloud_secret"
	TypeWorkOrder    DataType = "work_order"
)

// A Leaf is one scalar of a call with its place, name and type.
type Leaf struct {
	In    Place
	Name  string // dotted path, "[]" for array elements: "data.vehicles[].vin"
	Type  DataType
	Kind  ValueKind
	Value string // as sent, unescaped; numbers and booleans as their text
	Node  int32  // the object of the body it stands in: an index of Call.Nodes, or -1
}

// A Node is one object of a body; leaves that share one describe the same thing.
type Node struct {
	Parent int32 // the object around it, or -1
	Array  bool  // an element of an array
}

// A Call is a transaction, or a request of an OCPP socket, of which is known which operation it is and who calls.
type Call struct {
	Record      *Record
	Operation   *Operation // nil for a probe: a path that only ever met refusals
	Principal   Principal
	Application Application
	Leaves      []Leaf // path, query, header, cookie, request body, response body, in this order
	Nodes       []Node // objects of both bodies
	Success     bool   // the server did what was asked (2xx or 3xx, a CALLRESULT, no error inside a 200)
}

// A Principal is who calls, as far as traffic tells. The zero Principal is nobody: no credential was sent.
type Principal struct {
	UID       string        // what identifies the caller across its tokens; "" for nobody
	Kind      PrincipalKind //
	Scheme    AuthScheme    // how the caller proved it in this call
	Session   string        // digest of the credential itself, for joins within a session
	Client    string        // OAuth client id or API key owner, where known
	Issuer    string
	Audiences []string
	Roles     []string
	Scopes    []string
	OnBehalf  string    // end user a service calls for (act, x-on-behalf-of), where said
	Expires   time.Time // of the credential, where it says so
	Algorithm string    // of a signed token: "RS256", "none", …
	Aliases   []ID      // other identifiers of the same party that the credential itself carries
}

// A PrincipalKind says what sort of caller it is.
type PrincipalKind string

// The kinds of principal.
const (
	PrincipalNobody  PrincipalKind = ""
	PrincipalUser    PrincipalKind = "user"
	PrincipalService PrincipalKind = "service"
	PrincipalCharger PrincipalKind = "charger"
	PrincipalDevice  PrincipalKind = "device"
	PrincipalSession PrincipalKind = "session" // a credential nobody's name is known for yet
)

// An AuthScheme is how a credential was sent; the names are those of the file contract.
type AuthScheme string

// The schemes.
const (
	SchemeNone         AuthScheme = ""
	SchemeBearerJWT    AuthScheme = "bearer_jwt"
	SchemeBearerOpaque AuthScheme = "bearer_opaque"
	SchemeCookie       AuthScheme = "cookie"
	SchemeAPIKey       AuthScheme = "api_key"
	SchemeBasic        AuthScheme = "basic"
	SchemeToken        AuthScheme = "token"
	SchemeMTLS         AuthScheme = "mtls"
	SchemeHMAC         AuthScheme = "hmac"
)

// An Application is the program that calls, apart from whom it calls for.
type Application struct {
	UID     string // client id where known, else the product name of the user agent
	Name    string
	Version string
	SDK     string // "okhttp/4.12.0", "python-requests/2.31", …
}

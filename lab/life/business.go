package life

import "strings"

// A business is a kind of company: its interfaces and who is there.
type business struct {
	name, title string
	interfaces  []audience
	people      string // roles with shares of the number of vehicles in percent, staff with numbers
}

// An audience is an interface with those it is meant for: how they may prove who they are (one is drawn), what it can do
// (* shadow, ! open) and where its tokens come from.
type audience struct{ name, auth, login, ops string }

// hostNames are what hosts are called.
var hostNames = map[string]string{
	"identity": "id sso accounts login-eu passport", "app": "m mobile-gw c2s apps edge-app", "partner": "partners open b2b-api devhub", "dealer": "retail dms aftersales workshop-net",
	"support": "desk care-tools agenthub crm", "fleet": "business fleetdesk company-portal", "ota": "fota softwarehub swup", "dispatch": "ops-center dispatch missioncontrol",
	"driver": "crew driverapp-gw", "device": "tcu-in iot-edge uplink", "operator": "csms-admin stationops noc", "roaming": "hub interop roam",
}

const (
	signOn   = "login refresh forgot reset code register"
	drivers  = "vehicles status location trips unlock lock climate horn trunk wake charge command profile settings contact* person share pair snapshot"
	helpDesk = "login search case unlock lock location order person"
)

// Businesses are the names of what a world can be.
func Businesses() []string {
	var list []string
	for _, b := range businesses {
		list = append(list, b.name)
	}
	return list
}

var businesses = []business{
	{"maker", "carmaker", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "jwt opaque", "identity", drivers + " start stop transfer software install diagnostics webhook"},
		{"partner", "jwt", "identity", "vehicles status location unlock charge"},
		{"dealer", "cookie jwt", "", "login register lookup case order diagnose transfer"},
		{"support", "cookie jwt", "", helpDesk + " export*"},
	}, "owner:100 family:25 poller:2 aggregated:30 dealer=6 support=5"},
	{"rental", "rental and car sharing", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "opaque jwt cookie", "identity", "bookings booking bookingend status location unlock lock horn command profile settings contact* person quote invoices invoice promo"},
		{"fleet", "cookie jwt", "", "login fleet status location unlock lock immobilize assign user export webhook"},
		{"support", "cookie", "", helpDesk},
		{"partner", "apikey", "", "booking status"},
	}, "renter:130 manager=3 support=4"},
	{"leasing", "leasing and fleets", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "cookie opaque jwt", "identity", "vehicles status location trips unlock lock climate command profile settings contact* person invoices invoice"},
		{"fleet", "cookie jwt", "", "login fleet status location trips immobilize unlock assign user export webhook diagnostics"},
		{"dealer", "cookie basic", "", "login lookup case order diagnose"},
		{"partner", "apikey basic mtls", "", "status trips policy"},
	}, "fleetdriver:100 manager=10 dealer=5"},
	{"rides", "ride hailing and robotaxis", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "jwt opaque", "identity", "quote ride rideget ridecancel unlock profile settings contact* person promo invoices invoice"},
		{"driver", "jwt opaque", "identity", "rideget position profile person*"},
		{"dispatch", "cookie jwt", "", "login fleet status location reroute stop unlock export"},
		{"support", "cookie", "", "login search person ridecancel"},
	}, "rider:150 crew:40 dispatcher=5 support=3"},
	{"charging", "charging operator", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "opaque jwt", "identity", "stations! station! charging chargestop session box schedule boxpair profile settings contact* person invoices invoice promo"},
		{"operator", "cookie jwt", "", "login stations restart connector firmware export user webhook"},
		{"roaming", "token", "", "stations station charging chargestop webhook"},
	}, "charger:120 operator=6"},
	{"insurer", "insurer with telematics", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "jwt cookie", "identity", "policies policy vehicles status trips profile settings contact* person drive pair invoices invoice"},
		{"support", "cookie jwt", "", "login search case person location export*"},
		{"partner", "mtls apikey", "", "trips status"},
		{"device", "mtls apikey", "", "drive position"},
	}, "owner:100 family:15 support=6"},
	{"updates", "software updates for vehicles", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "jwt opaque", "identity", "vehicles status software install profile settings contact* person location"},
		{"ota", "jwt cookie", "", "login campaign fleet status install export webhook"},
		{"device", "mtls", "", "software position"},
		{"dealer", "cookie", "", "login lookup case order diagnose install"},
	}, "owner:100 dealer=5 releaser=4"},
	{"aggregator", "connected-car platform for third parties", []audience{
		{"identity", "jwt", "", signOn},
		{"app", "jwt opaque", "identity", "vehicles status location unlock lock charge climate trips profile settings contact* person share pair"},
		{"partner", "jwt", "identity", "vehicles status location trips unlock lock charge webhook"},
		{"support", "cookie", "", "login search case location export*"},
	}, "owner:100 aggregated:70 poller:4 support=4"},
}

// shares reads the people of a business.
func (b *business) shares(vehicles int, f func(role string, n int)) {
	for word := range strings.FieldsSeq(b.people) {
		if role, n, ok := strings.Cut(word, "="); ok {
			f(role, atoi(n))
			continue
		}
		role, n, _ := strings.Cut(word, ":")
		f(role, max(1, vehicles*atoi(n)/100))
	}
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

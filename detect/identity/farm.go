package identity

import (
	"strings"
	"time"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Farm makes RID-010: one benefit taken by many new accounts of one device.
func Farm(m *detect.Memory) detect.Detector {
	return &farm{
		devices: detect.NewTable[harvest](m, "RID-010 devices and benefits", 1<<14),
		crowds:  detect.NewTable[detect.Set](m, "RID-010 accounts that live per device", 1<<13),
		fame:    detect.NewTable[int32](m, "RID-010 devices per benefit", 1<<12),
		lives:   detect.NewTable[int32](m, "RID-010 calls per caller", 1<<17),
	}
}

type farm struct {
	devices *detect.Table[harvest]
	crowds  *detect.Table[detect.Set] // of address and program
	fame    *detect.Table[int32]
	lives   *detect.Table[int32]
}

// A harvest is who took one benefit from one device.
type harvest struct {
	first    int64
	accounts detect.Set
	evidence detect.Few
	raised   bool
}

// Bounds of the verdict.
const (
	farmSpan = 6 * time.Hour
	farmMin  = 4  // accounts of one device: a family has up to three
	famous   = 20 // devices from which a benefit is a campaign, which brings new accounts behind every gateway, …
	crowdMin = 10 // … so that so many of one are wanted
	lifeMax  = 4  // calls of other kinds an account made before it took the benefit, if it was made for that
)

func (d *farm) Card() detect.Card {
	return detect.Card{
		ID: "RID-010", Title: "One benefit taken by many accounts of one device", Severity: waywarden.SeverityMedium, Analytic: waywarden.AnalyticBehavioural,
		Types: []string{"API6:2023", "R155:20.2"},
		Needs: detect.InputCalls | detect.InputCredentials | detect.InputRequestBodies,
		Desc:  `Raised when the same benefit (the same code at an operation of promotions, vouchers, referrals or prices) is taken from one address with one program by at least four accounts within six hours, each of which hardly did anything before. Where twenty devices took the benefit it is a campaign, and ten accounts are wanted; where accounts live behind the address with the same program it is a gateway, and two more are wanted for each.`,
		Silent: []string{
			"a family that shares a connection",
			"a mobile gateway: other devices, and accounts that live",
			"a campaign that thousands redeem, each from a place of their own",
		},
		Respond: "Hold back the benefit, bind it to a verified means of payment or phone, and close the accounts of the device.",
	}
}

func (*farm) Scope() detect.Scope { return detect.Scope{Of: detect.OfCalls, Only: detect.Signed} }

func (d *farm) Inspect(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	if c == nil || c.Operation == nil || s.Record.HTTP == nil || c.Principal.UID == "" || c.Principal.Kind == waywarden.PrincipalService {
		return
	}
	life := d.lives.At(detect.Key(c.Principal.UID))
	if !c.Success || c.Operation.Access == waywarden.AccessRead || !benefit(c.Operation) {
		if *life++; *life == lifeMax+1 {
			d.crowds.At(device(s)).Add(detect.Key(c.Principal.UID))
		}
		return
	}
	if *life > lifeMax {
		return
	}
	d.reap(s, out)
}

// reap notes who took a benefit, and says so when too many of one device did.
func (d *farm) reap(s *waywarden.Scene, out *detect.Output) {
	c := s.Call
	at, what := device(s), detect.Mix(detect.Key(c.Operation.ID), voucher(c))
	h := d.devices.At(detect.Mix(at, what))
	if now := s.Now.UnixNano(); h.first == 0 || now-h.first > int64(farmSpan) {
		if h.first == 0 {
			*d.fame.At(what)++
		}
		*h = harvest{first: now}
	}
	if !h.accounts.Add(detect.Key(c.Principal.UID)) && h.accounts.N < detect.SetMax {
		return
	}
	h.evidence.Add(s)
	if h.accounts.N < d.least(at, what) {
		return
	}
	var ev []waywarden.Evidence
	if !h.raised {
		h.raised = true
		ev = h.evidence.With(s)
	}
	d.report(s, h, ev, out)
}

// least is how many accounts of a device are too many: more where a campaign brings new ones everywhere, and more than
// twice as many as live there, for then the device is a gateway.
func (d *farm) least(device, benefit uint64) int32 {
	n := int32(farmMin)
	if *d.fame.At(benefit) >= famous {
		n = crowdMin
	}
	if crowd := d.crowds.Peek(device); crowd != nil {
		n += 2 * crowd.N
	}
	return n
}

// device returns the key of an address and the program behind it.
func device(s *waywarden.Scene) uint64 {
	return detect.Mix(detect.Key(detect.Address(s)), program(s.Call))
}

// benefit says whether an operation gives something away.
func benefit(op *waywarden.Operation) bool {
	if op.Function.Class == "ride.pricing" {
		return true
	}
	if strings.HasPrefix(op.Function.Class, "act.") || strings.HasPrefix(op.Function.Class, "id.") {
		return false
	}
	t := strings.ToLower(op.Template)
	for _, w := range [...]string{"promo", "voucher", "coupon", "gutschein", "redeem", "referral", "reward", "bonus", "discount", "rabatt", "credit", "einloes", "rabais", "descuento", "sconto", "korting", "loyalty", "freebie", "giftcard"} {
		if strings.Contains(t, w) {
			return true
		}
	}
	return false
}

// voucher returns the key of the benefit that a request asks for: its first text that is no identifier of anybody.
func voucher(c *waywarden.Call) uint64 {
	for i := range c.Leaves {
		l := &c.Leaves[i]
		if l.In == waywarden.InResponse {
			break
		}
		if (l.In == waywarden.InBody || l.In == waywarden.InPath || l.In == waywarden.InQuery) && l.Type == "" && l.Kind == waywarden.ValueText {
			return detect.Key(l.Name, strings.ToLower(l.Value))
		}
	}
	return 0
}

func (d *farm) report(s *waywarden.Scene, h *harvest, ev []waywarden.Evidence, out *detect.Output) {
	op := s.Call.Operation
	out.Raise(&detect.Report{
		Group: op.ID + " " + detect.Address(s), Severity: waywarden.SeverityMedium, Confidence: 75, Operation: op, Principal: s.Call.Principal,
		Evidence: ev, First: time.Unix(0, h.first).UTC(),
		Title: "One benefit taken by many accounts at " + detect.What(op),
		Desc:  atLeast(h.accounts.N) + " accounts took the same benefit at " + detect.What(op) + " from " + detect.Address(s) + " with the same program, none of which did much before. They were made to take it.",
		Facts: []waywarden.Fact{
			{Name: "accounts of one device", Observed: atLeast(h.accounts.N), Normal: "up to " + detect.Itoa(farmMin-1)},
		},
	})
}

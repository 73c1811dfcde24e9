package rule

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// A function is one function of conditions.
type function struct {
	name   string
	on     *cel.Type // of its receiver; nil for none
	args   []*cel.Type
	result *cel.Type
	needs  detect.Inputs
	names  string // what its first argument is a name of: state, type, network; "" for anything
	usage  string
	doc    string
	of     func(args []ref.Val) ref.Val
}

var (
	twinType = cel.ObjectType("twin", traits.ReceiverType)
	callType = cel.ObjectType("call", traits.ReceiverType)

	oneText  = []*cel.Type{cel.StringType}
	textAge  = []*cel.Type{cel.StringType, cel.DurationType}
	fourNums = []*cel.Type{cel.DoubleType, cel.DoubleType, cel.DoubleType, cel.DoubleType}
)

// functions are the functions of every condition, in the order of the reference.
var functions = [...]function{
	{"number", twinType, oneText, cel.DoubleType, 0, "state", `subject.number("Vehicle.Speed")`, "state of an asset as a number; unknown when never told, older than the rule's fresh, or no number", func(a []ref.Val) ref.Val { return a[0].(*twinValue).number(text1(a), 0) }},
	{"number", twinType, textAge, cel.DoubleType, 0, "state", `subject.number("Vehicle.Speed", duration("30s"))`, "the same, with its own limit of age", func(a []ref.Val) ref.Val { return a[0].(*twinValue).number(text1(a), age(a[2])) }},
	{"text", twinType, oneText, cel.StringType, 0, "state", `subject.text("Vehicle.LowVoltageSystemState")`, "state of an asset as a text; unknown as number is", func(a []ref.Val) ref.Val { return a[0].(*twinValue).text(text1(a), 0) }},
	{"text", twinType, textAge, cel.StringType, 0, "state", `subject.text("Vehicle.LowVoltageSystemState", duration("24h"))`, "the same, with its own limit of age", func(a []ref.Val) ref.Val { return a[0].(*twinValue).text(text1(a), age(a[2])) }},
	{"flag", twinType, oneText, cel.BoolType, 0, "state", `subject.flag("Vehicle.Body.Hood.IsOpen")`, "state of an asset that is true or false; unknown as number is", func(a []ref.Val) ref.Val { return a[0].(*twinValue).flag(text1(a), 0) }},
	{"flag", twinType, textAge, cel.BoolType, 0, "state", `subject.flag("Vehicle.Body.Hood.IsOpen", duration("1h"))`, "the same, with its own limit of age", func(a []ref.Val) ref.Val { return a[0].(*twinValue).flag(text1(a), age(a[2])) }},
	{"fresh", twinType, oneText, cel.BoolType, 0, "state", `subject.fresh("Vehicle.Speed")`, "the state is known and fresh", func(a []ref.Val) ref.Val { return a[0].(*twinValue).fresh(text1(a)) }},
	{"stale", twinType, oneText, cel.BoolType, 0, "state", `subject.stale("Vehicle.Speed")`, "the state was told once and is older than the rule's fresh", func(a []ref.Val) ref.Val { return a[0].(*twinValue).stale(text1(a)) }},
	{"age", twinType, oneText, cel.DurationType, 0, "state", `subject.age("Vehicle.Speed")`, "how long ago the state was so; unknown when never told", func(a []ref.Val) ref.Val { return a[0].(*twinValue).age(text1(a)) }},
	{"alias", twinType, oneText, cel.StringType, 0, "type", `subject.alias("plate")`, "another identifier of an asset, of a data type; unknown when there is none", func(a []ref.Val) ref.Val { return a[0].(*twinValue).alias(text1(a)) }},
	{"sent", callType, oneText, cel.StringType, detect.InputRequestBodies, "", `call.sent("role")`, "value of a field of the request (path, query, header, cookie, body), by its name or dotted path; unknown when there is none", func(a []ref.Val) ref.Val { return a[0].(*callValue).leaf(text1(a), true) }},
	{"answered", callType, oneText, cel.StringType, detect.InputResponseBodies, "", `call.answered("status")`, "value of a field of the answer; unknown when there is none", func(a []ref.Val) ref.Val { return a[0].(*callValue).leaf(text1(a), false) }},
	{"sends", callType, oneText, cel.BoolType, 0, "type", `call.sends("vin")`, "the request holds a value of the data type; unknown when it does not and its body was not captured", func(a []ref.Val) ref.Val { return a[0].(*callValue).sends(text1(a)) }},
	{"tells", callType, oneText, cel.BoolType, detect.InputResponseBodies, "type", `call.tells("location")`, "the answer holds a value of the data type that the request did not; unknown when it does not and was not captured", func(a []ref.Val) ref.Val { return a[0].(*callValue).tells(text1(a)) }},
	{"header", callType, oneText, cel.StringType, 0, "", `call.header("user-agent")`, "first header field of the request of that name; unknown when there is none", func(a []ref.Val) ref.Val { return a[0].(*callValue).header(text1(a), true) }},
	{"answer_header", callType, oneText, cel.StringType, 0, "", `call.answer_header("server")`, "first header field of the answer of that name", func(a []ref.Val) ref.Val { return a[0].(*callValue).header(text1(a), false) }},
	{"from", callType, oneText, cel.BoolType, 0, "network", `call.from("198.51.100.0/24")`, "the address the call came from is of the network", func(a []ref.Val) ref.Val { return a[0].(*callValue).from(text1(a)) }},
	{"lower", nil, oneText, cel.StringType, 0, "", `lower(call.sent("email"))`, "the text in small letters", func(a []ref.Val) ref.Val { return str(strings.ToLower(string(a[0].(types.String)))) }},
	{"distance_m", nil, fourNums, cel.DoubleType, 0, "", `distance_m(48.1, 11.5, 48.2, 11.6)`, "metres between two points (latitude, longitude, in degrees), on a sphere", metres},
}

func text1(a []ref.Val) string { return string(a[1].(types.String)) }

func age(v ref.Val) time.Duration { return v.(types.Duration).Duration }

// metres is the great-circle distance by the haversine formula, the earth's mean radius being 6371 km.
func metres(a []ref.Val) ref.Val {
	const rad = math.Pi / 180
	var x [4]float64
	for i := range x {
		x[i] = float64(a[i].(types.Double)) * rad
	}
	u, v := math.Sin((x[2]-x[0])/2), math.Sin((x[3]-x[1])/2)
	return types.Double(2 * 6371e3 * math.Asin(math.Min(1, math.Sqrt(u*u+math.Cos(x[0])*math.Cos(x[2])*v*v))))
}

// functionOptions declares the functions, several forms of one name together.
func functionOptions() []cel.EnvOption {
	var out []cel.EnvOption
	for i := range functions {
		f := &functions[i]
		id := fmt.Sprintf("%s_%d", f.name, len(f.args))
		of := f.of
		bind := cel.FunctionBinding(func(args ...ref.Val) ref.Val { return of(args) })
		if f.on != nil {
			id = f.on.TypeName() + "_" + id
			out = append(out, cel.Function(f.name, cel.MemberOverload(id, append([]*cel.Type{f.on}, f.args...), f.result, bind)))
			continue
		}
		out = append(out, cel.Function(f.name, cel.Overload(id, f.args, f.result, bind)))
	}
	return out
}

// A twinValue is an asset with its state, as conditions see it. It has functions only.
type twinValue struct {
	twin  *waywarden.Twin
	scope *scope
}

func (v *twinValue) reading(name string, ageMax time.Duration) (waywarden.Reading, bool) {
	if ageMax == 0 {
		ageMax = v.scope.rule.fresh
	}
	return v.twin.Fresh(name, v.scope.scene.Now, ageMax)
}

func (v *twinValue) number(name string, ageMax time.Duration) ref.Val {
	if r, ok := v.reading(name, ageMax); ok && r.Value.Kind == waywarden.ValueNumber {
		return types.Double(r.Value.Number)
	}
	return unknown
}

func (v *twinValue) text(name string, ageMax time.Duration) ref.Val {
	if r, ok := v.reading(name, ageMax); ok && r.Value.Kind == waywarden.ValueText {
		return str(r.Value.Text)
	}
	return unknown
}

func (v *twinValue) flag(name string, ageMax time.Duration) ref.Val {
	if r, ok := v.reading(name, ageMax); ok && r.Value.Kind == waywarden.ValueBool {
		return types.Bool(r.Value.Number != 0)
	}
	return unknown
}

func (v *twinValue) fresh(name string) ref.Val {
	_, ok := v.reading(name, 0)
	return types.Bool(ok)
}

func (v *twinValue) stale(name string) ref.Val {
	_, told := v.twin.Reading(name)
	_, ok := v.reading(name, 0)
	return types.Bool(told && !ok)
}

func (v *twinValue) age(name string) ref.Val {
	if r, ok := v.twin.Reading(name); ok {
		return types.Duration{Duration: v.scope.scene.Now.Sub(r.At)}
	}
	return unknown
}

func (v *twinValue) alias(typ string) ref.Val {
	if v.twin != nil {
		for i := range v.twin.IDs {
			if string(v.twin.IDs[i].Type) == typ {
				return str(v.twin.IDs[i].Value)
			}
		}
	}
	return unknown
}

// A callValue is the call, as the functions of conditions see it.
type callValue scope

// leaf returns the first value of a field of the request, or of the answer.
func (v *callValue) leaf(name string, request bool) ref.Val {
	if v.scene.Call == nil {
		return unknown
	}
	for i := range v.scene.Call.Leaves {
		l := &v.scene.Call.Leaves[i]
		if (l.In < waywarden.InResponse) != request || len(l.Name) < len(name) {
			continue
		}
		tail := l.Name[len(l.Name)-len(name):]
		if tail == name && (len(tail) == len(l.Name) || l.Name[len(l.Name)-len(name)-1] == '.') {
			return str(l.Value)
		}
	}
	return unknown
}

func (v *callValue) sends(typ string) ref.Val {
	if v.digest.Asked.Any(detect.TypesOf(waywarden.DataType(typ))) {
		return types.True
	}
	if m := &(*scope)(v).http().Request; !m.Captured && m.BodyBytes != 0 {
		return unknown
	}
	return types.False
}

func (v *callValue) tells(typ string) ref.Val {
	if v.digest.Told.Any(detect.TypesOf(waywarden.DataType(typ))) {
		return types.True
	}
	if m := &(*scope)(v).http().Response; !m.Captured && m.BodyBytes != 0 {
		return unknown
	}
	return types.False
}

func (v *callValue) header(name string, request bool) ref.Val {
	t := (*scope)(v).http()
	h := t.Response.Headers
	if request {
		h = t.Request.Headers
	}
	if name = strings.ToLower(name); !h.Has(name) {
		return unknown
	}
	return str(h.First(name))
}

func (v *callValue) from(network string) ref.Val {
	n, err := netip.ParsePrefix(network)
	a, err2 := netip.ParseAddr(detect.Address(v.scene))
	if err != nil || err2 != nil {
		return unknown
	}
	return types.Bool(n.Contains(a.Unmap()))
}

// The receivers are values of CEL that can be called on and nothing else.

func (v *twinValue) ConvertToNative(reflect.Type) (any, error) { return nil, errNoValue }
func (v *twinValue) ConvertToType(ref.Type) ref.Val            { return types.WrapErr(errNoValue) }
func (v *twinValue) Equal(ref.Val) ref.Val                     { return unknown }
func (v *twinValue) Type() ref.Type                            { return twinType }
func (v *twinValue) Value() any                                { return v.twin }

func (v *callValue) ConvertToNative(reflect.Type) (any, error) { return nil, errNoValue }
func (v *callValue) ConvertToType(ref.Type) ref.Val            { return types.WrapErr(errNoValue) }
func (v *callValue) Equal(ref.Val) ref.Val                     { return unknown }
func (v *callValue) Type() ref.Type                            { return callType }
func (v *callValue) Value() any                                { return v.scene }

var errNoValue = fmt.Errorf("call, caller and subject are no values: use their fields and functions")

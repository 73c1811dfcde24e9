package walk

import (
	"testing"

	"github.com/waywarden/waywarden"
)

func TestNumberOf(t *testing.T) {
	number := func(d waywarden.DataType, v string) number { return numberOf(&waywarden.Leaf{Type: d, Value: v}) }
	a, b := number(waywarden.TypeVIN, "5YJ3E1EA2RB313563"), number(waywarden.TypeVIN, "5YJ3E1EA4RB313564")
	if a.around != b.around || b.n != a.n+1 {
		t.Errorf("serials one apart: %+v, %+v", a, b)
	}
	if c := number(waywarden.TypeVIN, "WDB9066A4RB313564"); c.around == b.around {
		t.Error("serials of two makers are compared")
	}
	if x, y := number(waywarden.TypeStationID, "DE*NSC*E681151*1"), number(waywarden.TypeStationID, "DE*NSC*E681152*1"); x.around != y.around || y.n != x.n+1 {
		t.Errorf("stations one apart: %+v, %+v", x, y)
	}
	for _, v := range []string{"", "abc", "a1", "1234567890123456789012"} {
		if n := number(waywarden.TypeVehicleID, v); n.around != 0 {
			t.Errorf("%q is a number: %+v", v, n)
		}
	}
}

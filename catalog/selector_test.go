package catalog

import "testing"

func TestPriorOf(t *testing.T) {
	for name, want := range map[string]prior{
		"command": priorStrong, "params.cmd": priorStrong, "auftragsart": priorStrong, "actionType": priorStrong, "grant_type": priorStrong,
		"tipo_operacion": priorStrong, "operation-name": priorStrong, "type": priorWeak, "mode": priorWeak, "event": priorWeak,
		"platform": priorNone, "language": priorNone, "vin": priorNone, "pageSize": priorNone,
	} {
		if got := priorOf(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestWordlike(t *testing.T) {
	for v, want := range map[string]bool{
		"unlock": true, "TUER_OEFFNEN": true, "engine-start": true, "door.unlock": true, "déverrouiller": true, "refresh_token": true,
		"": false, "42": false, "5YJ3E1EA7KF000316": false, "a@b.example": false, "2026-01-02": false, "<script>": false,
	} {
		if got := wordlike(v); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

func TestGraphQLOperation(t *testing.T) {
	for doc, want := range map[string]string{
		"query VehicleDetail($id: ID!) { vehicle(id: $id) { id } }": "VehicleDetail",
		"mutation { unlockDoor(vin: \"x\") { ok } }":                "unlockDoor",
		"mutation($v: ID!) { lock(id: $v) { ok } }":                 "lock",
		"  {\n  stations { id } }":                                  "stations",
		"subscription OnMove{ moved { at } }":                       "OnMove",
		"queryless text":                                            "",
		`{"json":1}`:                                                "",
		"tesla model 3":                                             "",
		"":                                                          "",
	} {
		if got := graphqlOperation(doc); got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}

package app

import (
	"github.com/waywarden/waywarden/detect"
	"github.com/waywarden/waywarden/detect/access"
	"github.com/waywarden/waywarden/detect/actuation"
	"github.com/waywarden/waywarden/detect/automotive"
	"github.com/waywarden/waywarden/detect/charging"
	"github.com/waywarden/waywarden/detect/exposure"
	"github.com/waywarden/waywarden/detect/fleet"
	"github.com/waywarden/waywarden/detect/identity"
	"github.com/waywarden/waywarden/detect/lifecycle"
	"github.com/waywarden/waywarden/detect/payload"
	"github.com/waywarden/waywarden/detect/profile"
	"github.com/waywarden/waywarden/detect/ride"
	"github.com/waywarden/waywarden/detect/walk"
	"github.com/waywarden/waywarden/sensor"
	"github.com/waywarden/waywarden/sensor/accesslog"
	"github.com/waywarden/waywarden/sensor/har"
	"github.com/waywarden/waywarden/sensor/otlp"
	"github.com/waywarden/waywarden/sensor/pcap"
	"github.com/waywarden/waywarden/sensor/records"
)

// Formats is every kind of file the binary reads, the preferred first.
// To add one: write it under sensor/, let it pass sensor/sensortest, list it here.
func Formats() []sensor.Format {
	return []sensor.Format{
		records.Format{}, har.Format{}, pcap.Format{}, otlp.Format{},
		accesslog.JSON(), accesslog.Envoy(), accesslog.ALB(), accesslog.Combined(),
	}
}

// Detectors is every detector the binary has, in the order they are asked: the statistical ones last, which stay silent about
// whom another found.
func Detectors() []detect.Maker { return append(exact(), profile.Default().Makers()...) }

// exact are the detectors other than the behaviour profiles.
// To add one: write it under detect/ with its scenes, list it here.
func exact() []detect.Maker {
	return []detect.Maker{
		access.ForeignObject, access.ForeignValue, access.Unpaired, access.ForeignFunction, access.SelfMade, access.PrivilegedField, access.Disagreement, access.Juggling,
		walk.Enumeration, walk.FanOut, walk.IdleLookup,
		exposure.Unauthenticated, exposure.DebugSurface, exposure.MixUp, exposure.Overshare,
		payload.InwardURL, payload.Injection, payload.PoisonedAnswer, payload.GraphQLAbuse,
		automotive.EngineStop, automotive.HaltedTrip, automotive.MovingUnlock, automotive.MovingOpen, automotive.MovingFlap, automotive.MovingHorn,
		automotive.MovingUpdate, automotive.MovingLimit, automotive.MovingDiagnosis, automotive.MovingReset, automotive.RemoteDrive, automotive.ManyMoving,
		actuation.Grammar, actuation.Burst, actuation.Theft, actuation.Turned, actuation.Oscillation, actuation.WakeFlood,
		fleet.Bulk, fleet.Wave, fleet.Silence, fleet.Artefact, fleet.Harm, fleet.Service,
		lifecycle.Claim, lifecycle.Former, lifecycle.Handover, lifecycle.Lockout,
		identity.Replay, identity.Stuffing, identity.BruteForce, identity.SharedSecret, identity.Forged, identity.Takeover, identity.Farm,
		identity.StepUp, identity.BareReset, identity.DeadToken,
		charging.Socket, charging.Drift, charging.Storm, charging.ForeignStop, charging.Clone, charging.Guess, charging.Location, charging.Downgrade,
		charging.Wave, charging.SecurityEvents,
		ride.Converge, ride.Opened,
	}
}

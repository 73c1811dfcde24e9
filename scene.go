package waywarden

import "time"

// An AssetType is a kind of thing that has a twin.
type AssetType string

// The kinds of asset.
const (
	AssetVehicle     AssetType = "vehicle"
	AssetConsumer    AssetType = "consumer"
	AssetApplication AssetType = "application"
	AssetCharger     AssetType = "charger"
	AssetFleet       AssetType = "fleet"
	AssetRide        AssetType = "ride"
	AssetEndpoint    AssetType = "endpoint"
)

// An ID is one identifier of an asset.
type ID struct {
	Type  DataType
	Value string
}

// A Twin is the live state of one asset, as it was known at one moment.
type Twin struct {
	Type     AssetType
	UID      string
	IDs      []ID
	State    []Reading // sorted by name
	Links    []Link
	Commands []Command // the latest few, the last first
}

// A Reading is one state value with its provenance. A missing reading is unknown; it is never imputed.
type Reading struct {
	Name       string // VSS path, or a private one of domain/statemodels.yaml
	Value      Value
	At         time.Time // when it was so
	Received   time.Time // when it became known
	Source     string    // "signal", "response", "ocpp", "register"
	Confidence float64   // 0 to 1
}

// Reading returns the named reading; ok is false when the value is unknown.
func (t *Twin) Reading(name string) (r Reading, ok bool) {
	if t == nil {
		return Reading{}, false
	}
	for i := range t.State {
		if t.State[i].Name == name {
			return t.State[i], true
		}
	}
	return Reading{}, false
}

// datedMin is the confidence from which it is known when a reading was so. An answer that does not give its age has a lower
// one: it may come from a cache.
const datedMin = 0.6

// Fresh returns the named reading if it is known to be of at most ageMax before now.
func (t *Twin) Fresh(name string, now time.Time, ageMax time.Duration) (Reading, bool) {
	r, ok := t.Reading(name)
	if !ok || r.Confidence < datedMin || now.Sub(r.At) > ageMax {
		return Reading{}, false
	}
	return r, true
}

// A Command is a remote command and what became of it: asked for, accepted by the server, delivered, carried out, and seen
// to take effect are different things.
type Command struct {
	ID        string // as the server names it; "" where it does not
	Operation *Operation
	Caller    string    // UID of the principal
	At        time.Time // when it was asked for
	State     CommandState
	Since     time.Time // of the state
	Effect    Truth     // whether the twin changed as the function should make it, within its time; Unknown: not seen either way
	Signal    string    // that showed the effect
}

// A CommandState is how far a command got.
type CommandState string

// The states of a command (domain/statemodels.yaml).
const (
	CommandRefused   CommandState = "REFUSED" // by the server: no more than an attempt
	CommandAccepted  CommandState = "ACCEPTED"
	CommandDelivered CommandState = "DELIVERED"
	CommandExecuted  CommandState = "EXECUTED"
	CommandRejected  CommandState = "REJECTED_BY_VEHICLE" // an interlock worked
	CommandFailed    CommandState = "FAILED"
	CommandTimeout   CommandState = "TIMEOUT"
	CommandCancelled CommandState = "CANCELLED"
)

// A Link says that a party may act on an asset.
type Link struct {
	Rel        string // owner, driver, renter, fleet_manager, dealer, …
	Type       AssetType
	UID        string
	Since      time.Time
	Until      time.Time // zero: still holds
	Proof      string    // "list", "register", "pairing", "use", …
	Confidence float64   // 0 to 1
}

// A Subject is an asset that a call names, with what was known of it.
type Subject struct {
	Twin   *Twin
	Leaf   int  // index of the naming leaf in Call.Leaves
	Linked Link // the caller's link to it; zero Rel when there is none
	Known  bool // the asset had been seen before this call
}

// A Scene is a call together with the twins of everyone it touches: all a detector needs to know, and all it may know.
type Scene struct {
	Record   *Record
	Call     *Call // nil for signals and register rows
	Now      time.Time
	Caller   *Twin // the principal's twin; nil for nobody
	Subjects []Subject
	// LinksLearned is the number of links the caller's peer group has; a group without any cannot tell foreign from own.
	LinksLearned int
	// Command is the command that the call asks for, or whose state it tells; nil for other calls.
	Command *Command
	// Unseen says that some answer which lists the caller's own assets was not captured in full: its links may be incomplete.
	Unseen bool
}

package profile

// A kind is what a profile is of.
type kind uint8

const (
	caller kind = iota
	endpoint
	application
	edge // from one call of a caller to the next
	kinds
)

// A feature is one number that a day of an entity has.
type feature uint8

const (
	callsHour   feature = iota // the most calls within a clock hour
	callsDay                   // calls
	bytesHour                  // the most bytes of answers within a clock hour
	bytesDay                   // bytes of answers
	refusals                   // calls answered with 4xx or 5xx
	things                     // different assets named; of endpoints and applications: different callers
	operations                 // different operations
	disorder                   // surprise of the order of calls, bits a call above what is usual there, the most over some eight calls
	strangeness                // surprise of hour, network and program together, bits
	features
)

// of says which features a kind has.
var of = [kinds][]feature{
	caller:      {callsHour, callsDay, bytesHour, bytesDay, refusals, things, operations, disorder, strangeness},
	endpoint:    {callsHour, callsDay, bytesHour, bytesDay, refusals, things},
	application: {callsHour, callsDay, bytesHour, bytesDay, refusals, things},
	edge:        {callsHour, callsDay},
}

// A prior is what is reckoned with before anything was seen, and what has to be there at least for an alarm.
type prior struct {
	linear bool    // the value itself counts, not its logarithm
	mean   float64 // of ln(1+value), or of the value
	sd     float64 // how much entities differ
	within float64 // how much the days of one differ
	floor  float64 // the least standard deviation of a prediction
	least  float64 // a lower value is no alarm
	times  float64 // nor is one that is not so many times the expected
}

// priors are guesses of what app backends of any trade see: a person's day is some tens of calls, ten times more or fewer
// are nothing strange, and machines are another two orders of magnitude away. They are drawn to what is seen within a day.
var priors = [features]prior{
	callsHour:   {mean: 2.7, sd: 1.3, within: 0.8, floor: 0.35, least: 20, times: 2},
	callsDay:    {mean: 3.4, sd: 1.4, within: 0.8, floor: 0.35, least: 30, times: 2},
	bytesHour:   {mean: 9.5, sd: 1.6, within: 1.0, floor: 0.35, least: 512 << 10, times: 2},
	bytesDay:    {mean: 10, sd: 1.7, within: 1.0, floor: 0.35, least: 1 << 20, times: 2},
	refusals:    {mean: 0.6, sd: 1, within: 1, floor: 0.8, least: 12, times: 3},
	things:      {mean: 1.0, sd: 0.9, within: 0.4, floor: 0.25, least: 6, times: 2},
	operations:  {mean: 1.8, sd: 0.6, within: 0.4, floor: 0.25, least: 8, times: 1.5},
	disorder:    {linear: true, mean: 1, sd: 1, within: 0.8, floor: 0.7, least: 3, times: 1.5},
	strangeness: {linear: true, mean: 3, sd: 2.5, within: 2.5, floor: 1.8, least: 9, times: 1.5},
}

// A subject is what one detector raises alarms of.
type subject uint8

const (
	volume subject = iota
	reach
	transfer
	refusal
	order
	habit
	whole // endpoints, applications and edges
	subjectsN
)

// subjectOf says which detector speaks of a feature.
func subjectOf(k kind, f feature) subject {
	if k != caller {
		return whole
	}
	return [features]subject{volume, volume, transfer, transfer, refusal, reach, reach, order, habit}[f]
}

// A pool is where the scores of a subject of alarm are kept: of [whole] one for each kind.
type pool uint8

const pools = pool(whole) + pool(kinds) - 1

func poolOf(k kind, f feature) pool {
	if k != caller {
		return pool(whole) + pool(k) - 1
	}
	return pool(subjectOf(k, f))
}

// featureNames say what is counted, for people.
var featureNames = [features]string{
	callsHour: "calls within an hour", callsDay: "calls in a day", bytesHour: "bytes of answers within an hour", bytesDay: "bytes of answers in a day",
	refusals: "refused or failed calls in a day", things: "different assets named in a day", operations: "different operations used in a day",
	disorder: "surprise of the order of calls, bits a call", strangeness: "surprise of hour, network and program, bits",
}

// name says what is counted of a kind.
func (f feature) name(k kind) string {
	if f == things && k != caller {
		return "different callers in a day"
	}
	return featureNames[f]
}

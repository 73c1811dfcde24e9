// Package evidence lists what the belief that a token is a value is computed from, and how the weights of a layer are
// laid out: every feature has a piecewise linear weight, some pairs have one together, and some have one by shape.
package evidence

import "github.com/waywarden/waywarden/catalog/template/internal/segment"

// A Feature is one number in [0, 1] that the belief about a candidate is computed from.
type Feature int

// The features, in the order their weights are kept in.
const (
	Length Feature = iota
	Char
	CharMean
	CharRank
	Known
	KnownShare
	AfterParam
	ParentOpens
	ParentKnown
	Parts
	Calls
	Share
	Breadth
	Traffic
	OnesTraffic
	OnesBreadth
	Newness
	OpaqueShare
	SameShape
	SameShapeShare
	Constant
	Words
	Ratio
	Places
	Leaf
	BestBelow
	BestBelowShare
	MeanBelow
	SkipBelow
	OwnBelow
	Below
	Alien
	Methods
	Response
	ResponseMax
	Request
	Issued
	Issues
	ParentParam
	ParentPlural
	Top
	Depth
	Alone
	Acts
	Act
	Case
	BeforeKnown
	ValueBelow
	Creates
	Replaces
	ValueBelowShare
	CreatesShare
	Suffixed
	SharedBelow
	Others // of the second layer, from here on
	OthersTraffic
	OthersSum
	Self
	Count // how many there are
)

// firstLayer is the number of features that do not depend on beliefs about the siblings.
const firstLayer = Others

// Missing marks a feature that could not be measured; it adds nothing.
const Missing = -1

// A Row holds the features of one candidate.
type Row struct {
	Shape segment.Shape
	X     [Count]float32
}

// says is what a strong contribution of a feature is about.
var says = [Count]string{
	Length: "its shape", Char: "its characters", CharMean: "the characters of its siblings", CharRank: "its characters compared with its siblings'",
	Known: "other APIs use it as a literal", KnownShare: "its siblings are literals of other APIs", AfterParam: "where other APIs put that literal",
	ParentOpens: "what other APIs put after the literal before it", ParentKnown: "the literal before it", Parts: "the words it is made of",
	Calls: "its number of calls", Share: "its share of the calls", Breadth: "the number of siblings", Traffic: "the traffic here",
	OnesTraffic: "how many calls bring a value seen once", OnesBreadth: "how many siblings were seen once", Newness: "different values per call",
	OpaqueShare: "siblings that look like identifiers", SameShape: "siblings of the same shape", SameShapeShare: "share of siblings of the same shape",
	Constant: "being the only value of its shape", Words: "siblings that are words", Ratio: "its calls compared with its siblings'",
	Places: "other places it stands in", Leaf: "whether anything follows", BestBelow: "siblings followed by the same",
	BestBelowShare: "share of siblings followed by the same", MeanBelow: "likeness of what follows", SkipBelow: "likeness of what follows one further on",
	OwnBelow: "what follows only it", Below: "how much follows", Alien: "nothing in common with what follows its siblings", Methods: "siblings called with the same methods",
	Response: "likeness of its responses to its siblings'", ResponseMax: "a sibling with the same response", Request: "likeness of its requests to its siblings'",
	Issued: "responses gave it out as an identifier", Issues: "identifiers given out by responses", ParentParam: "standing after a parameter", ParentPlural: "standing after a plural",
	Top: "standing first", Depth: "its depth", Alone: "standing alone", Acts: "siblings that name actions", Act: "naming an action", Case: "a capital letter",
	BeforeKnown: "what follows mostly stands after parameters in other APIs", ValueBelow: "a value follows", Creates: "POST ends at it", Replaces: "PUT, PATCH or DELETE end at it",
	ValueBelowShare: "siblings that a value follows", CreatesShare: "siblings that POST ends at", SharedBelow: "how much of what follows also follows siblings", Suffixed: "the suffix of a file follows", Others: "its siblings are values", OthersTraffic: "most of the traffic here goes to values",
	OthersSum: "the number of siblings that are values", Self: "all this taken together",
}

// String says what the feature is about, for an explanation.
func (f Feature) String() string { return says[f] }

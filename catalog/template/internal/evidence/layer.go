package evidence

import "github.com/waywarden/waywarden/catalog/template/internal/segment"

// knots is the number of support points of a feature's piecewise linear weight, and crossKnots of a pair's in each
// direction.
const (
	knots      = 8
	crossKnots = 5
)

// crosses are the pairs of Features whose weight depends on both.
var crosses = [...][2]Feature{
	{ParentParam, OnesTraffic}, {ParentParam, OnesBreadth}, {ParentParam, Breadth}, {ParentParam, Char}, {ParentParam, Known}, {ParentParam, Leaf},
	{Leaf, Breadth}, {Leaf, OnesTraffic}, {Leaf, Char}, {Leaf, Newness},
	{Char, Breadth}, {Char, OnesTraffic}, {Char, Known}, {Char, CharMean}, {Char, ParentOpens}, {Char, BestBelowShare}, {Char, MeanBelow}, {Char, Calls},
	{Known, Breadth}, {Known, OnesTraffic}, {Known, MeanBelow}, {Known, SkipBelow}, {Known, ParentOpens}, {Known, Places}, {Known, AfterParam},
	{Breadth, OnesTraffic}, {Breadth, Traffic}, {Breadth, MeanBelow}, {Breadth, SkipBelow}, {Breadth, KnownShare}, {Breadth, Ratio}, {CharMean, Breadth},
	{Words, OpaqueShare}, {SameShape, SameShapeShare}, {ParentOpens, Alone}, {ParentOpens, Breadth}, {ParentOpens, ParentKnown}, {Alone, Char}, {Alone, Calls},
	{Response, Breadth}, {Response, ResponseMax}, {Response, Char}, {Issued, Issues}, {Issued, Char}, {Acts, Act}, {Depth, Char}, {Places, Char},
	{ValueBelow, Breadth}, {ValueBelow, MeanBelow}, {ValueBelowShare, Breadth}, {ValueBelowShare, OnesTraffic}, {ValueBelow, Char}, {Creates, Breadth}, {CreatesShare, Breadth}, {Replaces, Leaf},
	{SharedBelow, MeanBelow}, {SharedBelow, Char}, {SharedBelow, Breadth}, {SharedBelow, Known},
	{Suffixed, Breadth}, {Suffixed, Known}, {Parts, Known}, {Parts, ParentOpens}, {Parts, Alone},
	{Top, Breadth}, {Top, ValueBelow}, {Depth, Breadth}, {Parts, MeanBelow}, {Parts, Breadth}, {Parts, OnesTraffic},
	{Others, Char}, {Others, Breadth}, {Others, Known}, {Others, Self}, {Others, MeanBelow}, {OthersSum, Self},
}

// shapeCrosses are the features whose weight depends on the shape of the token.
var shapeCrosses = [...]Feature{Breadth, SameShape, Share, Leaf, Calls, ParentOpens, Alone, OnesTraffic, Top}

// The layout of a layer: bias, shapes, features, crosses, shape crosses.
const (
	slotShape   = 1
	slotFeature = slotShape + int(segment.Shapes)
	slotCross   = slotFeature + int(Count)*knots
	slotByShape = slotCross + len(crosses)*crossKnots*crossKnots
	// Slots is the number of weights of a layer.
	Slots = slotByShape + len(shapeCrosses)*int(segment.Shapes)*crossKnots
)

// hats returns the lower of the two support points around x in [0, 1], and how far x is on the way to the next.
func hats(x float32, n int) (int, float32) {
	p := x * float32(n-1)
	i := min(int(p), n-2)
	return i, p - float32(i)
}

// Expand calls f with the weights' index and value of every term of a row, and the feature it counts for.
func (r *Row) Expand(layer int, f func(slot int, x float32, of Feature)) {
	last := firstLayer
	if layer == 1 {
		last = Count
	}
	f(0, 1, -1)
	f(slotShape+int(r.Shape), 1, Length)
	for i := range last {
		if r.X[i] < 0 {
			continue
		}
		k, t := hats(r.X[i], knots)
		at := slotFeature + int(i)*knots + k
		f(at, 1-t, i)
		f(at+1, t, i)
	}
	for i, c := range crosses {
		a, b := r.X[c[0]], r.X[c[1]]
		if a < 0 || b < 0 || c[0] >= last || c[1] >= last {
			continue
		}
		j, s := hats(a, crossKnots)
		k, t := hats(b, crossKnots)
		at := slotCross + (i*crossKnots+j)*crossKnots + k
		f(at, (1-s)*(1-t), c[1])
		f(at+1, (1-s)*t, c[1])
		f(at+crossKnots, s*(1-t), c[0])
		f(at+crossKnots+1, s*t, c[0])
	}
	for i, c := range shapeCrosses {
		if r.X[c] < 0 {
			continue
		}
		k, t := hats(r.X[c], crossKnots)
		at := slotByShape + (i*int(segment.Shapes)+int(r.Shape))*crossKnots + k
		f(at, 1-t, c)
		f(at+1, t, c)
	}
}

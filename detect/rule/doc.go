// Package rule runs the user's own rules: YAML files whose conditions are CEL expressions over a call, its caller, the
// assets it names and their state, counts over sliding windows, and sequences.
//
//	Source → parse → compile → Set → Live → runner (a detect.Detector)
//
// A rule is compiled once, is typed, and is bounded in what it may cost before it runs. A condition is three-valued: what
// is not known (a state that was never told or is old, a link that nothing was learned about, an answer that was not
// captured) is neither true nor false, follows Kleene's logic through && || and !, and never fires.
//
// A rule that does not concern a call costs nothing: what its match says is worked out once for each operation.
//
// A [Live] hands sets to the engine from any goroutine; the engine takes a new one up between two scenes. Windows and
// sequences belong to what a rule counts, not to the set: those of rules that did not change live on.
package rule

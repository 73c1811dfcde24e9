package profile

import (
	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// texts are what is different in the cards of the subjects.
var texts = [subjectsN]struct {
	id, title, desc, respond string
	types                    []string
	silent                   []string
	helped                   detect.Inputs
}{
	volume: {"BEH-001", "Far more calls than a caller's profile", "Raised when a caller makes far more calls in a day, or within one hour of it, than its own days and those of its peers (client, roles, host) let expect.",
		"Look at what the caller asked for, ask its owner, and limit the rate per caller rather than per address.",
		[]string{"API4:2023", "API6:2023", "R155:8.1", "R155:24.1"}, []string{"a person's busy day, a fleet at the turn of the month", "pollers: what comes every day is their profile"}, 0},
	reach: {"BEH-002", "Far more assets or operations than a caller's profile", "Raised when a caller names far more different assets in a day, or uses far more different operations, than its own days and those of its peers let expect. Other than ENU-003 it holds the caller against its own past too, so it also sees somebody who has to do with a hundred vehicles by trade turn to a thousand.",
		"Check whether the caller's task changed; if not, suspend its credential and check what was read.",
		[]string{"API1:2023", "API4:2023", "API6:2023", "R155:3.3"}, []string{"fleets and aggregators at their usual size", "a person who tries every page of an app once"}, detect.InputResponseBodies},
	transfer: {"ENU-008", "Far more data than a caller's profile", "Raised when the answers to a caller add up to far more bytes in a day, or within one hour of it, than its own days and those of its peers let expect.",
		"Check which records left, limit page sizes and exports per caller, and ask for a reason for bulk exports.",
		[]string{"API3:2023", "API4:2023", "R155:3.3", "R155:3.5"}, []string{"the monthly report that came last month too", "a backup that runs every night"}, 0},
	refusal: {"BEH-003", "Far more refusals than a caller's profile", "Raised when far more calls of a caller are refused or fail in a day than its own days and those of its peers let expect, and no rule says why.",
		"Look at what was refused: guessing, a broken client, or rights that were taken away.",
		[]string{"API1:2023", "API2:2023", "API5:2023", "R155:19.1"}, []string{"an outage: it fails for many alike", "an app with an outdated path that always fails"}, 0},
	order: {"BEH-004", "Calls in an order the application does not make", "A sequence model of variable order (up to three calls of context) learns per application which operation follows which. Raised when over some eight calls in a row a caller's order is far more surprising than what is usual at those places, held against its own past and its peers.",
		"Compare with the application's releases; where none explains it, the calls were made by another program with the application's credentials.",
		[]string{"API2:2023", "API6:2023", "R155:16.1"}, []string{"a release of the application: many change alike", "a new or rarely used screen: it surprises once", "scripts, which repeat themselves"}, 0},
	habit: {"BEH-005", "A caller at an unusual hour, from an unusual place", "Raised when the hour of the day, the network and the program together are far more surprising for a caller than what its own visits and those of its peers let expect. How rare a new network is, is learned per group: people who travel change it daily, a backend never does.",
		"Ask for a second factor, and end the sessions that the caller's owner does not know.",
		[]string{"API2:2023", "R155:4.1", "R155:20.3"}, []string{"travel, a new phone, or a sleepless night alone", "night shifts: their hours are the profile"}, detect.InputCredentials},
	whole: {"BEH-006", "An endpoint, an application or an edge far above its profile", "Raised when an operation, an application, or the succession of one operation upon another has far more calls, bytes, refusals or different callers in a day, or within one hour of it, than its own days and those of its like let expect. It is what sees a crowd of callers that are each inconspicuous.",
		"Look at who called: many new callers are a swarm, the usual ones a retry storm or a campaign.",
		[]string{"API4:2023", "API6:2023", "API9:2023", "R155:8.1"}, []string{"campaigns, outages and releases: many endpoints change alike", "an endpoint that grows week by week"}, 0},
}

// card makes the card of a subject.
func card(s subject) detect.Card {
	t := &texts[s]
	c := detect.Card{
		ID: t.id, Title: t.title, Severity: waywarden.SeverityMedium, Analytic: waywarden.AnalyticStatistical, Types: t.types, Needs: detect.InputCalls,
		Helped: detect.InputCredentials | t.helped, Respond: t.respond,
		Silent: append(append([]string{}, t.silent...), "whom a rule found already: it says it more exactly", "a change that many of a kind make on the same day: it is told once, as information"),
		Desc: t.desc + `

What is expected is predicted: the entity's own mean is drawn to its group's by how much either varies, a new entity goes by its group, a new group by all groups, and before a day is over the running hours of the others stand for it. The day of the week counts. How far above the prediction is too far follows from the budget of false alarms (profiles.budget a day and profiles.per_million calls, the lower counts), by the upper tail of the scores seen so far; it is low until it is half as far again, then medium.

A profile cannot be led astray quickly: a day counts as at most twice the expected, two weeks as at most half as much again as the two months before, and a day with an alarm or a finding of a rule not at all.`,
	}
	if s <= reach {
		c.Severity = waywarden.SeverityHigh
		c.Desc += " It is high where it is medium and the call commands a vehicle or a charger."
	}
	return c
}

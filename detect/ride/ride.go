// Package ride holds the detectors of what is done to rides and bookings: ride hailing, robotaxis, car sharing.
package ride

import (
	"strings"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/detect"
)

// Limits of what the detectors remember; the entry used longest ago makes room.
const (
	cellsMax   = 1 << 16
	callersMax = 1 << 17
	burstsMax  = 1 << 8
)

// caller returns who calls, 0 for nobody: a service that says for whom it calls is that person.
func caller(c *waywarden.Call) uint64 {
	switch {
	case c.Principal.OnBehalf != "":
		return detect.Key(c.Principal.OnBehalf)
	case c.Principal.UID != "":
		return detect.Key(c.Principal.UID)
	}
	return 0
}

// cancels says whether an operation takes a booking back: its names say so, in the languages APIs come in.
func cancels(op *waywarden.Operation) bool {
	if op.Method == "DELETE" {
		return true
	}
	return says(op.Template) || says(op.Discriminator.Value)
}

func says(text string) bool {
	text = strings.ToLower(text)
	for _, w := range [...]string{"cancel", "abort", "storn", "annul", "anul", "revoke"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

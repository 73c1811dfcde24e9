// Package notify is the contract of those who are told.
//
// A notifier's nil means delivered; everything else is tried again by its owner. Findings and incidents are told whole
// each time: a receiver keeps the last it was told of a UID.
package notify

import (
	"context"

	"github.com/waywarden/waywarden"
)

// A Notifier tells somebody, or some system, what was found.
type Notifier interface {
	// Finding tells of a threat: its creation, its growth, its withdrawal.
	Finding(ctx context.Context, f *waywarden.Finding) error
	// Incident tells of a group of findings.
	Incident(ctx context.Context, i *waywarden.Incident) error
}

// Package lifecycle holds the detectors of who gets and loses rights over vehicles and chargers: claims, handovers, lock-outs,
// former users.
package lifecycle

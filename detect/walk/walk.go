// Package walk holds the detectors of collecting: identifiers gone through one after the other, stores read from end to
// end, and more objects than a caller of its kind has to do with (API4 and API6 of the OWASP API Security Top 10 2023).
package walk

// Package exposure holds the detectors of answers that should not have been given: to nobody, to somebody else, with more
// than the operation gives, or by what should not answer at all (API3, API8 and API9 of the OWASP API Security Top 10 2023).
package exposure

// Package payload holds the detectors of values that do not belong where they stand: what breaks out of a field, leads a
// server inside, or comes back from a third party (API7, API8 and API10 of the OWASP API Security Top 10 2023).
package payload

// Package access holds the detectors of broken authorization: objects, functions and fields that are not the caller's
// (API1, API3 and API5 of the OWASP API Security Top 10 2023).
package access

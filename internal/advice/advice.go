// Package advice has errors that the user can cure, with what to do about them.
package advice

import "errors"

// ErrFailed says that something that was checked failed; what, was told. The program then ends with code 1.
var ErrFailed = errors.New("failed")

// An Error is an error that the user can cure: a bad setting, or an input that cannot be read. The program then ends with
// code 2. Every other error is ours and ends with 1.
type Error struct {
	Err  error
	Next string // what to do about it, an imperative without a full stop; may be empty
}

// Error says what is wrong and why.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

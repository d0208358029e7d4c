package gradmq

import (
	"context"
	"errors"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Code says what kind of failure an [Error] is. Numbers below 64 are those of section 17 of the protocol;
// from 64 on they arise on this side of a socket only. Its String method gives the name, such as
// "NON_FINITE", its Text method the sentence that goes with it. A code of a later version of the
// protocol has a number and no name.
type Code = fault.Code

// The codes. The sentence of each is what its Text method says.
const (
	CodeInternal    Code = fault.Internal
	CodeMemory      Code = fault.Memory
	CodeBusy        Code = fault.Busy
	CodeMalformed   Code = fault.Malformed
	CodePreamble    Code = fault.Preamble
	CodeVersion     Code = fault.Version
	CodeUnsupported Code = fault.Unsupported
	CodeCommand     Code = fault.Command
	CodeArgument    Code = fault.Argument
	CodeName        Code = fault.Name
	CodeModel       Code = fault.Model
	CodeNoModel     Code = fault.NoModel
	CodeState       Code = fault.State
	CodeClosed      Code = fault.Closed
	CodeLayout      Code = fault.Layout
	CodeShape       Code = fault.Shape
	CodeLength      Code = fault.Length
	CodeAlignment   Code = fault.Alignment
	CodeFrames      Code = fault.Frames
	CodeTooLarge    Code = fault.TooLarge
	CodeNonFinite   Code = fault.NonFinite
	CodeEpoch       Code = fault.Epoch
	CodeBase        Code = fault.Base
	CodeStale       Code = fault.Stale
	CodeLate        Code = fault.Late
	CodeNotJoined   Code = fault.NotJoined
	CodeFenced      Code = fault.Fenced
	CodeWindow      Code = fault.Window
	CodeQueueFull   Code = fault.QueueFull
	CodeCondition   Code = fault.Condition
	CodeRequestID   Code = fault.RequestID
	CodePermission  Code = fault.Permission

	// CodeTimeout: the context's deadline, or Options.Timeout, is over; the message says what was
	// waited for.
	CodeTimeout Code = fault.Timeout
	// CodeCancelled: the context was cancelled.
	CodeCancelled Code = fault.Cancelled
	// CodeConnect: nobody was ever reached at an endpoint, or it is none.
	CodeConnect Code = fault.Connect
	// CodeIO: a file cannot be read.
	CodeIO Code = fault.IO
	// CodeFormat: a file is not what it should be.
	CodeFormat Code = fault.Format
	// CodeDisposed: a gradient was settled and not applied.
	CodeDisposed Code = fault.Disposed
)

// Error is what every call of this package fails with: a Code, and a Message that says what was wrong and
// what to do. errors.Is(err, ErrTimeout) compares codes; where a context ended a wait,
// errors.Is(err, context.DeadlineExceeded) or context.Canceled holds as well.
type Error = fault.Error

// One error of each code, for errors.Is.
var (
	ErrInternal    = &Error{Code: CodeInternal}
	ErrMemory      = &Error{Code: CodeMemory}
	ErrBusy        = &Error{Code: CodeBusy}
	ErrMalformed   = &Error{Code: CodeMalformed}
	ErrPreamble    = &Error{Code: CodePreamble}
	ErrVersion     = &Error{Code: CodeVersion}
	ErrUnsupported = &Error{Code: CodeUnsupported}
	ErrCommand     = &Error{Code: CodeCommand}
	ErrArgument    = &Error{Code: CodeArgument}
	ErrName        = &Error{Code: CodeName}
	ErrModel       = &Error{Code: CodeModel}
	ErrNoModel     = &Error{Code: CodeNoModel}
	ErrState       = &Error{Code: CodeState}
	ErrClosed      = &Error{Code: CodeClosed}
	ErrLayout      = &Error{Code: CodeLayout}
	ErrShape       = &Error{Code: CodeShape}
	ErrLength      = &Error{Code: CodeLength}
	ErrAlignment   = &Error{Code: CodeAlignment}
	ErrFrames      = &Error{Code: CodeFrames}
	ErrTooLarge    = &Error{Code: CodeTooLarge}
	ErrNonFinite   = &Error{Code: CodeNonFinite}
	ErrEpoch       = &Error{Code: CodeEpoch}
	ErrBase        = &Error{Code: CodeBase}
	ErrStale       = &Error{Code: CodeStale}
	ErrLate        = &Error{Code: CodeLate}
	ErrNotJoined   = &Error{Code: CodeNotJoined}
	ErrFenced      = &Error{Code: CodeFenced}
	ErrWindow      = &Error{Code: CodeWindow}
	ErrQueueFull   = &Error{Code: CodeQueueFull}
	ErrCondition   = &Error{Code: CodeCondition}
	ErrRequestID   = &Error{Code: CodeRequestID}
	ErrPermission  = &Error{Code: CodePermission}
	ErrTimeout     = &Error{Code: CodeTimeout}
	ErrCancelled   = &Error{Code: CodeCancelled}
	ErrConnect     = &Error{Code: CodeConnect}
	ErrIO          = &Error{Code: CodeIO}
	ErrFormat      = &Error{Code: CodeFormat}
	ErrDisposed    = &Error{Code: CodeDisposed}
)

// over is the error of a wait that its context ended; otherwise is the code where that was a deadline.
func over(ctx context.Context, otherwise Code, text string) error {
	cause := ctx.Err()
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.Wrap(otherwise, cause, "the time is over while %s", text)
	}
	return fault.Wrap(fault.Cancelled, cause, "cancelled while %s", text)
}

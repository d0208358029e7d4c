// Package fault holds the one error type of the library and the table of codes behind it.
package fault

import (
	"errors"
	"fmt"
)

// Code says what went wrong. Numbers below 64 go over the wire and are those of section 17 of the
// protocol; from 64 on they arise on this side of a socket only.
type Code uint32

// Every code that this version knows.
const (
	OK          Code = 0
	Internal    Code = 1
	Memory      Code = 2
	Busy        Code = 3
	Malformed   Code = 4
	Preamble    Code = 5
	Version     Code = 6
	Unsupported Code = 7
	Command     Code = 8
	Argument    Code = 9
	Name        Code = 10
	Model       Code = 11
	NoModel     Code = 12
	State       Code = 13
	Closed      Code = 14
	Layout      Code = 15
	Shape       Code = 16
	Length      Code = 17
	Alignment   Code = 18
	Frames      Code = 19
	TooLarge    Code = 20
	NonFinite   Code = 21
	Epoch       Code = 22
	Base        Code = 23
	Stale       Code = 24
	Late        Code = 25
	NotJoined   Code = 26
	Fenced      Code = 27
	Window      Code = 28
	QueueFull   Code = 29
	Condition   Code = 30
	RequestID   Code = 31
	Permission  Code = 32

	Timeout   Code = 64
	Cancelled Code = 65
	Connect   Code = 66
	IO        Code = 68
	Format    Code = 69
	Disposed  Code = 72
)

var rows = map[Code]struct{ name, text string }{
	OK:          {"OK", "done"},
	Internal:    {"INTERNAL", "the coordinator failed; its log says why"},
	Memory:      {"MEMORY", "out of memory"},
	Busy:        {"BUSY", "too much at once; ask again shortly"},
	Malformed:   {"MALFORMED", "the message cannot be decoded"},
	Preamble:    {"PREAMBLE", "the message is not GradMQ's, or belongs on another socket"},
	Version:     {"VERSION", "another major version of the protocol"},
	Unsupported: {"UNSUPPORTED", "not known here, or not in this combination"},
	Command:     {"COMMAND", "a request needs exactly one command that this coordinator knows"},
	Argument:    {"ARGUMENT", "a value is missing or out of range"},
	Name:        {"NAME", "not a valid name"},
	Model:       {"MODEL", "this coordinator owns another model"},
	NoModel:     {"NO_MODEL", "no model is loaded yet"},
	State:       {"STATE", "not possible in this state"},
	Closed:      {"CLOSED", "the coordinator is closing"},
	Layout:      {"LAYOUT", "not the layout of the model"},
	Shape:       {"SHAPE", "not a possible shape"},
	Length:      {"LENGTH", "the payload is not as long as it should be"},
	Alignment:   {"ALIGNMENT", "a frame ends inside an element"},
	Frames:      {"FRAMES", "too many frames"},
	TooLarge:    {"TOO_LARGE", "larger than the limit"},
	NonFinite:   {"NON_FINITE", "a value is not finite, or too large to compute with"},
	Epoch:       {"EPOCH", "made from parameters of another epoch"},
	Base:        {"BASE", "a base is needed here and none was given"},
	Stale:       {"STALE", "made from parameters that are too old"},
	Late:        {"LATE", "its round is closed"},
	NotJoined:   {"NOT_JOINED", "the worker is not a member; join first"},
	Fenced:      {"FENCED", "a newer incarnation of this worker has joined"},
	Window:      {"WINDOW", "too far ahead of what was received"},
	QueueFull:   {"QUEUE_FULL", "beyond the credit; send again when there is credit"},
	Condition:   {"CONDITION", "the model is not at the epoch or version asked for"},
	RequestID:   {"REQUEST_ID", "this request id was used for another request"},
	Permission:  {"PERMISSION", "the role of this key does not allow it"},
	Timeout:     {"TIMEOUT", "no answer in time"},
	Cancelled:   {"CANCELLED", "cancelled"},
	Connect:     {"CONNECT", "cannot connect"},
	IO:          {"IO", "cannot read or write"},
	Format:      {"FORMAT", "not a file of the expected format"},
	Disposed:    {"DISPOSED", "the gradient was not applied"},
}

// String is the code's name, such as "NON_FINITE"; a code of a later version shows its number.
func (c Code) String() string {
	if row, ok := rows[c]; ok {
		return row.name
	}
	return fmt.Sprintf("CODE_%d", uint32(c))
}

// Text is the sentence that goes with the code.
func (c Code) Text() string {
	if row, ok := rows[c]; ok {
		return row.text
	}
	return fmt.Sprintf("code %d, which this version of the library does not know", uint32(c))
}

// Error is what every call of the library fails with.
type Error struct {
	// Code says what kind of failure it is.
	Code Code
	// Message is a sentence: what was wrong, and what to do.
	Message string

	cause error
}

// Error is the code's name and the sentence.
func (e *Error) Error() string {
	if e.Message == "" {
		return "gradmq: " + e.Code.String() + ": " + e.Code.Text()
	}
	return "gradmq: " + e.Code.String() + ": " + e.Message
}

// Is is true of every *Error with the same code, so that errors.Is(err, gradmq.ErrTimeout) works.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Unwrap is what caused it: the context's error, or the operating system's.
func (e *Error) Unwrap() error { return e.cause }

// New makes an error.
func New(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Wrap makes an error that unwraps to its cause, which the sentence does not repeat.
func Wrap(code Code, cause error, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...), cause: cause}
}

// CodeOf is the code of err: OK for nil, Internal for an error of another type.
func CodeOf(err error) Code {
	var own *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &own):
		return own.Code
	}
	return Internal
}

// Codes lists every code that is known, but OK.
func Codes() []Code {
	list := make([]Code, 0, len(rows))
	for code := range rows {
		if code != OK {
			list = append(list, code)
		}
	}
	return list
}

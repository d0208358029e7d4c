// Package ledger is a worker's state machine without its sockets: which gradients are not settled, what
// acknowledgements say of them, which have to be sent again, which round is open. Sections 10 to 12
// and 19 of the protocol.
package ledger

import "time"

// Window is how many unsettled sequences there can be; credit is never more (rule C-4).
const Window = 1024

// A sequence that was turned away a second time waits before it is sent again, twice as long each time.
const (
	againFirst = 20 * time.Millisecond
	againMost  = time.Second
)

// Credit is how many gradients and octets may be sent and not settled. One gradient is always allowed.
type Credit struct{ Gradients, Bytes uint64 }

type entry struct {
	bytes uint64
	sent  time.Time // when it was last sent, where it was sent more than once
	due   time.Time // held: not before
	sends uint
	held  bool // has to be sent again
}

// Outbox knows which gradients are not settled, and which of them have to be sent again. What is sent
// lies elsewhere.
type Outbox struct {
	First uint64 // oldest that is not settled: low_water
	Next  uint64 // sequence of the next gradient; First == Next: all are settled
	Bytes uint64 // of the unsettled

	held, heldBytes uint64
	entries         [Window]entry
}

// NewOutbox begins with sequence 1.
func NewOutbox() Outbox { return Outbox{First: 1, Next: 1} }

func (o *Outbox) at(sequence uint64) *entry { return &o.entries[sequence%Window] }

// Count is how many are not settled.
func (o *Outbox) Count() uint64 { return o.Next - o.First }

// Held is how many have to be sent again.
func (o *Outbox) Held() uint64 { return o.held }

// Room tells whether a gradient of so many octets is within the credit: rule C-1.
func (o *Outbox) Room(bytes uint64, credit Credit) bool {
	count := o.Count()
	return count == 0 || count < Window && count < credit.Gradients && bytes <= credit.Bytes &&
		o.Bytes <= credit.Bytes-bytes
}

// Add says that Next was sent.
func (o *Outbox) Add(bytes uint64) {
	*o.at(o.Next) = entry{bytes: bytes, sends: 1}
	o.Next++
	o.Bytes += bytes
}

func (o *Outbox) unhold(e *entry) {
	if e.held {
		e.held = false
		o.held--
		o.heldBytes -= e.bytes
	}
}

// Settle says that the oldest is settled.
func (o *Outbox) Settle() {
	e := o.at(o.First)
	o.unhold(e)
	o.Bytes -= e.bytes
	o.First++
}

// Received says that all up to a sequence have arrived: none of them needs to be sent again.
func (o *Outbox) Received(through uint64) {
	for at := o.First; o.held > 0 && at < o.Next && at <= through; at++ {
		o.unhold(o.at(at))
	}
}

// Hold says that first to last were turned away. One that was sent once may be sent again at once,
// another after a wait.
func (o *Outbox) Hold(first, last uint64) { o.hold(first, last, false) }

// Lost says that first to last are lost, or that nobody remembers them: they may be sent at once.
func (o *Outbox) Lost(first, last uint64) { o.hold(first, last, true) }

func (o *Outbox) hold(first, last uint64, now bool) {
	for at := max(first, o.First); at < o.Next && at <= last; at++ {
		e := o.at(at)
		if !e.held {
			e.held = true
			e.due = e.again()
			o.held++
			o.heldBytes += e.bytes
		}
		if now {
			e.due = time.Time{}
		}
	}
}

func (e *entry) again() time.Time {
	if e.sends < 2 {
		return time.Time{}
	}
	return e.sent.Add(min(againFirst<<min(e.sends-2, 6), againMost))
}

// Due is the lowest sequence from `from` on that has to be sent again and may be now; 0: there is none.
// A later one never goes before an earlier one that waits for credit.
func (o *Outbox) Due(from uint64, credit Credit, now time.Time) uint64 {
	flying, flyingBytes := o.Count()-o.held, o.Bytes-o.heldBytes
	for at := max(from, o.First); o.held > 0 && at < o.Next; at++ {
		e := o.at(at)
		if !e.held {
			continue
		}
		if flying > 0 && (flying >= credit.Gradients || e.bytes > credit.Bytes || flyingBytes > credit.Bytes-e.bytes) {
			return 0
		}
		if !e.due.After(now) {
			return at
		}
	}
	return 0
}

// Resent says that a held sequence was sent.
func (o *Outbox) Resent(sequence uint64, now time.Time) {
	e := o.at(sequence)
	o.unhold(e)
	e.sent = now
	e.sends++
}

// Defer has a held sequence wait.
func (o *Outbox) Defer(sequence uint64, until time.Time) { o.at(sequence).due = until }

// Wait is how long until a held sequence may be sent that may not be now; Never where there is none.
func (o *Outbox) Wait(now time.Time) time.Duration {
	wait := Never
	for at := o.First; o.held > 0 && at < o.Next; at++ {
		if e := o.at(at); e.held && e.due.After(now) {
			wait = min(wait, e.due.Sub(now))
		}
	}
	return wait
}

// Never is a wait for what does not come by itself.
const Never = time.Duration(1<<63 - 1)

package ledger

import (
	"time"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
)

// Disposition is what became of a gradient; numbers as on the wire.
type Disposition uint32

// The dispositions there are. Unknown stands for one that acknowledgements no longer tell.
const (
	Unknown   Disposition = 0
	Applied   Disposition = 1
	Excluded  Disposition = 2
	Skipped   Disposition = 3
	Refused   Disposition = 4
	Discarded Disposition = 5
)

// rangesMost is how many missing ranges an acknowledgement has.
const rangesMost = 64

// Settle is told of each gradient that is settled, in ascending order, before the outbox lets go of it.
type Settle func(sequence uint64, disposition Disposition, code fault.Code)

// Calls is what an acknowledgement asks of a worker beyond its outbox.
type Calls struct {
	Join   bool // NOT_JOINED: join again, send everything again
	Fenced bool // FENCED: ask on control whether that is so
	Closed bool // CLOSED: the coordinator is closing
}

// Ledger is what acknowledgements said. An incarnation has one.
type Ledger struct {
	Outbox      Outbox
	Credit      Credit // what was told, within the bound of this side
	Confirm     Confirm
	Incarnation uint64
	Received    uint64 // received_through, the newest that was told
	OnSettle    Settle

	Settled, Applied, Refused, Resent uint64

	most        uint64 // gradients that this side wants under way; 0: no bound of its own
	told        uint64 // settled_through, the newest that was told
	toldApplied uint64
}

// New begins an incarnation.
func New(incarnation, most uint64, settle Settle) *Ledger {
	return &Ledger{Outbox: NewOutbox(), Credit: Credit{Gradients: 1}, Incarnation: incarnation,
		most: most, OnSettle: settle}
}

// Forget drops what another process told: one that is no more.
func (l *Ledger) Forget() {
	l.Received, l.told, l.toldApplied = 0, 0, 0
	l.Confirm = Confirm{}
}

// Take takes an acknowledgement in, from events or control, in any order (rule S-6). One of another
// incarnation, or older than one that was taken in, is left alone. `asked`: it answers a request with
// sent_through.
func (l *Ledger) Take(ack *pb.Acknowledgement, asked bool, now time.Time, confirm time.Duration) Calls {
	if ack == nil || ack.GetIncarnation() != l.Incarnation || ack.GetReceivedThrough() < l.Received ||
		ack.GetSettledThrough() < l.told {
		return Calls{}
	}
	l.settle(ack)
	l.Received = ack.GetReceivedThrough()
	l.told = ack.GetSettledThrough()
	l.toldApplied = ack.GetApplied()
	if credit := uint64(ack.GetCreditGradients()); credit > 0 {
		l.Credit.Gradients = credit
		if l.most > 0 {
			l.Credit.Gradients = min(credit, l.most)
		}
	}
	if ack.GetCreditBytes() > 0 {
		l.Credit.Bytes = ack.GetCreditBytes()
	}
	l.Outbox.Received(ack.GetReceivedThrough())
	calls := l.turnedAway(ack)
	if asked {
		l.look(ack, now, confirm)
	} else if len(uncoded(ack)) > 0 {
		l.Confirm.Want()
	}
	return calls
}

func find(ack *pb.Acknowledgement, sequence uint64) *pb.Disposition {
	for _, disposed := range ack.Dispositions {
		if disposed.GetSequence() == sequence {
			return disposed
		}
	}
	return nil
}

func (l *Ledger) settle(ack *pb.Acknowledgement) {
	box := &l.Outbox
	last := min(ack.GetSettledThrough(), box.Next-1)
	if last < box.First {
		return
	}
	count := last - box.First + 1
	untold := uint64(0)
	if from := ack.GetDispositionsFrom(); from > box.First {
		untold = min(from-box.First, count)
		applied := l.untoldApplied(ack, untold, count-untold)
		l.Applied += applied
		l.Refused += untold - applied
	}
	for ; untold > 0; untold-- {
		l.settleOne(Unknown, fault.OK)
	}
	for box.First <= last {
		disposed := find(ack, box.First)
		if disposed == nil || Disposition(disposed.GetDisposition()) == Applied {
			l.Applied++
			l.settleOne(Applied, fault.OK)
			continue
		}
		l.Refused++
		l.settleOne(Disposition(disposed.GetDisposition()), fault.Code(disposed.GetCode()))
	}
}

func (l *Ledger) settleOne(disposition Disposition, code fault.Code) {
	if l.OnSettle != nil {
		l.OnSettle(l.Outbox.First, disposition, code)
	}
	l.Outbox.Settle()
	l.Settled++
}

// untoldApplied is how many of the `untold` oldest were applied, where dispositions no longer tell: what
// `applied` grew by, less what those that are told explain.
func (l *Ledger) untoldApplied(ack *pb.Acknowledgement, untold, told uint64) uint64 {
	listed := uint64(0)
	for _, disposed := range ack.Dispositions {
		sequence := disposed.GetSequence()
		if sequence <= ack.GetSettledThrough() && sequence >= l.Outbox.First+untold {
			listed++
		}
	}
	return min(less(less(ack.GetApplied(), l.toldApplied), less(told, listed)), untold)
}

// less is a - b, and 0 where that would be below.
func less(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return 0
}

func (l *Ledger) turnedAway(ack *pb.Acknowledgement) (calls Calls) {
	for _, missing := range ack.Missing {
		switch fault.Code(missing.GetCode()) {
		case fault.OK:
		case fault.NotJoined:
			calls.Join = true
		case fault.Fenced:
			calls.Fenced = true
		case fault.Closed:
			calls.Closed = true
		default:
			l.Outbox.Hold(missing.GetFirst(), missing.GetLast())
		}
	}
	return calls
}

type span struct{ first, last uint64 }

// uncoded is what is missing without a code: lost or late.
func uncoded(ack *pb.Acknowledgement) []span {
	var spans []span
	for _, missing := range ack.Missing {
		if missing.GetCode() == 0 && missing.GetFirst() <= missing.GetLast() && len(spans) < rangesMost {
			spans = append(spans, span{missing.GetFirst(), missing.GetLast()})
		}
	}
	return spans
}

// Confirm is rule S-3: two looks, some time apart, at what is missing without a code.
type Confirm struct {
	wanted   bool // something may be lost: ask on control
	looked   bool // the first look was taken
	at       time.Time
	received uint64 // received_through at the first look
	missing  []span // then
}

// Want says that something may be lost.
func (c *Confirm) Want() { c.wanted = true }

// Wait is how long until the next look should be asked for; Never where none is wanted.
func (c *Confirm) Wait(now time.Time, confirm time.Duration) time.Duration {
	if !c.wanted {
		return Never
	}
	if !c.looked {
		return 0
	}
	return max(c.at.Add(confirm).Sub(now), 0)
}

func (l *Ledger) look(ack *pb.Acknowledgement, now time.Time, confirm time.Duration) {
	c := &l.Confirm
	missing := uncoded(ack)
	if len(missing) == 0 {
		*c = Confirm{}
		return
	}
	if !c.looked || c.received != ack.GetReceivedThrough() {
		*c = Confirm{true, true, now, ack.GetReceivedThrough(), missing}
		return
	}
	if now.Sub(c.at) < confirm {
		return
	}
	for _, a := range missing {
		for _, b := range c.missing {
			if first, last := max(a.first, b.first), min(a.last, b.last); first <= last {
				l.Outbox.Lost(first, last)
			}
		}
	}
	*c = Confirm{}
}

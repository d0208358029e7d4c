package gradmq

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

const (
	// eventsMost are read in one go, so that a flood of them does not keep the rest.
	eventsMost = 4096
	// leavingAfter: what ZeroMQ still holds is looked at again after this.
	leavingAfter = 50 * time.Millisecond
	// blockedEvery: so often it is looked whether gradients can be sent again; mostly the monitor tells sooner.
	blockedEvery = 100 * time.Millisecond
)

// Notices that a worker acts upon; numbers as on the wire.
const (
	noticeClosing     = 3
	noticeExpired     = 8
	noticeFenced      = 9
	noticeTurnedAway  = 11
	noticeCleared     = 12
	noticeStepSkipped = 13
)

func (w *Worker) sockets(poller *zmq.Poller) {
	w.probe.sockets(poller)
	poller.Add(w.monitor)
	poller.Add(w.events)
	poller.Add(w.updates)
}

// step is the loop's turn: read what came, ask what is to be asked, send again what is due.
func (w *Worker) step(now time.Time) (time.Duration, func()) {
	w.readMonitor()
	more := w.readEvents(now)
	more = w.readUpdates(now) || more
	w.stepProbe(now)
	w.lookForLoss(now)
	w.lookForLife(now)
	w.sendAgain(now)
	w.collect()
	wait := w.untilNext(now)
	if more {
		wait = 0
	}
	if len(w.verdicts) == 0 && len(w.releases) == 0 {
		return wait, nil
	}
	verdicts, releases := w.verdicts, w.releases
	w.verdicts, w.releases = nil, nil
	w.delivering = true
	return 0, func() { w.deliver(verdicts, releases) }
}

// deliver calls the caller back, without the lock.
func (w *Worker) deliver(verdicts []Verdict, releases []func()) {
	for _, release := range releases {
		release()
	}
	for _, verdict := range verdicts {
		w.s.OnVerdict(verdict)
	}
	w.s.mutex.Lock()
	w.delivering = false
	w.s.broadcast()
	w.s.mutex.Unlock()
}

// untilNext is how long there will be nothing to do.
func (w *Worker) untilNext(now time.Time) time.Duration {
	wait := w.untilProbe(now)
	if w.able() == nil {
		wait = min(wait, w.hearsay.Heartbeat)
	}
	if w.sendable() {
		wait = min(wait, w.ledger.Outbox.Wait(now))
	}
	if w.blocked {
		wait = min(wait, blockedEvery)
	}
	if len(w.leaving) > 0 {
		wait = min(wait, leavingAfter)
	}
	return max(wait, 0)
}

// readMonitor watches the connection of the gradients: one that was lost may have taken gradients along.
func (w *Worker) readMonitor() {
	for {
		switch w.monitor.ReadEvent(&w.scratch) {
		case 0:
			return
		case zmq.EventDisconnected:
			w.lost = true
		case zmq.EventHandshakeSucceeded:
			w.blocked = false
			if w.lost && w.ledger.Outbox.Count() > 0 {
				w.ledger.Confirm.Want()
			}
			w.lost = false
		}
	}
}

// hear notes that a message came in.
func (w *Worker) hear(now time.Time) { w.hearsay.Heard = now }

// readEvents reads events; true: there may be more.
func (w *Worker) readEvents(now time.Time) bool {
	if w.events == nil {
		return false
	}
	for i := 0; i < eventsMost; i++ {
		if !w.events.Receive(&w.scratch) {
			return false
		}
		if w.scratch.Len() < 2 {
			continue
		}
		event, err := wire.DecodeEvent(w.scratch.Frame(1))
		if err != nil {
			continue
		}
		w.hear(now)
		w.event(event, now)
	}
	return true
}

// current takes a position in, and tells whether it is of the process that answers now.
func (w *Worker) current(position *pb.Position) bool {
	w.position(position)
	return position.GetInstance() == 0 || position.GetInstance() == w.instance
}

func placeOf(position *pb.Position) ledger.Place {
	return ledger.Place{Epoch: position.GetEpoch(), Version: position.GetVersion()}
}

func (w *Worker) event(event *pb.Event, now time.Time) {
	switch body := event.Body.(type) {
	case *pb.Event_Acknowledgement:
		if w.current(body.Acknowledgement.GetPosition()) {
			w.acknowledged(body.Acknowledgement, false, now)
		}
	case *pb.Event_Heartbeat:
		if w.current(body.Heartbeat.GetPosition()) {
			w.hearsay.Take(body.Heartbeat, now)
			w.rounds.Hear(placeOf(body.Heartbeat.GetPosition()), body.Heartbeat.GetRound())
			w.ending = body.Heartbeat.GetState() == ledger.Closing
		}
	case *pb.Event_Notice:
		if w.current(body.Notice.GetPosition()) {
			w.notice(body.Notice)
		}
	case *pb.Event_Sync:
		if w.current(body.Sync.GetPosition()) {
			w.stream.mark(body.Sync.GetNonce(), false)
		}
	case *pb.Event_Announcement:
		w.current(body.Announcement.GetPosition())
	case *pb.Event_Step:
		w.current(body.Step.GetPosition())
	}
}

func (w *Worker) notice(notice *pb.Notice) {
	switch notice.GetNotice() {
	case noticeStepSkipped, noticeCleared:
		w.rounds.Passed(placeOf(notice.GetPosition()))
	case noticeClosing:
		w.ending = true
		w.hearsay.State = ledger.Closing
	}
	mine := notice.GetWorker() == w.s.Name &&
		(notice.GetIncarnation() == 0 || notice.GetIncarnation() >= w.ledger.Incarnation)
	if !mine {
		return
	}
	code := Code(notice.GetCode())
	switch number := notice.GetNotice(); {
	case number == noticeExpired || number == noticeTurnedAway && code == CodeNotJoined:
		w.join = true
	case number == noticeFenced || number == noticeTurnedAway && code == CodeFenced:
		//  A late notice may be about an earlier life: control tells.
		w.ledger.Confirm.Want()
	}
}

func (w *Worker) acknowledged(ack *pb.Acknowledgement, asked bool, now time.Time) {
	calls := w.ledger.Take(ack, asked, now, w.s.pace.confirm)
	w.join = w.join || calls.Join
	w.ending = w.ending || calls.Closed
	if calls.Fenced {
		w.ledger.Confirm.Want()
	}
}

// lookForLoss asks what got lost where nothing moves: soon where settlement is waited for.
func (w *Worker) lookForLoss(now time.Time) {
	box := &w.ledger.Outbox
	if box.Count() == 0 || box.First != w.moved.first || w.ledger.Received != w.moved.received {
		w.moved.first, w.moved.received, w.moved.at = box.First, w.ledger.Received, now
		return
	}
	bound := 3 * w.hearsay.Heartbeat
	if w.settling > 0 {
		bound = w.s.pace.confirm
	}
	if now.Sub(w.moved.at) >= bound {
		w.moved.at = now
		w.ledger.Confirm.Want()
	}
}

// lookForLife asks where nothing is heard: another process may be there by now, and control answers
// everything (rules K-6, E-4).
func (w *Worker) lookForLife(now time.Time) {
	last := w.hearsay.Heard
	if w.asked.After(last) {
		last = w.asked
	}
	if now.Sub(last) >= 2*w.hearsay.Heartbeat {
		w.asked = now
		w.ledger.Confirm.Want()
	}
}

// sendable tells whether what is kept may be sent.
func (w *Worker) sendable() bool {
	return !w.join && !w.describe && !w.ending && !w.fenced && !w.blocked && w.gradients != nil
}

func (w *Worker) sendAgain(now time.Time) {
	if w.blocked && w.gradients.Writable() {
		w.blocked = false
	}
	l := w.ledger
	if l.Outbox.Held() == 0 || !w.sendable() {
		return
	}
	for at := l.Outbox.Due(0, l.Credit, now); at != 0; at = l.Outbox.Due(at, l.Credit, now) {
		k := &w.kept[at%ledger.Window]
		if k.payload != nil && w.gradients.Holds(k.payload) {
			l.Outbox.Defer(at, now.Add(leavingAfter))
			at++
			continue
		}
		sent := w.gradients.Send(k.header, k.payload)
		w.blocked = sent == zmq.Again
		if sent == zmq.Again || sent == zmq.Failed {
			return
		}
		if sent == zmq.Broken {
			l.Confirm.Want()
		}
		l.Outbox.Resent(at, now)
		l.Resent++
		at++
	}
}

// able says why nothing can be waited for any more.
func (w *Worker) able() error {
	switch {
	case w.fenced:
		return fault.New(fault.Fenced, "a newer incarnation of %s has joined; this worker is over: close it, and give "+
			"each worker a name of its own", w.s.Name)
	case w.refused != nil:
		return w.refused
	case w.ending:
		return fault.New(fault.Closed, "the coordinator of %s at %s is closing", w.s.Model, w.s.control)
	}
	return nil
}

// known is what is known of the coordinator, as a piece of the sentence for whoever waits.
func (w *Worker) known(now time.Time) string {
	switch {
	case w.describe || w.join:
		return "joining again, because the coordinator does not know this worker"
	case w.lost || w.blocked:
		return "there is no connection to " + w.endpoints.gradients
	}
	return w.hearsay.Say(now)
}

// former remembers processes that are no more.
func (w *Worker) isFormer(instance uint64) bool { return slices.Contains(w.former, instance) }

// position takes a position in, from whatever message: rules P-1 and P-5.
func (w *Worker) position(position *pb.Position) {
	instance := position.GetInstance()
	if instance == 0 || w.isFormer(instance) {
		return
	}
	at := placeOf(position)
	if instance != w.instance {
		w.newInstance(instance)
		w.at = at
	} else if at.Newer(w.at) {
		w.at = at
	}
}

// newInstance: another process answers for the coordinator (rule S-2). What the one before said and is
// still on its way must not bring it back.
func (w *Worker) newInstance(instance uint64) {
	if w.instance != 0 {
		w.former = slices.DeleteFunc(w.former, func(former uint64) bool { return former == instance })
		w.former = append(w.former, w.instance)
		if len(w.former) > instancesKept {
			w.former = w.former[1:]
		}
		w.describe, w.join = true, true
		w.probeRest = time.Time{}
		if w.stream.nonce != 0 {
			w.subscribeSync(zmq.Unsubscribe)
		}
		w.stream.changeInstance()
		w.ledger.Forget()
		w.rounds.Forget()
	}
	w.ending = false
	w.hearsay.State = 0
	w.instance = instance
}

func (w *Worker) acknowledgementRequest() *pb.Request {
	return &pb.Request{Body: &pb.Request_Acknowledgement{Acknowledgement: &pb.AcknowledgementRequest{
		Worker: proto.String(w.s.Name), Incarnation: proto.Uint64(w.ledger.Incarnation),
		SentThrough: proto.Uint64(w.ledger.Outbox.Next - 1)}}}
}

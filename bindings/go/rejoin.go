package gradmq

import (
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// probeKind is what the probe, the requester of the loop's own, is asking.
type probeKind int

const (
	probeNothing probeKind = iota
	probeDescribe
	probeJoin
	probeRenew
	probeSync
	probeAcknowledgement
)

// leaseLeast is the shortest time between two renewals.
const leaseLeast = 30 * time.Millisecond

// renewEvery is a third of the lease.
func (w *Worker) renewEvery() time.Duration { return max(w.lease/3, leaseLeast) }

// nextProbe is what to ask next, in the order in which one needs the other, and how long until then.
func (w *Worker) nextProbe(now time.Time) (probeKind, time.Duration) {
	if w.fenced || w.parting || w.gradients == nil {
		return probeNothing, never
	}
	rest := max(w.probeRest.Sub(now), 0)
	member := w.ledger.Incarnation != 0
	switch {
	case member && w.describe:
		return probeDescribe, rest
	case member && w.join:
		return probeJoin, rest
	}
	kind, wait := probeNothing, never
	consider := func(other probeKind, after time.Duration) {
		if after < wait {
			kind, wait = other, max(after, 0)
		}
	}
	if member {
		consider(probeRenew, w.renewed.Add(w.renewEvery()).Sub(now))
		consider(probeAcknowledgement, w.ledger.Confirm.Wait(now, w.s.pace.confirm))
	}
	if w.stream.join {
		consider(probeSync, w.stream.again.Sub(now))
	}
	return kind, max(wait, rest)
}

func (w *Worker) untilProbe(now time.Time) time.Duration {
	if w.probing != probeNothing {
		return w.probe.wait(now)
	}
	_, wait := w.nextProbe(now)
	return wait
}

// stepProbe takes the probe's answer in, and asks what is to be asked next.
func (w *Worker) stepProbe(now time.Time) {
	a, answered := w.probe.look(now)
	if w.probing != probeNothing && !answered {
		return
	}
	if answered {
		asked := w.probing
		w.probing = probeNothing
		if a.err != nil {
			w.probeRest = now.Add(w.s.pace.confirm)
		} else {
			w.hear(now)
			w.answered(asked, a.reply, now)
		}
		a.close()
	}
	if kind, wait := w.nextProbe(now); kind != probeNothing && wait == 0 {
		w.askProbe(kind, now)
	}
}

func (w *Worker) askProbe(kind probeKind, now time.Time) {
	request := &pb.Request{}
	switch kind {
	case probeDescribe:
		request.Body = &pb.Request_Describe{Describe: &pb.DescribeRequest{}}
	case probeJoin, probeRenew:
		w.renewed = now
		request.Body = &pb.Request_Join{Join: &pb.JoinRequest{Worker: proto.String(w.s.Name),
			Incarnation: proto.Uint64(w.ledger.Incarnation), LowWater: proto.Uint64(w.ledger.Outbox.First)}}
	case probeSync:
		w.beginSync(now)
		request.Body = &pb.Request_Sync{Sync: &pb.SyncRequest{Nonce: proto.Uint64(w.stream.nonce)}}
	case probeAcknowledgement:
		request = w.acknowledgementRequest()
	}
	c, err := w.s.newCall(request, nil)
	if err != nil {
		w.probeRest = now.Add(w.s.pace.confirm)
		return
	}
	w.probing, w.askedOf = kind, w.instance
	w.probe.begin(c, now)
}

// counts tells whether an answer counts: not that of a process that was left before; then what it answers is
// asked again. But whoever answers what was asked of the present one is there now: of that one a word came
// late.
func (w *Worker) counts(position *pb.Position) bool {
	if w.askedOf == w.instance && w.isFormer(position.GetInstance()) {
		w.newInstance(position.GetInstance())
		w.at = placeOf(position)
	}
	return w.current(position)
}

func (w *Worker) answered(asked probeKind, reply *pb.Reply, now time.Time) {
	if !w.counts(reply.GetPosition()) {
		return
	}
	code := Code(reply.GetCode())
	switch {
	case code == CodeFenced:
		w.fenced = true
	case code == CodeNotJoined:
		w.join = true
	case code == CodePermission && w.ledger.Incarnation != 0:
		//  Its key was taken out. It may be put back: then there is a member to be again.
		w.join = true
		w.notJoined(reply, now)
	case asked == probeDescribe:
		w.describedAgain(reply)
	case asked == probeJoin || asked == probeRenew:
		if code != 0 {
			w.notJoined(reply, now)
		} else {
			w.joinedAgain(asked, reply, now)
		}
	case asked == probeSync:
		if code != 0 {
			w.probeRest = now.Add(w.s.pace.confirm)
		}
	case code == 0:
		w.acknowledged(reply.GetAcknowledgement(), true, now)
	default:
		w.ledger.Confirm = confirmNothing
	}
}

func (w *Worker) describedAgain(reply *pb.Reply) {
	w.describe = false
	var err error
	if reply.GetCode() != 0 {
		err = replyError(reply)
	} else {
		err = w.takeLayout(reply.GetDescription())
	}
	if err == nil {
		err = w.described(reply.GetDescription())
	}
	if err != nil {
		w.refuse(err)
	}
}

// takeLayout takes a layout over, where there is one and it is another one.
func (w *Worker) takeLayout(description *pb.Description) error {
	if w.layout != nil && description.GetLayoutId() == w.layout.ID() {
		return nil
	}
	l, err := describedLayout(description)
	if err == nil && l != nil {
		w.layout = l
	}
	return err
}

// described takes over what a description says beside the layout: endpoints that have changed.
func (w *Worker) described(description *pb.Description) error {
	for _, one := range []struct {
		socket *zmq.Socket
		kept   *string
		named  []string
		what   string
	}{
		{w.events, &w.endpoints.events, description.GetEventsEndpoints(), "events"},
		{w.updates, &w.endpoints.updates, description.GetUpdatesEndpoints(), "updates"},
		{w.gradients, &w.endpoints.gradients, description.GetGradientsEndpoints(), "gradients"},
	} {
		if one.socket == nil {
			continue
		}
		endpoint, err := chooseEndpoint(one.named, w.s.control, one.what)
		if err != nil {
			return err
		}
		if endpoint == *one.kept {
			continue
		}
		if err := one.socket.Connect(endpoint); err != nil {
			return fault.Wrap(fault.Connect, err, "%v", err)
		}
		if *one.kept != "" {
			one.socket.Disconnect(*one.kept)
		}
		*one.kept = endpoint
	}
	if milliseconds := description.GetHeartbeatMs(); milliseconds > 0 {
		w.hearsay.Heartbeat = ledger.Heartbeat(milliseconds)
	}
	return nil
}

// joined takes over what the answer to a Join says of lease, clock and round.
func (w *Worker) joined(reply *pb.Reply, now time.Time) {
	joined := reply.GetJoined()
	w.renewed = now
	if joined.GetLeaseMs() > 0 {
		w.lease = time.Duration(min(joined.GetLeaseMs(), 86400000)) * time.Millisecond
	}
	w.clock = max(w.clock, joined.GetStartClock())
	w.rounds.Hear(placeOf(reply.GetPosition()), joined.GetRound())
}

func (w *Worker) joinedAgain(asked probeKind, reply *pb.Reply, now time.Time) {
	joined := reply.GetJoined()
	if joined.GetIncarnation() != w.ledger.Incarnation {
		return
	}
	w.refused = nil
	if id := joined.GetLayoutId(); id != 0 && w.layout != nil && id != w.layout.ID() {
		w.describe = true
	}
	w.joined(reply, now)
	w.acknowledged(joined.GetAcknowledgement(), false, now)
	if asked == probeJoin {
		w.join = false
		//  Whatever it remembers of us, the same bytes are never applied twice (rule S-4).
		w.ledger.Outbox.Lost(0, math.MaxUint64)
	}
}

// notJoined: not now, perhaps later; or never, which those who wait are told.
func (w *Worker) notJoined(reply *pb.Reply, now time.Time) {
	w.probeRest = now.Add(w.s.pace.confirm)
	switch Code(reply.GetCode()) {
	case CodeClosed:
		w.ending = true
	case CodeBusy, CodeState, CodeNoModel, CodeInternal, CodeMemory:
	default:
		w.refuse(replyError(reply))
	}
}

func (w *Worker) refuse(err error) {
	code := fault.CodeOf(err)
	text := err.Error()
	if own, ok := err.(*Error); ok {
		text = own.Message
	}
	w.refused = fault.Wrap(code, err, "cannot join again: %s", text)
}

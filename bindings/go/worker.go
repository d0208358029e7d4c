package gradmq

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

const (
	// updatesBytes is room for updates that wait for a slow reader.
	updatesBytes, updatesMost = 64 << 20, 1000
	// instancesKept is how many processes that are no more are remembered.
	instancesKept = 8
	// heartbeatUsual is the time between heartbeats until it is told.
	heartbeatUsual = time.Second
	leaseUsual     = 30 * time.Second
)

// Worker pushes gradients to a coordinator and takes its parameters. A goroutine of its own reads what comes,
// sends again what got lost, and renews the membership, so that a long computation costs nothing.
//
// All methods may be called from any goroutine. Pushes take turns, and so do the calls that give
// parameters.
type Worker struct {
	s         *session
	probe     *requester
	probing   probeKind
	askedOf   uint64 // the instance as it was when the probe asked
	gradients *zmq.Socket
	monitor   *zmq.Socket
	events    *zmq.Socket
	updates   *zmq.Socket
	scratch   zmq.Message
	endpoints struct{ gradients, updates, events string }

	pushing  chan struct{} // one place: who pushes has it
	taking   chan struct{} // one place: who takes parameters has it
	closing  chan struct{} // one place: who closes has it
	closed   bool          // Close was called
	closeErr error

	//  Under mutex.
	layout   *Layout
	ledger   *ledger.Ledger
	kept     [ledger.Window]kept
	leaving  []*kept // settled, and ZeroMQ holds some of it
	pool     bufferPool
	instance uint64
	former   []uint64
	at       ledger.Place // newest heard of
	hearsay  ledger.Hearsay
	rounds   ledger.Rounds
	stream   stream
	clock    uint64 // that this worker completed, or began at
	pushed   uint64

	parting   bool  // Close is at its Leave: nothing else is asked by itself
	fenced    bool  // a newer incarnation has joined: this worker is over
	ending    bool  // the coordinator said that it is closing
	describe  bool  // another process answers: ask it what it is
	join      bool  // join again, then send everything again
	lost      bool  // the gradients' connection went
	blocked   bool  // the last gradient was not taken: no connection
	refused   error // joining again was refused
	probeRest time.Time
	lease     time.Duration
	renewed   time.Time
	asked     time.Time // when life was last looked for
	moved     struct {  // when settled or received last grew
		at              time.Time
		first, received uint64
	}
	settling   int // who waits for settlement
	verdicts   []Verdict
	releases   []func()
	delivering bool

	//  Under pushing.
	compressor *compression
	returns    returns
}

// OpenWorker connects to the coordinator at a control endpoint, such as "tcp://127.0.0.1:5570", joins, and waits
// until a model is there. The caller owns the worker: Close.
//
// It fails with CodeConnect or CodeTimeout where nobody answers, CodeNoModel where no model was loaded in
// time, CodeArgument, CodeName, CodeModel, CodeVersion; of keys with CodeIO, CodeFormat and
// CodePermission.
func OpenWorker(ctx context.Context, control string, options *Options) (*Worker, error) {
	return openWorker(ctx, control, options, usualPace)
}

func openWorker(ctx context.Context, control string, options *Options, p pace) (*Worker, error) {
	s, err := newSession(control, options)
	if err != nil {
		return nil, err
	}
	s.pace = p
	w := &Worker{s: s, pushing: make(chan struct{}, 1), taking: make(chan struct{}, 1),
		closing: make(chan struct{}, 1), lease: leaseUsual}
	w.hearsay = ledger.Hearsay{Heard: time.Now(), Heartbeat: heartbeatUsual}
	w.ledger = ledger.New(0, 0, nil)
	s.heard = func(reply *pb.Reply) { w.position(reply.GetPosition()) }
	if w.probe, err = newRequester(s); err != nil {
		s.asker.close()
		s.waker.Close()
		s.context.Term()
		return nil, err
	}
	s.start(w)
	ctx, cancel := s.within(ctx)
	defer cancel()
	if err := w.open(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return w, nil
}

func (w *Worker) open(ctx context.Context) error {
	description, err := w.awaitModel(ctx)
	if err != nil {
		return err
	}
	l, err := describedLayout(description)
	if err != nil {
		return err
	}
	w.s.mutex.Lock()
	if w.s.Stream == "" {
		w.s.Stream = l.DType().Stream()
	}
	w.layout = l
	w.hearsay.State = description.GetState()
	err = w.openSockets(l)
	if err == nil {
		err = w.described(description)
	}
	w.describe = false
	//  Nothing that is published about us is missed from here on (rule U-4).
	w.stream.join = true
	w.s.mutex.Unlock()
	if err == nil {
		err = w.awaitStream(ctx)
	}
	if err == nil {
		err = w.firstJoin(ctx)
	}
	return err
}

// awaitModel asks until there is a model.
func (w *Worker) awaitModel(ctx context.Context) (*pb.Description, error) {
	wait := w.s.pace.retry
	told := false
	defer func() { w.s.tellOver(told) }()
	none := func() error {
		return over(ctx, CodeNoModel, fmt.Sprintf("no model is loaded into %s at %s: load one first", w.s.Model, w.s.control))
	}
	for {
		a, err := w.s.ask(ctx, &pb.Request{Body: &pb.Request_Describe{Describe: &pb.DescribeRequest{}}}, nil)
		a.close()
		if err != nil && told && ctx.Err() != nil {
			return nil, none()
		}
		if err != nil {
			return nil, err
		}
		if !bodyIs(a.reply, "description") {
			return nil, fault.New(fault.Malformed, "%s does not describe itself", w.s.control)
		}
		if err := w.s.learnModel(a.reply.GetModel()); err != nil {
			return nil, err
		}
		if len(a.reply.GetDescription().GetLayout().GetTensors()) > 0 {
			return a.reply.GetDescription(), nil
		}
		told = w.s.tell("waiting for a model to be loaded into " + w.s.Model)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, none()
		}
		wait = min(2*wait, time.Second)
	}
}

// learnModel takes the model's name over where none was given.
func (s *session) learnModel(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.Model == "" {
		if !wire.NameValid(name) {
			return fault.New(fault.Malformed, "%s does not name its model", s.control)
		}
		s.Model = name
	}
	return nil
}

// openSockets makes the sockets; the loop polls them from its next turn on. Under mutex.
func (w *Worker) openSockets(l *Layout) error {
	var gradients, monitor, events, updates *zmq.Socket
	var err error
	if gradients, err = w.s.socket(zmq.Push); err == nil {
		monitor, err = gradients.Monitor(w.s.context, zmq.EventDisconnected|zmq.EventHandshakeSucceeded)
	}
	if err == nil {
		events, err = w.s.socket(zmq.Sub)
	}
	topics := []string{wire.TopicAck(w.s.Model, w.s.Name), wire.TopicAll(w.s.Model), wire.TopicWorker(w.s.Model, w.s.Name)}
	if w.s.NoUpdates {
		topics = append(topics, wire.TopicAnnounce(w.s.Model))
	} else if err == nil {
		updates, err = w.s.socket(zmq.Sub)
		if err == nil {
			mark := updatesBytes / (l.Elements() * l.DType().Size())
			err = updates.SetInt(zmq.ReceiveMark, max(2, min(mark, updatesMost)))
		}
		if err == nil {
			err = updates.SetText(zmq.Subscribe, wire.TopicUpdates(w.s.Model, w.s.Stream))
		}
	}
	for _, topic := range topics {
		if err == nil {
			err = events.SetText(zmq.Subscribe, topic)
		}
	}
	w.gradients, w.monitor, w.events, w.updates = gradients, monitor, events, updates
	if err != nil {
		return fault.Wrap(fault.Memory, err, "%v", err)
	}
	return nil
}

func (w *Worker) firstJoin(ctx context.Context) error {
	a, err := w.s.ask(ctx, &pb.Request{Body: &pb.Request_Join{Join: &pb.JoinRequest{Worker: proto.String(w.s.Name)}}}, nil)
	defer a.close()
	if err != nil {
		return err
	}
	joined := a.reply.GetJoined()
	if joined.GetIncarnation() == 0 {
		return fault.New(fault.Malformed, "%s answers Join with something else", w.s.control)
	}
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	w.describe, w.join = false, false
	w.ledger = ledger.New(joined.GetIncarnation(), uint64(w.s.Window), w.onSettled)
	w.joined(a.reply, time.Now())
	w.acknowledged(joined.GetAcknowledgement(), false, time.Now())
	return nil
}

// Name is the worker's name.
func (w *Worker) Name() string { return w.s.Name }

// Model is the model's name.
func (w *Worker) Model() string { return w.s.Model }

// Layout is the model's layout as it is now.
func (w *Worker) Layout() *Layout {
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	return w.layout
}

// Stats is what a worker knows of itself.
type Stats struct {
	Pushed    uint64 // gradients pushed by this worker
	Settled   uint64 // of these, settled
	Applied   uint64 // of these, applied
	Refused   uint64 // settled otherwise
	Resent    uint64 // sent more than once
	Unsettled uint64 // kept now

	UnsettledBytes  uint64
	CreditGradients uint64 // most that may be unsettled
	CreditBytes     uint64

	Incarnation    uint64
	Epoch, Version uint64 // newest that it heard of
	Updates        uint64 // received
	Gaps           uint64 // in the stream of updates; each is whole, so the next one closes a gap

	Clock    uint64 // the newest that this worker completed, or where it began
	MinClock uint64 // of all members, as heard last
	Round    uint64 // in which a gradient from the parameters given last takes part
}

// Stats tells what the worker knows of itself.
func (w *Worker) Stats() Stats {
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	l := w.ledger
	return Stats{Pushed: w.pushed, Settled: l.Settled, Applied: l.Applied, Refused: l.Refused, Resent: l.Resent,
		Unsettled: l.Outbox.Count(), UnsettledBytes: l.Outbox.Bytes, CreditGradients: l.Credit.Gradients,
		CreditBytes: l.Credit.Bytes, Incarnation: l.Incarnation, Epoch: w.at.Epoch, Version: w.at.Version,
		Updates: w.stream.updates, Gaps: w.stream.gaps, Clock: w.clock, MinClock: w.hearsay.MinClock,
		Round: w.rounds.Open()}
}

// turn waits for a place in a channel that has one.
func turn(ctx context.Context, place chan struct{}, what string) error {
	select {
	case place <- struct{}{}:
		return nil
	default:
	}
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return over(ctx, CodeTimeout, "waiting for "+what)
	}
}

// elementsBytes is the length of a packed model.
func elementsBytes(l *Layout, dtype tensor.DType) int { return l.Elements() * dtype.Size() }

package gradmq

import (
	"context"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// watchedMost is how many events wait for a slow reader; older ones are dropped then.
const watchedMost = 10000

// Event is something that a coordinator tells everybody: one of Heartbeat, Notice and StepReport is there.
type Event struct {
	Position  Position
	Heartbeat *Heartbeat
	Notice    *Notice
	Step      *StepReport
}

// Heartbeat is told each second, and at a change of state.
type Heartbeat struct {
	State        State
	Why          string // what keeps steps from being made
	Round        uint64
	MinClock     uint64
	WaitingFor   []string
	WaitingTotal uint32
	Members      uint32
	Queued       uint64
}

// Notice tells that something happened. Number is that of section 14 of the protocol.
type Notice struct {
	Number  uint32
	Message string
	Worker  string
	Code    Code
	Count   uint64
}

// StepMetric is a metric over the contributions to one step.
type StepMetric struct {
	Name                   string
	Mean, Minimum, Maximum float64
	Count                  uint64
}

// StepReport tells of the steps that were made since the last one.
type StepReport struct {
	Steps            uint64
	LearningRate     float64
	StalenessMean    float64
	StalenessMaximum uint64
	Metrics          []StepMetric
}

// watch is the loop of a Watch.
type watch struct {
	*session
	events  *zmq.Socket
	scratch zmq.Message
	nonce   uint64
	marked  bool
	list    []Event
}

func (w *watch) sockets(poller *zmq.Poller) { poller.Add(w.events) }

func (w *watch) step(time.Time) (time.Duration, func()) {
	for w.events != nil && w.events.Receive(&w.scratch) {
		if w.scratch.Len() < 2 {
			continue
		}
		if event, err := wire.DecodeEvent(w.scratch.Frame(1)); err == nil {
			w.take(event)
		}
	}
	return never, nil
}

func (w *watch) take(event *pb.Event) {
	var e Event
	var position *pb.Position
	switch body := event.Body.(type) {
	case *pb.Event_Sync:
		w.marked = w.marked || body.Sync.GetNonce() == w.nonce
		return
	case *pb.Event_Heartbeat:
		b := body.Heartbeat
		position = b.GetPosition()
		e.Heartbeat = &Heartbeat{State(b.GetState()), b.GetWhy(), b.GetRound(), b.GetMinClock(), b.GetWaitingFor(),
			b.GetWaitingTotal(), b.GetMembers(), b.GetQueued()}
	case *pb.Event_Notice:
		n := body.Notice
		position = n.GetPosition()
		e.Notice = &Notice{n.GetNotice(), n.GetMessage(), n.GetWorker(), Code(n.GetCode()), n.GetCount()}
	case *pb.Event_Step:
		s := body.Step
		position = s.GetPosition()
		e.Step = &StepReport{Steps: s.GetSteps(), LearningRate: s.GetLearningRate(), StalenessMean: s.GetStalenessMean(),
			StalenessMaximum: s.GetStalenessMaximum()}
		for _, m := range s.GetMetrics() {
			e.Step.Metrics = append(e.Step.Metrics, StepMetric{m.GetName(), m.GetMean(), m.GetMinimum(), m.GetMaximum(), m.GetCount()})
		}
	default:
		return
	}
	e.Position = Position{position.GetInstance(), position.GetEpoch(), position.GetVersion()}
	if len(w.list) == watchedMost {
		w.list = w.list[1:]
	}
	w.list = append(w.list, e)
}

func (w *watch) end() {
	w.events.Close()
	w.scratch.Close()
}

// Watch gives what the coordinator tells everybody, from when the loop over it begins: heartbeats, notices,
// reports of steps. It ends when the loop does, or the context is over, which is no error here; an error
// of another kind is given last. It has a connection of its own.
func (c *Coordinator) Watch(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		w, err := c.openWatch(ctx)
		if err != nil {
			if ctx.Err() == nil {
				yield(Event{}, err)
			}
			return
		}
		defer w.stop()
		for {
			var list []Event
			err := w.wait(ctx, waiting{
				ready: func(time.Time) (bool, error) {
					list, w.list = w.list, nil
					return len(list) > 0, nil
				},
				say: func(time.Time) string { return "something to happen to " + w.Model },
			})
			for _, event := range list {
				if !yield(event, nil) {
					return
				}
			}
			if err != nil {
				if ctx.Err() == nil {
					yield(Event{}, err)
				}
				return
			}
		}
	}
}

func (c *Coordinator) openWatch(ctx context.Context) (*watch, error) {
	description, err := (&Coordinator{link: c.link}).Describe(ctx)
	if err != nil {
		return nil, err
	}
	endpoint, err := chooseEndpoint(description.Events, c.link.control, "events")
	if err != nil {
		return nil, err
	}
	options := c.link.Options
	options.OnWait = nil
	s, err := newSession(c.link.control, &options)
	if err != nil {
		return nil, err
	}
	w := &watch{session: s, nonce: random() | 1}
	s.start(w)
	if err := w.subscribe(ctx, endpoint); err != nil {
		w.stop()
		return nil, err
	}
	return w, nil
}

// subscribe returns once the subscription holds: rule U-4.
func (w *watch) subscribe(ctx context.Context, endpoint string) error {
	ctx, cancel := w.within(ctx)
	defer cancel()
	events, err := w.socket(zmq.Sub)
	if err != nil {
		return err
	}
	for _, topic := range []string{wire.TopicAll(w.Model), wire.TopicSync(w.nonce)} {
		if err == nil {
			err = events.SetText(zmq.Subscribe, topic)
		}
	}
	if err == nil {
		err = events.Connect(endpoint)
	}
	if err != nil {
		events.Close()
		return fault.Wrap(fault.Connect, err, "%v", err)
	}
	w.mutex.Lock()
	w.events = events
	w.mutex.Unlock()
	for {
		a, err := w.ask(ctx, &pb.Request{Body: &pb.Request_Sync{Sync: &pb.SyncRequest{Nonce: proto.Uint64(w.nonce)}}}, nil)
		a.close()
		if err != nil {
			return err
		}
		pause, cancel := context.WithTimeout(ctx, w.pace.syncRetry)
		err = w.wait(pause, waiting{
			ready: func(time.Time) (bool, error) { return w.marked, nil },
			say:   func(time.Time) string { return "what " + w.Model + " publishes to arrive on " + endpoint },
		})
		cancel()
		if err == nil || fault.CodeOf(err) != CodeTimeout || ctx.Err() != nil {
			return err
		}
	}
}

var _ looper = (*watch)(nil)
var _ looper = (*link)(nil)
var _ looper = (*Worker)(nil)

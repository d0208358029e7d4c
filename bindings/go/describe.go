package gradmq

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
)

// State is what a coordinator does.
type State uint32

// The states there are.
const (
	StateEmpty   State = ledger.Empty   // no model
	StateStopped State = ledger.Stopped // gradients are queued, none is applied
	StateRunning State = ledger.Running // gradients are applied in the order of their arrival
	StateClosing State = ledger.Closing // it ends
)

// String is the state's name, such as "RUNNING".
func (s State) String() string { return ledger.StateName(uint32(s)) }

// Description is what a coordinator is and can do.
type Description struct {
	Product       string // name and version of the software
	Model         string
	ProtocolMinor uint32
	State         State
	Layout        *Layout // nil: no model is loaded
	Gradients     []string
	Updates       []string
	Events        []string
	Published     []string // streams that are published now
	Streams       []string // streams that can be asked for
	Limits        Limits
	DTypes        []uint32 // element types, encodings and kinds by their numbers
	Encodings     []uint32
	Kinds         []uint32
	Optimizers    []string
	Schedules     []string
	Policies      []string
	Rules         []string
	Heartbeat     time.Duration
	CurveKey      []byte // 32 octets, where CURVE is on
}

// Limits are constants of a coordinator.
type Limits struct {
	FrameBytes, HeaderBytes                     uint64
	PayloadFrames, Tensors, Rank                uint32
	NameBytes, TensorNameBytes, Metrics, Groups uint32
	ReceiveWindow                               uint32
}

// Describe tells what the coordinator is and can do. It fails with CodeModel where it owns another model.
func (c *Coordinator) Describe(ctx context.Context) (*Description, error) {
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Describe{Describe: &pb.DescribeRequest{}}}, "description")
	if err != nil {
		return nil, err
	}
	if err := c.link.learnModel(reply.GetModel()); err != nil {
		return nil, err
	}
	d := reply.GetDescription()
	l, err := describedLayout(d)
	if err != nil {
		return nil, err
	}
	if l != nil {
		c.link.mutex.Lock()
		c.link.layout = l
		c.link.mutex.Unlock()
	}
	limits := d.GetLimits()
	return &Description{Product: d.GetProduct(), Model: reply.GetModel(), ProtocolMinor: d.GetProtocolMinor(),
		State: State(d.GetState()), Layout: l, Gradients: d.GetGradientsEndpoints(), Updates: d.GetUpdatesEndpoints(),
		Events: d.GetEventsEndpoints(), Published: d.GetStreams(), Streams: d.GetStreamNames(),
		Limits: Limits{limits.GetFrameBytes(), limits.GetHeaderBytes(), limits.GetPayloadFrames(), limits.GetTensors(),
			limits.GetRank(), limits.GetNameBytes(), limits.GetTensorNameBytes(), limits.GetMetrics(), limits.GetGroups(),
			limits.GetReceiveWindow()},
		DTypes: d.GetDtypes(), Encodings: d.GetEncodings(), Kinds: d.GetKinds(), Optimizers: d.GetOptimizers(),
		Schedules: d.GetSchedules(), Policies: d.GetPolicies(), Rules: d.GetRules(),
		Heartbeat: ledger.Milliseconds(d.GetHeartbeatMs()), CurveKey: d.GetCurvePublicKey()}, nil
}

// Operation is slow work of a coordinator: a checkpoint, a restore, a recording.
type Operation struct {
	ID      uint64
	Name    string
	Done    bool
	Code    Code // 0: it went well
	Message string
}

func operationOf(o *pb.Operation) Operation {
	return Operation{o.GetOperation(), o.GetName(), o.GetDone(), Code(o.GetCode()), o.GetMessage()}
}

// LastMetric is a metric of the newest contribution that reported it.
type LastMetric struct {
	Name   string
	Value  float64
	Worker string
}

// Status is what a coordinator does now.
type Status struct {
	Product         string
	Position        Position
	State           State
	Why             string // what keeps steps from being made
	Durability      string
	Uptime          time.Duration
	Members         uint32
	QueuedGradients uint64
	QueuedBytes     uint64
	Elements        uint64
	Tensors         uint32
	LearningRate    float64 // of the next step
	ScheduleTick    uint64
	Revision        uint64 // of the settings
	SnapshotsPinned uint64
	ResidentBytes   uint64
	Counters        map[string]uint64
	Operations      []Operation
	Round           uint64
	Deadline        time.Duration // until which it waits; below 0: it does not
	MinClock        uint64
	WaitingFor      []string // some of the workers that are waited for
	WaitingTotal    uint32
	Metrics         []LastMetric
	Contributions   uint64 // of the open step
	Policy, Rule    string
	Needed          uint64 // contributions that make a step; 0: that depends on the members
}

func countersOf(counters []*pb.Counter) map[string]uint64 {
	m := make(map[string]uint64, len(counters))
	for _, counter := range counters {
		m[counter.GetName()] = counter.GetValue()
	}
	return m
}

// Status tells what the coordinator does now.
func (c *Coordinator) Status(ctx context.Context) (*Status, error) {
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Status{Status: &pb.StatusRequest{}}}, "status")
	if err != nil {
		return nil, err
	}
	s, p := reply.GetStatus(), reply.GetPosition()
	status := &Status{Product: s.GetProduct(), Position: Position{p.GetInstance(), p.GetEpoch(), p.GetVersion()},
		State: State(s.GetState()), Why: s.GetWhy(), Durability: s.GetDurability(), Uptime: ledger.Milliseconds(s.GetUptimeMs()),
		Members: s.GetMembers(), QueuedGradients: s.GetQueuedGradients(), QueuedBytes: s.GetQueuedBytes(),
		Elements: s.GetElements(), Tensors: s.GetTensors(), LearningRate: s.GetLearningRate(), ScheduleTick: s.GetScheduleTick(),
		Revision: s.GetSettingsRevision(), SnapshotsPinned: s.GetSnapshotsPinned(), ResidentBytes: s.GetResidentBytes(),
		Counters: countersOf(s.GetCounters()), Round: s.GetRound(), Deadline: -1, MinClock: s.GetMinClock(),
		WaitingFor: s.GetWaitingFor(), WaitingTotal: s.GetWaitingTotal(), Contributions: s.GetContributions(),
		Policy: s.GetPolicy(), Rule: s.GetRule(), Needed: s.GetNeeded()}
	if s.DeadlineMs != nil {
		status.Deadline = ledger.Milliseconds(s.GetDeadlineMs())
	}
	for _, o := range s.GetOperations() {
		status.Operations = append(status.Operations, operationOf(o))
	}
	for _, m := range s.GetMetrics() {
		status.Metrics = append(status.Metrics, LastMetric{m.GetName(), m.GetValue(), m.GetWorker()})
	}
	return status, nil
}

// WorkerInfo is what a coordinator knows of a member.
type WorkerInfo struct {
	Name            string
	Incarnation     uint64
	Leaving         bool
	LeaseLeft       time.Duration
	SeenAgo         time.Duration
	ReceivedThrough uint64
	SettledThrough  uint64
	Queued          uint64
	Clock           uint64
	BaseVersion     uint64 // of its newest gradient
	StalenessMean   float64
	Dispositions    map[string]uint64 // by name, such as APPLIED
	Metrics         []Metric          // newest
}

// workersAtOnce is how many workers a page has.
const workersAtOnce = 256

// Workers lists the members by name.
func (c *Coordinator) Workers(ctx context.Context) ([]WorkerInfo, error) {
	ctx, cancel := c.link.within(ctx)
	defer cancel()
	var list []WorkerInfo
	for after, more := "", true; more; after = list[len(list)-1].Name {
		var page []WorkerInfo
		var err error
		page, more, err = c.WorkersAfter(ctx, after, workersAtOnce)
		if err != nil {
			return nil, err
		}
		if list = append(list, page...); len(page) == 0 {
			break
		}
	}
	return list, nil
}

// WorkersAfter lists at most limit members, 1 to 1024, whose names come after one, and tells whether there are
// more of them.
func (c *Coordinator) WorkersAfter(ctx context.Context, after string, limit int) (page []WorkerInfo, more bool, err error) {
	if limit < 1 || limit > 1024 {
		return nil, false, fault.New(fault.Argument, "a page of %d workers cannot be; 1 to 1024 can", limit)
	}
	body := &pb.ListWorkersRequest{Limit: proto.Uint32(uint32(limit))}
	if after != "" {
		body.After = proto.String(after)
	}
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_ListWorkers{ListWorkers: body}}, "workers")
	if err != nil {
		return nil, false, err
	}
	for _, w := range reply.GetWorkers().GetWorkers() {
		page = append(page, workerOf(w))
	}
	return page, reply.GetWorkers().GetMore(), nil
}

func workerOf(w *pb.Worker) WorkerInfo {
	info := WorkerInfo{Name: w.GetName(), Incarnation: w.GetIncarnation(), Leaving: w.GetLeaving(),
		LeaseLeft: ledger.Milliseconds(w.GetLeaseLeftMs()), SeenAgo: ledger.Milliseconds(w.GetSeenMsAgo()),
		ReceivedThrough: w.GetReceivedThrough(), SettledThrough: w.GetSettledThrough(), Queued: w.GetQueued(),
		Clock: w.GetClock(), BaseVersion: w.GetBaseVersion(), StalenessMean: w.GetStalenessMean(),
		Dispositions: countersOf(w.GetDispositions())}
	for _, m := range w.GetMetrics() {
		info.Metrics = append(info.Metrics, Metric{m.GetName(), m.GetValue(), m.GetWeight()})
	}
	return info
}

// Acknowledgement is what a worker's sequences have come to.
type Acknowledgement struct {
	Incarnation     uint64
	ReceivedThrough uint64 // all up to here were received
	SettledThrough  uint64 // all up to here are settled
	Applied         uint64
	CreditGradients uint32
	CreditBytes     uint64
	Verdicts        []Verdict // the newest that were not applied
}

// Acknowledgement tells what the sequences of a member's incarnation have come to. It fails with CodeNotJoined
// and CodeFenced.
func (c *Coordinator) Acknowledgement(ctx context.Context, worker string, incarnation uint64) (*Acknowledgement, error) {
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Acknowledgement{Acknowledgement: &pb.AcknowledgementRequest{
		Worker: proto.String(worker), Incarnation: proto.Uint64(incarnation)}}}, "acknowledgement")
	if err != nil {
		return nil, err
	}
	ack := reply.GetAcknowledgement()
	a := &Acknowledgement{Incarnation: ack.GetIncarnation(), ReceivedThrough: ack.GetReceivedThrough(),
		SettledThrough: ack.GetSettledThrough(), Applied: ack.GetApplied(), CreditGradients: ack.GetCreditGradients(),
		CreditBytes: ack.GetCreditBytes()}
	for _, d := range ack.GetDispositions() {
		a.Verdicts = append(a.Verdicts, Verdict{d.GetSequence(), Disposition(d.GetDisposition()), Code(d.GetCode())})
	}
	return a, nil
}

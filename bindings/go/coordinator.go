package gradmq

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// Coordinator controls a coordinator from afar. All methods may be called from any goroutine; requests go out
// one after the other. A request is sent again, under the same id, until there is an answer, and done
// once: see section 15 of the protocol.
type Coordinator struct {
	link *link
	//  Conditions of every request, from OnlyIf.
	ifEpoch, ifVersion *uint64
}

// link is what a coordinator and its copies with conditions share.
type link struct {
	*session
	place  Position // that the newest reply told
	layout *Layout
	base   *ledger.Place // of the parameters that were given last
	adding chan struct{} // one place: who adds a gradient has it
	parked []*zmq.Payload
	closed bool
}

// Position is where a model stands.
type Position struct {
	// Instance is a random number of the coordinator's process.
	Instance uint64
	// Epoch is a line of versions without a break.
	Epoch uint64
	// Version is 0 when a model is loaded, and grows by 1 an applied step.
	Version uint64
}

// OpenCoordinator connects to the control endpoint of a coordinator, such as "tcp://127.0.0.1:5570", and asks
// what is there. The caller owns it: Close.
//
// It fails with CodeConnect or CodeTimeout where nobody answers, CodeArgument, CodeName, CodeModel,
// CodeVersion; of keys with CodeIO, CodeFormat and CodePermission.
func OpenCoordinator(ctx context.Context, control string, options *Options) (*Coordinator, error) {
	s, err := newSession(control, options)
	if err != nil {
		return nil, err
	}
	l := &link{session: s, adding: make(chan struct{}, 1)}
	s.heard = l.hear
	s.start(l)
	c := &Coordinator{link: l}
	if _, err := c.Describe(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close closes the sockets; it takes Options.Linger at most. Calls under way fail with CodeClosed.
func (c *Coordinator) Close() {
	l := c.link
	l.mutex.Lock()
	closed := l.closed
	l.closed = true
	l.mutex.Unlock()
	if closed {
		return
	}
	l.stop()
	for _, payload := range l.parked {
		payload.Free()
	}
}

func (l *link) sockets(*zmq.Poller) {}

func (l *link) step(time.Time) (time.Duration, func()) { return never, nil }

func (l *link) end() {}

// hear notes the position of a reply. Under mutex.
func (l *link) hear(reply *pb.Reply) {
	if p := reply.GetPosition(); p.GetInstance() != 0 {
		l.place = Position{p.GetInstance(), p.GetEpoch(), p.GetVersion()}
	}
}

// Model is the model's name.
func (c *Coordinator) Model() string { return c.link.session.Model }

// Position is what the newest reply told.
func (c *Coordinator) Position() Position {
	c.link.mutex.Lock()
	defer c.link.mutex.Unlock()
	return c.link.place
}

// OnlyIfEpoch is the same coordinator, of which every request is refused with CodeCondition unless the model
// is in this epoch.
func (c *Coordinator) OnlyIfEpoch(epoch uint64) *Coordinator {
	return &Coordinator{link: c.link, ifEpoch: &epoch, ifVersion: c.ifVersion}
}

// OnlyIfVersion is the same coordinator, of which every request is refused with CodeCondition unless the model
// is at this version.
func (c *Coordinator) OnlyIfVersion(version uint64) *Coordinator {
	return &Coordinator{link: c.link, ifEpoch: c.ifEpoch, ifVersion: &version}
}

// call asks; the answer has the body that is expected. Its owner closes it.
func (c *Coordinator) call(ctx context.Context, request *pb.Request, payload *zmq.Payload, body protoreflect.Name) (answer, error) {
	request.IfEpoch, request.IfVersion = c.ifEpoch, c.ifVersion
	a, err := c.link.ask(ctx, request, payload)
	if err == nil && !bodyIs(a.reply, body) {
		err = fault.New(fault.Malformed, "%s answers %s with something else", c.link.control, commandOf(request))
	}
	if err != nil {
		a.close()
		return answer{reply: a.reply}, err
	}
	return a, nil
}

// plain is call for an answer without a payload.
func (c *Coordinator) plain(ctx context.Context, request *pb.Request, body protoreflect.Name) (*pb.Reply, error) {
	a, err := c.call(ctx, request, nil, body)
	a.close()
	return a.reply, err
}

// Start has gradients applied from now on. It fails with CodeNoModel, and with CodeState where they are
// already.
func (c *Coordinator) Start(ctx context.Context) error {
	_, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Start{Start: &pb.StartRequest{}}}, "state")
	return err
}

// Stop finishes the gradient in hand and has no other applied; queue and open step stay.
func (c *Coordinator) Stop(ctx context.Context) error {
	_, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Stop{Stop: &pb.StopRequest{}}}, "state")
	return err
}

// Destroy ends the coordinator: it writes a last checkpoint where it keeps any, tells subscribers, and closes.
func (c *Coordinator) Destroy(ctx context.Context) error {
	return c.destroy(ctx, false)
}

// DestroyWithoutCheckpoint ends the coordinator at once.
func (c *Coordinator) DestroyWithoutCheckpoint(ctx context.Context) error {
	return c.destroy(ctx, true)
}

func (c *Coordinator) destroy(ctx context.Context, without bool) error {
	body := &pb.DestroyRequest{}
	if without {
		body.WithoutCheckpoint = proto.Bool(true)
	}
	_, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Destroy{Destroy: body}}, "state")
	return err
}

// ClearGradients drops what is queued and tells how many. With newEpoch what is still on its way is refused,
// too.
func (c *Coordinator) ClearGradients(ctx context.Context, newEpoch bool) (cleared uint64, err error) {
	body := &pb.ClearGradientsRequest{}
	if newEpoch {
		body.NewEpoch = proto.Bool(true)
	}
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_ClearGradients{ClearGradients: body}}, "cleared")
	return reply.GetCleared().GetCleared(), err
}

// Reset drops the contributions to the open step and tells how many. It fails with CodeUnsupported where each
// gradient is a step.
func (c *Coordinator) Reset(ctx context.Context) (cleared uint64, err error) {
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Reset_{Reset_: &pb.ResetRequest{}}}, "cleared")
	return reply.GetCleared().GetCleared(), err
}

// Contributions tells how many contributions the open step has, and how many make one: merge_count under
// merge, buffer_gradients under async; 0: that depends on the members.
func (c *Coordinator) Contributions(ctx context.Context) (have, needed uint64, err error) {
	status, err := c.Status(ctx)
	if err != nil {
		return 0, 0, err
	}
	return status.Contributions, status.Needed, nil
}

// Sync has the coordinator publish a mark with this nonce, which is not 0, on both of its publishing sockets.
func (c *Coordinator) Sync(ctx context.Context, nonce uint64) error {
	a, err := c.link.ask(ctx, &pb.Request{IfEpoch: c.ifEpoch, IfVersion: c.ifVersion,
		Body: &pb.Request_Sync{Sync: &pb.SyncRequest{Nonce: proto.Uint64(nonce)}}}, nil)
	a.close()
	return err
}

// Checkpoint writes a checkpoint, and waits until it is written. It returns its name. It fails with
// CodeUnsupported where the coordinator has no folder, CodeState while one is being written.
func (c *Coordinator) Checkpoint(ctx context.Context) (name string, err error) {
	o, err := c.operate(ctx, &pb.Request{Body: &pb.Request_Checkpoint{Checkpoint: &pb.CheckpointRequest{}}})
	return o.Name, err
}

// Restore puts a checkpoint in force, the newest one where name is empty, and waits until it is; a new epoch
// begins. It fails with CodeArgument where there is none.
func (c *Coordinator) Restore(ctx context.Context, name string) error {
	body := &pb.RestoreRequest{}
	if name != "" {
		body.Checkpoint = proto.String(name)
	}
	_, err := c.operate(ctx, &pb.Request{Body: &pb.Request_Restore{Restore: body}})
	return err
}

// Record writes down what happens to the model from now on, to a new file of this name.
func (c *Coordinator) Record(ctx context.Context, name string) error {
	_, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Record{Record: &pb.RecordRequest{Name: proto.String(name)}}}, "operation")
	return err
}

// StopRecord ends the recording. It fails with CodeState where none is made.
func (c *Coordinator) StopRecord(ctx context.Context) error {
	_, err := c.plain(ctx, &pb.Request{Body: &pb.Request_Record{Record: &pb.RecordRequest{Stop: proto.Bool(true)}}}, "operation")
	return err
}

// operate starts an operation and waits for its end: rule R-6.
func (c *Coordinator) operate(ctx context.Context, request *pb.Request) (Operation, error) {
	ctx, cancel := c.link.within(ctx)
	defer cancel()
	reply, err := c.plain(ctx, request, "operation")
	if err != nil {
		return Operation{}, err
	}
	o := operationOf(reply.GetOperation())
	plain := &Coordinator{link: c.link}
	for wait := 5 * time.Millisecond; !o.Done; wait = min(2*wait, 250*time.Millisecond) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return o, over(ctx, CodeTimeout, fmt.Sprintf("waiting for the end of %s %s", commandOf(request), o.Name))
		}
		status, err := plain.Status(ctx)
		if err != nil {
			return o, err
		}
		found := false
		for _, other := range status.Operations {
			if other.ID == o.ID {
				o, found = other, true
			}
		}
		if !found {
			return o, fault.New(fault.Internal, "%s is not told of any more: was the coordinator started anew?", commandOf(request))
		}
	}
	if o.Code != 0 {
		return o, &Error{Code: o.Code, Message: commandOf(request) + ": " + o.Message}
	}
	return o, nil
}

// SetModelParameters loads a model: a new epoch begins, at version 0. The tensors are all of one type; the
// model's is F64 where they are F64, else F32. The numbers are read during the call.
//
// It fails with CodeArgument, CodeName, CodeShape, CodeLength, CodeNonFinite.
func (c *Coordinator) SetModelParameters(ctx context.Context, tensors []NamedTensor) error {
	dtype := F32
	infos := make([]TensorInfo, len(tensors))
	values := make(Tensors, len(tensors))
	for i, one := range tensors {
		infos[i] = TensorInfo{Name: one.Name, Shape: one.Tensor.Shape}
		values[one.Name] = one.Tensor
		if one.Tensor.DType == F64 {
			dtype = F64
		}
	}
	l, err := tensor.NewLayout(infos, dtype)
	if err != nil {
		return err
	}
	planned, err := values.plan(l)
	if err != nil {
		return err
	}
	_, err = c.callWith(ctx, &pb.Request{Body: &pb.Request_SetModelParameters{SetModelParameters: &pb.SetModelParametersRequest{
		Layout: layoutMessage(l), Dtype: proto.Uint32(uint32(planned.dtype)), Bytes: proto.Uint64(uint64(planned.bytes))}}},
		planned, l, "loaded")
	return err
}

// callWith is call with the payload of a plan. It is copied: ZeroMQ may hold it when the call is over.
func (c *Coordinator) callWith(ctx context.Context, request *pb.Request, p *plan, l *Layout, body protoreflect.Name) (*pb.Reply, error) {
	octets := tensor.Octets(p.bytes)
	p.write(octets)
	payload := zmq.NewPayload(octets, p.ends(l))
	a, err := c.call(ctx, request, payload, body)
	a.close()
	c.link.park(payload)
	return a.reply, err
}

// park keeps payloads until ZeroMQ has given them back.
func (l *link) park(payload *zmq.Payload) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.parked = slices.DeleteFunc(append(l.parked, payload), (*zmq.Payload).Free)
}

// GetModelParameters gives the newest version on a stream: "f32", "f64", "f16", "bf16", "int8", or "" for the
// model's own type. Gradients that are added afterwards state it as their base. With newerThan it gives
// nil where nothing newer is there. The parameters are the caller's.
//
// It fails with CodeNoModel, CodeBusy, CodeUnsupported.
func (c *Coordinator) GetModelParameters(ctx context.Context, stream string, newerThan *Parameters) (*Parameters, error) {
	body := &pb.GetModelParametersRequest{}
	if stream != "" {
		body.Stream = proto.String(stream)
	}
	if newerThan != nil {
		body.NewerThan = &pb.Base{Epoch: proto.Uint64(newerThan.Epoch), Version: proto.Uint64(newerThan.Version)}
	}
	a, err := c.call(ctx, &pb.Request{Body: &pb.Request_GetModelParameters{GetModelParameters: body}}, nil, "model_parameters")
	defer a.close()
	if err != nil {
		return nil, err
	}
	told := a.reply.GetModelParameters()
	if told.GetUnchanged() {
		return nil, nil
	}
	l, err := c.layoutFor(ctx, told.GetLayoutId())
	if err != nil {
		return nil, err
	}
	message := a.message
	if message == nil {
		message = new(zmq.Message)
	}
	arrived := arrival{at: placeOf(a.reply.GetPosition()), dtype: DType(told.GetDtype()),
		encoding: tensor.Encoding(told.GetEncoding()), bytes: told.Bytes, message: message, first: 1}
	p, err := arrived.take(l)
	if err != nil {
		return nil, err
	}
	c.link.mutex.Lock()
	defer c.link.mutex.Unlock()
	c.link.base = &arrived.at
	return p, nil
}

// layoutFor is the layout of this id; 0: of the model that is there.
func (c *Coordinator) layoutFor(ctx context.Context, id uint64) (*Layout, error) {
	c.link.mutex.Lock()
	l := c.link.layout
	c.link.mutex.Unlock()
	if l != nil && l.ID() == id {
		return l, nil
	}
	described, err := (&Coordinator{link: c.link}).Describe(ctx)
	switch {
	case err != nil:
		return nil, err
	case described.Layout == nil:
		return nil, fault.New(fault.NoModel, "no model is loaded into %s", c.Model())
	case id != 0 && described.Layout.ID() != id:
		return nil, fault.New(fault.Layout, "the model is being replaced; ask again")
	}
	return described.Layout, nil
}

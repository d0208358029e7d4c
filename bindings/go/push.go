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

// kept is a gradient that is not settled, as it was sent.
type kept struct {
	header     []byte
	payload    *zmq.Payload
	release    func()
	pooled     bool
	compressed *compression // that made it
}

// partMessages are parts as a message has them.
func partMessages(parts []tensor.Part) []*pb.Part {
	messages := make([]*pb.Part, len(parts))
	for i := range parts {
		p := &parts[i]
		messages[i] = &pb.Part{Tensor: proto.Uint32(uint32(p.Tensor)), Bytes: proto.Uint64(uint64(p.Bytes))}
		if p.Encoding != tensor.Dense {
			messages[i].Encoding = proto.Uint32(uint32(p.Encoding))
		}
		if p.Count > 0 {
			messages[i].Count = proto.Uint64(uint64(p.Count))
		}
		if p.Encoding == tensor.Int8 {
			messages[i].Dtype = proto.Uint32(uint32(p.DType))
		}
	}
	return messages
}

// parcel is a gradient that waits to be sent.
type parcel struct {
	kept
	layout  *Layout
	options *PushOptions
	bytes   int
	dtype   DType // 0: not stated
	parts   []tensor.Part
	base    *ledger.Place // nil: none is stated
}

// Push pushes a gradient of the whole model, or of a part of it. It returns its sequence number when it is on
// its way, having waited for credit where it had to; it is kept, and sent again where it has to be,
// until it is settled. Its numbers are copied, unless options.Release lends them.
//
// An error says that it was not pushed: CodeTimeout, CodeCancelled (no credit, or no connection, in time),
// CodeLength, CodeShape, CodeArgument, CodeLayout, CodeFenced, CodeClosed; with compression
// CodeNonFinite.
func (w *Worker) Push(ctx context.Context, gradient Gradient, options *PushOptions) (uint64, error) {
	o := PushOptions{}
	if options != nil {
		o = *options
	}
	sequence, err := w.push(ctx, gradient, &o)
	if err != nil && o.Release != nil {
		o.Release()
	}
	return sequence, err
}

// AddModelParameters pushes parameters that this worker has trained, for policy merge: the parameters
// themselves, unless options.Kind says KindDelta. options.Weight is their share.
//
// It fails as Push does.
func (w *Worker) AddModelParameters(ctx context.Context, parameters Gradient, options *PushOptions) (uint64, error) {
	o, err := asParameters(options)
	if err != nil {
		return 0, err
	}
	return w.Push(ctx, parameters, &o)
}

func asParameters(options *PushOptions) (PushOptions, error) {
	o := PushOptions{}
	if options != nil {
		o = *options
	}
	if o.Kind == 0 {
		o.Kind = KindModelParameters
	}
	if o.Kind == KindGradient {
		if o.Release != nil {
			o.Release()
		}
		return o, fault.New(fault.Argument, "a gradient is no parameters: push it, or say KindDelta or KindModelParameters")
	}
	return o, nil
}

// Skip pushes "nothing from me this time".
//
// It fails as Push does.
func (w *Worker) Skip(ctx context.Context, options *PushOptions) (uint64, error) {
	o := PushOptions{}
	if options != nil {
		o = *options
	}
	if err := o.check(); err != nil {
		return 0, err
	}
	if o.Release != nil {
		defer o.Release()
	}
	o.Kind = kindSkip
	base := w.base(&o)
	ctx, cancel := w.s.within(ctx)
	defer cancel()
	if err := turn(ctx, w.pushing, "another push"); err != nil {
		return 0, err
	}
	defer func() { <-w.pushing }()
	return w.send(ctx, &parcel{layout: w.Layout(), options: &o, base: base})
}

func (w *Worker) push(ctx context.Context, gradient Gradient, o *PushOptions) (uint64, error) {
	if gradient == nil {
		return 0, fault.New(fault.Argument, "a gradient is needed; to say \"nothing this time\", call Skip")
	}
	if err := o.check(); err != nil {
		return 0, err
	}
	base := w.base(o)
	ctx, cancel := w.s.within(ctx)
	defer cancel()
	if err := turn(ctx, w.pushing, "another push"); err != nil {
		return 0, err
	}
	defer func() { <-w.pushing }()
	l := w.Layout()
	planned, err := gradient.plan(l)
	if err != nil {
		return 0, err
	}
	if w.compressor != nil && planned.whole && o.Kind != KindModelParameters {
		return w.pushCompressed(ctx, l, planned, o, base)
	}
	if err := w.awaitRoom(ctx, planned.bytes); err != nil {
		return 0, err
	}
	p := &parcel{layout: l, options: o, bytes: planned.bytes, dtype: planned.dtype, base: base}
	if !planned.whole {
		p.parts = planned.parts
	}
	ends := planned.ends(l)
	if o.Release != nil && len(planned.data) == 1 && planned.rows == nil {
		p.payload, p.release = zmq.NewPayload(planned.data[0], ends), o.Release
	} else {
		octets := w.pool.take(planned.bytes)
		planned.write(octets)
		p.payload, p.pooled = zmq.NewPayload(octets, ends), true
		//  What was lent was copied: it is given back with the rest.
		p.release = o.Release
	}
	return w.send(ctx, p)
}

// base is what a gradient states that is pushed now. What is given while it waits for its turn or for credit is not
// what it was made from.
func (w *Worker) base(o *PushOptions) *ledger.Place {
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	switch {
	case o.WithoutBase:
		return nil
	case o.From != nil:
		return &ledger.Place{Epoch: o.From.Epoch, Version: o.From.Version}
	case w.stream.given:
		given := w.stream.givenAt
		return &given
	}
	return nil
}

// room tells whether a gradient can be sent now.
func (w *Worker) room(bytes int) bool {
	return w.sendable() && w.ledger.Outbox.Room(uint64(bytes), w.ledger.Credit)
}

func (w *Worker) sayRoom(bytes int) string {
	box, credit := &w.ledger.Outbox, w.ledger.Credit
	switch {
	case box.Room(uint64(bytes), credit):
		return "a way to send a gradient"
	case box.Count() < credit.Gradients:
		return fmt.Sprintf("credit: %d of %d bytes are not settled, and %d are to go", box.Bytes, credit.Bytes, bytes)
	}
	return fmt.Sprintf("credit: %d of %d gradients are not settled", box.Count(), credit.Gradients)
}

// awaitRoom waits for credit and a connection.
func (w *Worker) awaitRoom(ctx context.Context, bytes int) error {
	return w.awaitSending(ctx, bytes, func() (bool, error) { return w.room(bytes), nil })
}

// awaitSending waits until try succeeds. Under mutex.
func (w *Worker) awaitSending(ctx context.Context, bytes int, try func() (bool, error)) error {
	w.s.mutex.Lock()
	ok, err := try()
	if !ok && err == nil {
		w.settling++
		defer func() {
			w.s.mutex.Lock()
			w.settling--
			w.s.mutex.Unlock()
		}()
	}
	w.s.mutex.Unlock()
	if ok || err != nil {
		return err
	}
	return w.s.wait(ctx, waiting{
		ready: func(time.Time) (bool, error) {
			if ok, err := try(); ok || err != nil {
				return ok, err
			}
			return false, w.able()
		},
		say:   func(now time.Time) string { return w.sayRoom(bytes) + "; " + w.known(now) },
		state: func() uint32 { return w.hearsay.State },
	})
}

// send hands a parcel over when there is credit and a connection.
func (w *Worker) send(ctx context.Context, p *parcel) (sequence uint64, err error) {
	err = w.awaitSending(ctx, p.bytes, func() (bool, error) {
		if w.s.stopping || w.ledger.Incarnation == 0 {
			return false, errWasClosed()
		}
		if w.layout.ID() != p.layout.ID() {
			return false, fault.New(fault.Layout, "the model was replaced by one of another layout meanwhile; the "+
				"gradient was not pushed")
		}
		if !w.room(p.bytes) {
			return false, nil
		}
		var err error
		if p.header, err = w.header(p); err != nil {
			return false, err
		}
		switch w.gradients.Send(p.header, p.payload) {
		case zmq.Again:
			w.blocked = true
			return false, nil
		case zmq.Failed:
			return false, fault.New(fault.Memory, "ZeroMQ does not take the gradient; it was not pushed")
		case zmq.Broken:
			w.ledger.Confirm.Want()
		}
		sequence = w.ledger.Outbox.Next
		w.kept[sequence%ledger.Window] = p.kept
		w.ledger.Outbox.Add(uint64(p.bytes))
		w.pushed++
		w.countClock(p.options.Clock)
		return true, nil
	})
	if err != nil && p.payload != nil {
		p.release = nil
		w.s.mutex.Lock()
		w.forget(&p.kept)
		w.s.mutex.Unlock()
	}
	return sequence, err
}

// countClock notes what a push means for clock and round.
func (w *Worker) countClock(stated *Clock) {
	clock := w.clock + 1
	if stated != nil {
		clock = stated.Number
	}
	if stated == nil || stated.Last {
		w.clock = max(w.clock, clock)
	}
	w.rounds.Take(w.stream.givenAt)
}

func (w *Worker) header(p *parcel) ([]byte, error) {
	box := &w.ledger.Outbox
	g := &pb.Gradient{Model: proto.String(w.s.Model), Worker: proto.String(w.s.Name),
		Incarnation: proto.Uint64(w.ledger.Incarnation), Sequence: proto.Uint64(box.Next),
		LowWater: proto.Uint64(box.First), Layout: proto.Uint64(p.layout.ID()), Parts: partMessages(p.parts)}
	if p.dtype != 0 && p.dtype != p.layout.DType() {
		g.Dtype = proto.Uint32(uint32(p.dtype))
	}
	p.options.say(g)
	if p.base != nil {
		g.BasedOn = &pb.Base{Epoch: proto.Uint64(p.base.Epoch), Version: proto.Uint64(p.base.Version)}
	}
	return wire.Encode(wire.Gradient, g)
}

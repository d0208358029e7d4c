package gradmq

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
)

// First and longest wait between two looks at whether a gradient is settled.
const lookFirst, lookMost = 5 * time.Millisecond, 250 * time.Millisecond

// AddGradients adds one gradient, without joining by hand: it joins under this client's name, adds it, waits
// until it is settled, and leaves. It states the parameters that GetModelParameters gave last, or
// options.From, as its base. The numbers are read during the call.
//
// It fails with the code of a refusal, or with CodeDisposed where it was not applied for another reason.
func (c *Coordinator) AddGradients(ctx context.Context, gradient Gradient, options *PushOptions) error {
	return c.add(ctx, gradient, options, adding{settled: true})
}

// CheckGradients has the coordinator check a gradient; nothing is changed.
func (c *Coordinator) CheckGradients(ctx context.Context, gradient Gradient, options *PushOptions) error {
	return c.add(ctx, gradient, options, adding{dryRun: true})
}

// AddModelParameters adds parameters, or how they have changed with options.Kind KindDelta, under policy merge.
// It returns once they are received: they take part in the step that merge_count of them make. What
// changed is taken from the base, the parameters that GetModelParameters gave last; without one, from
// the version that the step is made from.
//
// It fails as AddGradients does.
func (c *Coordinator) AddModelParameters(ctx context.Context, parameters Gradient, options *PushOptions) error {
	o, err := asParameters(options)
	if err != nil {
		return err
	}
	return c.add(ctx, parameters, &o, adding{model: true})
}

type adding struct{ model, dryRun, settled bool }

func (c *Coordinator) add(ctx context.Context, gradient Gradient, options *PushOptions, how adding) error {
	o := PushOptions{}
	if options != nil {
		o = *options
	}
	if o.Release != nil {
		defer o.Release()
	}
	if gradient == nil {
		return fault.New(fault.Argument, "a gradient is needed")
	}
	if err := o.check(); err != nil {
		return err
	}
	ctx, cancel := c.link.within(ctx)
	defer cancel()
	if err := turn(ctx, c.link.adding, "another gradient that is added"); err != nil {
		return err
	}
	defer func() { <-c.link.adding }()
	plain := &Coordinator{link: c.link}
	reply, err := plain.plain(ctx, &pb.Request{Body: &pb.Request_Join{Join: &pb.JoinRequest{
		Worker: proto.String(c.link.Name)}}}, "joined")
	if err != nil {
		return err
	}
	joined := reply.GetJoined()
	last := uint64(0)
	err = c.addJoined(ctx, gradient, &o, how, joined)
	if err == nil && !how.dryRun {
		last = 1
	}
	wait := leaveTime
	if err != nil {
		wait = leaveInVain
	}
	c.link.leave(wait, joined.GetIncarnation(), last)
	return err
}

func (c *Coordinator) addJoined(ctx context.Context, gradient Gradient, o *PushOptions, how adding, joined *pb.Joined) error {
	l, err := c.layoutFor(ctx, joined.GetLayoutId())
	if err != nil {
		return err
	}
	planned, err := gradient.plan(l)
	if err != nil {
		return err
	}
	ack, err := c.addPlanned(ctx, c.message(o, planned, l, joined), planned, l, how)
	if err != nil || how.dryRun {
		return err
	}
	if how.settled {
		if ack, err = c.awaitSettled(ctx, joined.GetIncarnation(), ack); err != nil {
			return err
		}
	}
	return verdictOf(ack)
}

func (c *Coordinator) addPlanned(ctx context.Context, g *pb.Gradient, p *plan, l *Layout, how adding) (*pb.Acknowledgement, error) {
	request := &pb.Request{}
	var dryRun *bool
	if how.dryRun {
		dryRun = proto.Bool(true)
	}
	if how.model {
		request.Body = &pb.Request_AddModelParameters{AddModelParameters: &pb.AddModelParametersRequest{Gradient: g, DryRun: dryRun}}
	} else {
		request.Body = &pb.Request_AddGradients{AddGradients: &pb.AddGradientsRequest{Gradient: g, DryRun: dryRun}}
	}
	reply, err := c.callWith(ctx, request, p, l, "added")
	if err != nil {
		return nil, err
	}
	ack := reply.GetAdded().GetAcknowledgement()
	if ack == nil && !how.dryRun {
		return nil, fault.New(fault.Malformed, "%s does not acknowledge the gradient", c.link.control)
	}
	return ack, nil
}

func (c *Coordinator) message(o *PushOptions, p *plan, l *Layout, joined *pb.Joined) *pb.Gradient {
	g := &pb.Gradient{Model: proto.String(c.Model()), Worker: proto.String(c.link.Name), Incarnation: joined.Incarnation,
		Sequence: proto.Uint64(1), LowWater: proto.Uint64(1), Layout: proto.Uint64(l.ID()), Dtype: proto.Uint32(uint32(p.dtype))}
	if !p.whole {
		g.Parts = partMessages(p.parts)
	}
	o.say(g)
	c.link.mutex.Lock()
	base := c.link.base
	c.link.mutex.Unlock()
	if o.From != nil {
		base = &ledger.Place{Epoch: o.From.Epoch, Version: o.From.Version}
	}
	if base != nil && !o.WithoutBase {
		g.BasedOn = &pb.Base{Epoch: proto.Uint64(base.Epoch), Version: proto.Uint64(base.Version)}
	}
	return g
}

// awaitSettled asks until the one gradient of an incarnation is settled.
func (c *Coordinator) awaitSettled(ctx context.Context, incarnation uint64, ack *pb.Acknowledgement) (*pb.Acknowledgement, error) {
	plain := &Coordinator{link: c.link}
	told, waits := false, ""
	defer func() { c.link.tellOver(told) }()
	for wait := lookFirst; ack.GetSettledThrough() == 0; wait *= 2 {
		if wait > lookMost {
			wait = lookMost
			status, err := plain.Status(ctx)
			if err != nil {
				return nil, err
			}
			waits = "; the coordinator is " + status.State.String()
			if status.Why != "" {
				waits += ": " + status.Why
			}
			told = c.link.tell("waiting for the gradient to be applied" + waits)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, over(ctx, CodeTimeout, "the gradient was received and is not applied yet"+waits)
		}
		reply, err := plain.plain(ctx, &pb.Request{Body: &pb.Request_Acknowledgement{Acknowledgement: &pb.AcknowledgementRequest{
			Worker: proto.String(c.link.Name), Incarnation: proto.Uint64(incarnation), SentThrough: proto.Uint64(1)}}}, "acknowledgement")
		if err != nil {
			return nil, err
		}
		ack = reply.GetAcknowledgement()
	}
	return ack, nil
}

// verdictOf is what became of the one gradient that an acknowledgement tells of.
func verdictOf(ack *pb.Acknowledgement) error {
	if ack.GetSettledThrough() == 0 {
		return nil
	}
	for _, d := range ack.GetDispositions() {
		disposition, code := Disposition(d.GetDisposition()), Code(d.GetCode())
		if d.GetSequence() != 1 || ledger.Disposition(disposition) == ledger.Applied {
			continue
		}
		text := "the gradient was not applied but " + disposition.String()
		if code != 0 {
			text += ": " + code.Text()
		}
		if disposition != Refused || code == 0 {
			code = CodeDisposed
		}
		return &Error{Code: code, Message: text}
	}
	return nil
}

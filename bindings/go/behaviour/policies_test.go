package behaviour

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	gradmq "github.com/gradmq/gradmq/bindings/go"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

func testBsp(t *testing.T) {
	const rounds = 10
	d, c := loaded(t, "settings/policy=bsp")
	workers := []*gradmq.Worker{d.worker(named("a")), d.worker(named("b"))}
	first := []*gradmq.Parameters{}
	for _, w := range workers {
		first = append(first, value[*gradmq.Parameters](t)(w.Next(d.ctx)))
	}
	var all2 sync.WaitGroup
	for i, w := range workers {
		all2.Add(1)
		go func() {
			defer all2.Done()
			p, err := first[i], error(nil)
			for round := range rounds {
				if p.Version != uint64(round) {
					t.Errorf("round %d began from version %d", round, p.Version)
				}
				//  a pushes 1 and b 3: the mean is 2.
				if _, err = w.Push(d.ctx, all(float32(1+2*i)), nil); err != nil {
					break
				}
				if p, err = w.Next(d.ctx); err != nil {
					break
				}
			}
			if err != nil {
				t.Errorf("%s: %v", w.Name(), err)
			}
		}()
	}
	all2.Wait()
	if version := value[*gradmq.Status](t)(c.Status(d.ctx)).Position.Version; version != rounds {
		t.Errorf("version %d after %d rounds", version, rounds)
	}
	same(t, d.now(c), plus(packedModel(), -2*rounds))
}

func testSsp(t *testing.T) {
	d, c := loaded(t, "settings/policy=ssp", "settings/clock_bound=2")
	fast, slow := d.worker(named("fast")), d.worker(named("slow"))
	for range 6 {
		value[uint64](t)(fast.Push(d.ctx, all(1), nil))
	}
	//  Clocks 1 to 3 are at most 2 ahead of one that completed none.
	d.until("three to be applied", func() bool { return fast.Stats().Applied == 3 })
	ctx, cancel := context.WithTimeout(d.ctx, 1500*time.Millisecond)
	defer cancel()
	err := fast.Flush(ctx)
	fails(t, err, gradmq.ErrTimeout)
	says(t, err, "slow")
	if stats := fast.Stats(); stats.Applied != 3 || stats.Clock != 6 {
		t.Errorf("%+v", stats)
	}
	for range 3 {
		value[uint64](t)(slow.Push(d.ctx, all(1), nil))
	}
	must(t, fast.Flush(d.ctx))
	must(t, slow.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -9))
}

func testMerge(t *testing.T) {
	d, c := loaded(t, "settings/policy=merge", "settings/merge_count=2")
	a, b := d.worker(named("a")), d.worker(named("b"))
	for _, w := range []*gradmq.Worker{a, b} {
		value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	}
	value[uint64](t)(a.AddModelParameters(d.ctx, all(2), &gradmq.PushOptions{Kind: gradmq.KindDelta}))
	value[uint64](t)(b.AddModelParameters(d.ctx, all(6), &gradmq.PushOptions{Kind: gradmq.KindDelta, Weight: 3}))
	must(t, a.Flush(d.ctx))
	must(t, b.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), 5))
	p := value[*gradmq.Parameters](t)(a.Fetch(d.ctx))
	trained := plus(p.Packed().Float32s(), 1)
	for range 2 {
		value[uint64](t)(a.AddModelParameters(d.ctx, gradmq.Packed(trained), nil))
	}
	must(t, a.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), 6))
}

func testLease(t *testing.T) {
	const lease = 1000
	d, c := loaded(t, "settings/lease_ms=1000")
	w := d.worker(named("w"))
	before := w.Stats().Incarnation
	begun := value[*gradmq.Status](t)(c.Status(d.ctx)).Uptime
	//  The computation, in which nobody calls the worker.
	d.until("three leases to pass", func() bool {
		return value[*gradmq.Status](t)(c.Status(d.ctx)).Uptime > begun+3*lease*time.Millisecond
	})
	members := value[[]gradmq.WorkerInfo](t)(c.Workers(d.ctx))
	if len(members) != 1 || members[0].Incarnation != before {
		t.Errorf("%+v, and it was %d", members, before)
	}
	if expired := value[*gradmq.Status](t)(c.Status(d.ctx)).Counters["expirations"]; expired != 0 {
		t.Errorf("its lease ran out %d times", expired)
	}
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, w.Flush(d.ctx))
	if stats := w.Stats(); stats.Applied != 1 || stats.Resent != 0 {
		t.Errorf("%+v", stats)
	}
}

// leave ends the membership of a worker behind its back, as its lease would.
func leave(t *testing.T, d *daemon, name string, incarnation, last uint64) {
	t.Helper()
	context := value[*zmq.Context](t)(zmq.NewContext())
	defer context.Term()
	socket := value[*zmq.Socket](t)(context.Socket(zmq.Req))
	defer socket.Close()
	must(t, socket.SetInt(zmq.Linger, 100))
	must(t, socket.Connect(d.control))
	header := value[[]byte](t)(wire.Encode(wire.Request, &pb.Request{Client: proto.String("behind"), RequestId: proto.Uint64(1),
		Model: proto.String("m"), Body: &pb.Request_Leave{Leave: &pb.LeaveRequest{Worker: proto.String(name),
			Incarnation: proto.Uint64(incarnation), LastSequence: proto.Uint64(last)}}}))
	d.until("the request to go", func() bool { return socket.Send(header, nil) == zmq.Done })
	var message zmq.Message
	defer message.Close()
	d.until("the answer", func() bool { return socket.Receive(&message) })
	reply := value[*pb.Reply](t)(wire.DecodeReply(message.Frame(0)))
	if reply.GetCode() != 0 || !reply.GetLeft().GetComplete() {
		t.Fatalf("%v", reply)
	}
}

func testRejoin(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(named("w"))
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, w.Flush(d.ctx))
	incarnation := w.Stats().Incarnation
	leave(t, d, "w", incarnation, 1)
	for range 3 {
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
	}
	must(t, w.Flush(d.ctx))
	if stats := w.Stats(); stats.Applied != 4 || stats.Refused != 0 || stats.Incarnation != incarnation || stats.Resent == 0 {
		t.Errorf("%+v", stats)
	}
	same(t, d.now(c), plus(packedModel(), -4))
}

func testFenced(t *testing.T) {
	d, c := loaded(t)
	first := d.worker(named("twin"))
	value[uint64](t)(first.Push(d.ctx, all(1), nil))
	must(t, first.Flush(d.ctx))
	second := d.worker(named("twin"))
	var err error
	d.until("the first to be told", func() bool {
		if _, err = first.Push(d.ctx, all(1), nil); err == nil {
			err = first.Flush(d.ctx)
		}
		return err != nil
	})
	fails(t, err, gradmq.ErrFenced)
	says(t, err, "twin", "a name of its own")
	_, err = first.Newest(d.ctx)
	fails(t, err, gradmq.ErrFenced)
	before := d.now(c)
	value[uint64](t)(second.Push(d.ctx, all(1), nil))
	must(t, second.Flush(d.ctx))
	same(t, d.now(c), plus(before, -1))
}

func testEpochChanged(t *testing.T) {
	d, c := loaded(t)
	var verdicts sync.Map
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts.Store(v.Sequence, v) }
	w := d.worker(o)
	old := value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	for i := range 40 {
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
		if i == 20 {
			must(t, c.SetModelParameters(d.ctx, model()))
		}
	}
	must(t, w.Flush(d.ctx))
	stats := w.Stats()
	if stats.Settled != 40 || stats.Applied+stats.Refused != 40 || stats.Refused < 19 {
		t.Errorf("%+v", stats)
	}
	verdicts.Range(func(_, v any) bool {
		if v := v.(gradmq.Verdict); v.Disposition != gradmq.Refused || v.Code != gradmq.CodeEpoch {
			t.Errorf("%+v", v)
		}
		return true
	})
	now := value[*gradmq.Parameters](t)(w.Next(d.ctx))
	if now.Epoch <= old.Epoch {
		t.Errorf("epoch %d after %d", now.Epoch, old.Epoch)
	}
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -1))
}

func testLayoutChanged(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{{Name: "v", Tensor: gradmq.Of([]float64{1, 2, 3}, 3)}}))
	var p *gradmq.Parameters
	d.until("the new model", func() bool {
		var err error
		if p, err = w.Newest(d.ctx); err != nil {
			fails(t, err, gradmq.ErrLayout)
			return false
		}
		return p.Layout.Elements() == 3
	})
	if names := strings.Join(p.Layout.Names(), " "); names != "v" || w.Layout().ID() != p.Layout.ID() {
		t.Errorf("%s", names)
	}
	value[uint64](t)(w.Push(d.ctx, gradmq.Packed([]float64{1, 1, 1}), nil))
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), []float32{0, 1, 2})
}

package behaviour

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testOpenWaitsForModel(t *testing.T) {
	d := start(t)
	c := d.coordinator()
	var said atomic.Bool
	o := options()
	o.OnWait = func(text string) {
		if strings.Contains(text, "a model to be loaded into m") {
			said.Store(true)
		}
	}
	type opened struct {
		worker *gradmq.Worker
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		w, err := gradmq.OpenWorker(d.ctx, d.control, o)
		done <- opened{w, err}
	}()
	d.until("the worker to wait", said.Load)
	must(t, c.SetModelParameters(d.ctx, model()))
	must(t, c.Start(d.ctx))
	w := <-done
	must(t, w.err)
	value[uint64](t)(w.worker.Push(d.ctx, all(1), nil))
	must(t, w.worker.Close(d.ctx))
	same(t, d.now(c), plus(packedModel(), -1))
}

func testParametersNewest(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	p := value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	same(t, p.Packed().Float32s(), packedModel())
	must(t, c.AddGradients(d.ctx, all(1), nil))
	//  Until the first ones are there, and version 1, it may ask.
	d.until("version 1 to arrive", func() bool {
		return w.Stats().Updates > 0 && value[*gradmq.Parameters](t)(w.Newest(d.ctx)).Version == 1
	})
	requests := value[*gradmq.Status](t)(c.Status(d.ctx)).Counters["requests"]
	same(t, value[*gradmq.Parameters](t)(w.Newest(d.ctx)).Packed().Float32s(), plus(packedModel(), -1))
	//  The first ones are still what they were.
	same(t, p.Packed().Float32s(), packedModel())
	//  The status itself is one.
	if after := value[*gradmq.Status](t)(c.Status(d.ctx)).Counters["requests"]; after > requests+1 {
		t.Errorf("%d requests were made for what had arrived", after-requests-1)
	}
}

func testParametersNext(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	first := value[*gradmq.Parameters](t)(w.Next(d.ctx))
	ctx, cancel := context.WithTimeout(d.ctx, 50*time.Millisecond)
	defer cancel()
	_, err := w.Next(ctx)
	fails(t, err, gradmq.ErrTimeout)
	says(t, err, "a version newer than 0")
	type given struct {
		p   *gradmq.Parameters
		err error
	}
	done := make(chan given, 1)
	go func() {
		p, err := w.Next(d.ctx)
		done <- given{p, err}
	}()
	must(t, c.AddGradients(d.ctx, all(1), nil))
	second := <-done
	must(t, second.err)
	o := options()
	o.NoUpdates = true
	asking := d.worker(o)
	if p := value[*gradmq.Parameters](t)(asking.Next(d.ctx)); p.Version != 1 {
		t.Errorf("version %d", p.Version)
	}
	if first.Version != 0 || second.p.Version != 1 || second.p.Epoch != first.Epoch {
		t.Errorf("version %d after %d", second.p.Version, first.Version)
	}
	same(t, second.p.Packed().Float32s(), plus(packedModel(), -1))
	must(t, c.AddGradients(d.ctx, all(1), nil))
	if p := value[*gradmq.Parameters](t)(asking.Next(d.ctx)); p.Version != 2 {
		t.Errorf("version %d", p.Version)
	}
}

func testParametersFetch(t *testing.T) {
	d, c := loaded(t)
	o := options()
	o.NoUpdates = true
	for _, w := range []*gradmq.Worker{d.worker(options()), d.worker(o)} {
		before := value[*gradmq.Parameters](t)(w.Newest(d.ctx)).Version
		must(t, c.AddGradients(d.ctx, all(1), nil))
		if p := value[*gradmq.Parameters](t)(w.Fetch(d.ctx)); p.Version != before+1 {
			t.Errorf("version %d after %d", p.Version, before)
		}
	}
}

func testUpdates(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	last, seen := uint64(0), 0
	for p, err := range w.Updates(ctx) {
		must(t, err)
		if seen > 0 && p.Version <= last {
			t.Errorf("version %d after %d", p.Version, last)
		}
		same(t, p.Packed().Float32s(), plus(packedModel(), -float32(p.Version)))
		last = p.Version
		seen++
		if seen == 5 {
			break
		}
		must(t, c.AddGradients(d.ctx, all(1), nil))
	}
	if seen != 5 {
		t.Errorf("%d updates", seen)
	}
	for _, err := range w.Updates(ctx) {
		must(t, err)
		cancel()
	}
	if ctx.Err() == nil {
		t.Error("it ended before it was told to")
	}
}

func testUpdatesStreams(t *testing.T) {
	d, c := loaded(t, "settings/streams=f16,int8")
	for _, stream := range []string{"f16", "int8"} {
		base := d.now(c)
		o := options()
		o.Stream = stream
		w := d.worker(o)
		near(t, value[*gradmq.Parameters](t)(w.Next(d.ctx)).Packed().Float32s(), base, precision(stream, 12.5))
		must(t, c.AddGradients(d.ctx, all(1), nil))
		p := value[*gradmq.Parameters](t)(w.Next(d.ctx))
		near(t, p.Packed().Float32s(), plus(base, -1), precision(stream, 12.5))
		if w.Stats().Updates == 0 {
			t.Errorf("no update came on %s", stream)
		}
	}
}

func testFlush(t *testing.T) {
	d, c := stopped(t)
	w := d.worker(options())
	for range 3 {
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
	}
	ctx, cancel := context.WithTimeout(d.ctx, 100*time.Millisecond)
	defer cancel()
	err := w.Flush(ctx)
	fails(t, err, gradmq.ErrTimeout)
	says(t, err, "3 gradients are not settled", "STOPPED")
	must(t, c.Start(d.ctx))
	must(t, w.Flush(d.ctx))
	if stats := w.Stats(); stats.Unsettled != 0 || stats.Applied != 3 {
		t.Errorf("%+v", stats)
	}
}

func testCredit(t *testing.T) {
	d, c := stopped(t, "settings/queue_gradients=8")
	said := make(chan string, 1000)
	o := options()
	o.OnWait = func(text string) { said <- text }
	w := d.worker(o)
	done := make(chan error, 1)
	go func() {
		for range 50 {
			if _, err := w.Push(d.ctx, all(1), nil); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	waits := ""
	for !strings.Contains(waits, "credit") || !strings.Contains(waits, "STOPPED") {
		select {
		case waits = <-said:
		case err := <-done:
			t.Fatalf("it ended without a wait: %v", err)
		}
	}
	if stats := w.Stats(); stats.Unsettled != stats.CreditGradients {
		t.Errorf("it waits with %d of %d", stats.Unsettled, stats.CreditGradients)
	}
	must(t, c.Start(d.ctx))
	must(t, <-done)
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -50))
}

func testCancelled(t *testing.T) {
	d, c := stopped(t)
	var waits atomic.Bool
	o := options()
	o.OnWait = func(text string) { waits.Store(text != "") }
	w := d.worker(o)
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	for _, wait := range []func(context.Context) error{
		w.Flush,
		func(ctx context.Context) error {
			value[*gradmq.Parameters](t)(w.Newest(d.ctx))
			_, err := w.Next(ctx)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(d.ctx)
		done := make(chan error, 1)
		waits.Store(false)
		go func() { done <- wait(ctx) }()
		d.until("it to wait", waits.Load)
		cancel()
		err := <-done
		fails(t, err, gradmq.ErrCancelled)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not come from the context", err)
		}
	}
	must(t, c.Start(d.ctx))
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -1))
}

func testStopWhileWaiting(t *testing.T) {
	d, c := loaded(t)
	said := make(chan string, 1000)
	o := options()
	o.OnWait = func(text string) { said <- text }
	w := d.worker(o)
	value[*gradmq.Parameters](t)(w.Next(d.ctx))
	done := make(chan error, 1)
	go func() {
		_, err := w.Next(d.ctx)
		done <- err
	}()
	for !strings.Contains(<-said, "waiting for a version newer") {
	}
	must(t, c.Stop(d.ctx))
	for !strings.Contains(<-said, "STOPPED") {
	}
	must(t, c.Destroy(d.ctx))
	fails(t, <-done, gradmq.ErrClosed)
}

func testClose(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(named("w"))
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, w.Close(d.ctx))
	must(t, w.Close(d.ctx))
	if members := value[[]gradmq.WorkerInfo](t)(c.Workers(d.ctx)); len(members) != 0 {
		t.Errorf("it is a member still: %+v", members)
	}
	_, err := w.Push(d.ctx, all(1), nil)
	fails(t, err, gradmq.ErrClosed)
	_, err = w.Newest(d.ctx)
	fails(t, err, gradmq.ErrClosed)
	same(t, d.now(c), plus(packedModel(), -1))

	must(t, c.Stop(d.ctx))
	alone := d.worker(named("alone"))
	value[uint64](t)(alone.Push(d.ctx, all(1), nil))
	d.kill()
	ctx, cancel := context.WithTimeout(d.ctx, 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	fails(t, alone.Close(ctx), gradmq.ErrTimeout)
	if taken := time.Since(begun); taken > patience/2 {
		t.Errorf("it took %v", taken)
	}
}

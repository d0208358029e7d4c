package behaviour

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testStartStop(t *testing.T) {
	d, c := stopped(t)
	w := d.worker(options())
	for range 3 {
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
	}
	d.until("three in the queue", func() bool { return value[*gradmq.Status](t)(c.Status(d.ctx)).QueuedGradients == 3 })
	same(t, d.now(c), packedModel())
	must(t, c.Start(d.ctx))
	fails(t, c.Start(d.ctx), gradmq.ErrState)
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -3))
	//  Section 7 of the protocol: Stop while stopped is done, and nothing changes.
	for range 2 {
		must(t, c.Stop(d.ctx))
		if state := value[*gradmq.Status](t)(c.Status(d.ctx)).State; state != gradmq.StateStopped {
			t.Errorf("stopped, it is %v", state)
		}
	}
}

func testClearGradients(t *testing.T) {
	d, c := stopped(t)
	w := d.worker(options())
	for range 3 {
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
	}
	d.until("three in the queue", func() bool { return value[*gradmq.Status](t)(c.Status(d.ctx)).QueuedGradients == 3 })
	epoch := c.Position().Epoch
	if cleared := value[uint64](t)(c.ClearGradients(d.ctx, false)); cleared != 3 || c.Position().Epoch != epoch {
		t.Errorf("%d were dropped, epoch %d", cleared, c.Position().Epoch)
	}
	must(t, w.Flush(d.ctx))
	if stats := w.Stats(); stats.Refused != 3 || stats.Applied != 0 {
		t.Errorf("%+v", stats)
	}
	if cleared := value[uint64](t)(c.ClearGradients(d.ctx, true)); cleared != 0 || c.Position().Epoch <= epoch {
		t.Errorf("%d were dropped, epoch %d after %d", cleared, c.Position().Epoch, epoch)
	}
	must(t, c.Start(d.ctx))
	same(t, d.now(c), packedModel())
}

func testCheckpointRestore(t *testing.T) {
	d, c := loaded(t, "state/directory="+mkdir(t))
	must(t, c.AddGradients(d.ctx, all(1), nil))
	value[string](t)(c.Checkpoint(d.ctx))
	epoch := c.Position().Epoch
	must(t, c.AddGradients(d.ctx, all(1), nil))
	same(t, d.now(c), plus(packedModel(), -2))
	must(t, c.Restore(d.ctx, ""))
	same(t, d.now(c), plus(packedModel(), -1))
	if c.Position().Epoch <= epoch {
		t.Errorf("epoch %d after %d", c.Position().Epoch, epoch)
	}
	fails(t, c.Restore(d.ctx, "no-such-checkpoint"), gradmq.ErrArgument)
}

func testRecord(t *testing.T) {
	folder := mkdir(t)
	d, c := loaded(t, "record/directory="+folder)
	must(t, c.Record(d.ctx, "monday"))
	fails(t, c.Record(d.ctx, "tuesday"), gradmq.ErrState)
	must(t, c.AddGradients(d.ctx, all(1), nil))
	must(t, c.StopRecord(d.ctx))
	fails(t, c.StopRecord(d.ctx), gradmq.ErrState)
	files := value[[]os.DirEntry](t)(os.ReadDir(folder))
	if len(files) != 1 || !strings.Contains(files[0].Name(), "monday") {
		t.Errorf("files: %v", files)
	}
}

func testDestroy(t *testing.T) {
	d, c := loaded(t)
	must(t, c.Destroy(d.ctx))
	<-d.ended
	ctx, cancel := context.WithTimeout(d.ctx, 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := c.Status(ctx)
	fails(t, err, gradmq.ErrClosed, gradmq.ErrConnect, gradmq.ErrTimeout)
	if taken := time.Since(begun); taken > patience/2 {
		t.Errorf("it took %v", taken)
	}
}

func testOnlyIf(t *testing.T) {
	d, c := stopped(t)
	at := c.Position()
	fails(t, c.OnlyIfEpoch(at.Epoch+1).Start(d.ctx), gradmq.ErrCondition)
	fails(t, c.OnlyIfVersion(at.Version+1).Start(d.ctx), gradmq.ErrCondition)
	if state := value[*gradmq.Status](t)(c.Status(d.ctx)).State; state != gradmq.StateStopped {
		t.Errorf("it is %v", state)
	}
	must(t, c.OnlyIfEpoch(at.Epoch).OnlyIfVersion(at.Version).Start(d.ctx))
}

func testRequestRepeated(t *testing.T) {
	d, _ := loaded(t)
	var repeated atomic.Bool
	o := options()
	o.RequestTimeout = 50 * time.Millisecond
	o.OnWait = func(text string) {
		if strings.Contains(text, "times") {
			repeated.Store(true)
		}
	}
	c := d.coordinatorWith(o)
	before := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	d.hold()
	done := make(chan error, 1)
	go func() {
		_, err := c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": 0.5})
		done <- err
	}()
	d.until("the request to be asked again", repeated.Load)
	d.signal(syscall.SIGCONT)
	must(t, <-done)
	after := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	setting(t, after, "learning_rate", 0.5, true)
	if after.Revision != before.Revision+1 {
		t.Errorf("revision %d after %d", after.Revision, before.Revision)
	}
}

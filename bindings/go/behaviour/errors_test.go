package behaviour

import (
	"context"
	"errors"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testErrorTable(t *testing.T) {
	text := string(value[[]byte](t)(os.ReadFile("../../../schemas/PROTOCOL.md")))
	section := regexp.MustCompile(`(?s)## 17\. Codes(.*?)\n## `).FindStringSubmatch(text)
	if section == nil {
		t.Fatal("PROTOCOL.md has no section 17")
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| (\w+) \| (.*) \|$`).FindAllStringSubmatch(section[1], -1)
	if len(rows) < 32 {
		t.Fatalf("section 17 has %d rows", len(rows))
	}
	for _, row := range rows {
		number := value[int](t)(strconv.Atoi(row[1]))
		code := gradmq.Code(number)
		if code.String() != row[2] || code.Text() != row[3] {
			t.Errorf("code %d is %v, %q; not %s, %q", number, code, code.Text(), row[2], row[3])
		}
	}
	if code := gradmq.Code(len(rows) + 1); code.String() != "CODE_"+strconv.Itoa(len(rows)+1) {
		t.Errorf("%v is not in the protocol", code)
	}
}

func testErrorArgument(t *testing.T) {
	d, c := loaded(t)
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": -1})
	fails(t, err, gradmq.ErrArgument)
	if !errors.Is(err, gradmq.ErrArgument) || errors.Is(err, gradmq.ErrName) {
		t.Error("errors.Is does not go by the code")
	}
	_, err = c.SetParameters(d.ctx, gradmq.Settings{"lease_ms": "soon"})
	fails(t, err, gradmq.ErrArgument)
	_, err = c.SetParameters(d.ctx, gradmq.Settings{"no_such_setting": 1})
	fails(t, err, gradmq.ErrArgument)
	says(t, err, "no_such_setting")
	fails(t, c.AddGradients(d.ctx, all(1), &gradmq.PushOptions{Weight: math.NaN()}), gradmq.ErrArgument)
}

func testErrorUnsupported(t *testing.T) {
	d, c := loaded(t)
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"optimizer": "magic"})
	fails(t, err, gradmq.ErrUnsupported)
	says(t, err, "magic", "sgd", "adam", "lamb")
}

func testErrorName(t *testing.T) {
	d := start(t)
	for _, o := range []gradmq.Options{{Name: "-w"}, {Name: "a b"}, {Model: "m/n"}, {Stream: ".f32"}} {
		_, err := gradmq.OpenCoordinator(d.ctx, d.control, &o)
		fails(t, err, gradmq.ErrName)
		_, err = gradmq.OpenWorker(d.ctx, d.control, &o)
		fails(t, err, gradmq.ErrName)
	}
	c := d.coordinator()
	fails(t, c.Record(d.ctx, "../up"), gradmq.ErrName)
}

func testErrorModel(t *testing.T) {
	d := start(t)
	_, err := gradmq.OpenCoordinator(d.ctx, d.control, &gradmq.Options{Model: "other"})
	fails(t, err, gradmq.ErrModel)
	_, err = gradmq.OpenWorker(d.ctx, d.control, &gradmq.Options{Model: "other"})
	fails(t, err, gradmq.ErrModel)
}

func testErrorNoModel(t *testing.T) {
	d := start(t)
	c := d.coordinator()
	_, err := c.GetModelParameters(d.ctx, "", nil)
	fails(t, err, gradmq.ErrNoModel)
	fails(t, c.Start(d.ctx), gradmq.ErrNoModel)
	ctx, cancel := context.WithTimeout(d.ctx, 300*time.Millisecond)
	defer cancel()
	_, err = gradmq.OpenWorker(ctx, d.control, options())
	fails(t, err, gradmq.ErrNoModel, gradmq.ErrTimeout) // a busy machine may not answer once in that time
}

func testErrorState(t *testing.T) {
	d, c := loaded(t)
	err := c.Start(d.ctx)
	fails(t, err, gradmq.ErrState)
	var own *gradmq.Error
	if !errors.As(err, &own) || own.Message == "" {
		t.Errorf("%v has no sentence", err)
	}
}

func testErrorLayout(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	_, err := w.Push(d.ctx, gradmq.Tensors{"x": gradmq.Of([]float32{1})}, nil)
	fails(t, err, gradmq.ErrLayout)
	says(t, err, `"x"`, `"w"`)
	//  A gradient that was pushed for one layout, and whose turn comes under another.
	must(t, c.Stop(d.ctx))
	verdicts := make(chan gradmq.Verdict, 10)
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts <- v }
	other := d.worker(o)
	value[uint64](t)(other.Push(d.ctx, all(1), &gradmq.PushOptions{WithoutBase: true}))
	d.until("it to be queued", func() bool { return value[*gradmq.Status](t)(c.Status(d.ctx)).QueuedGradients == 1 })
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{{Name: "v", Tensor: gradmq.Of(numbers(3, 0), 3)}}))
	must(t, c.Start(d.ctx))
	must(t, other.Flush(d.ctx))
	if v := <-verdicts; v.Disposition != gradmq.Refused || v.Code != gradmq.CodeLayout {
		t.Errorf("%+v", v)
	}
}

func testErrorLength(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	_, err := w.Push(d.ctx, gradmq.Packed(numbers(elements+1, 1)), nil)
	fails(t, err, gradmq.ErrLength)
	says(t, err, "16", "17")
	_, err = w.Push(d.ctx, gradmq.Tensors{"b": gradmq.Of(numbers(3, 1))}, nil)
	fails(t, err, gradmq.ErrLength)
	_, err = w.Push(d.ctx, gradmq.Tensors{"w": gradmq.Of(numbers(12, 1), 4, 3)}, nil)
	fails(t, err, gradmq.ErrShape)
	_, err = w.Push(d.ctx, gradmq.Tensors{"w": gradmq.RowsOf([]uint32{1, 0}, numbers(8, 1))}, nil)
	fails(t, err, gradmq.ErrArgument)
	fails(t, c.AddGradients(d.ctx, gradmq.Packed(numbers(3, 1)), nil), gradmq.ErrLength)
	if stats := w.Stats(); stats.Pushed != 0 {
		t.Errorf("%d were pushed", stats.Pushed)
	}
	same(t, d.now(c), packedModel())
}

func testErrorNonFinite(t *testing.T) {
	d, c := loaded(t)
	verdicts := make(chan gradmq.Verdict, 10)
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts <- v }
	w := d.worker(o)
	bad := numbers(elements, 1)
	bad[7] = float32(math.NaN())
	sequence := value[uint64](t)(w.Push(d.ctx, gradmq.Packed(bad), nil))
	value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, w.Flush(d.ctx))
	v := <-verdicts
	if v.Sequence != sequence || v.Disposition != gradmq.Refused || v.Code != gradmq.CodeNonFinite || len(verdicts) != 0 {
		t.Errorf("%+v", v)
	}
	same(t, d.now(c), plus(packedModel(), -1))
}

// refusal is what a gradient that is pushed now is refused with.
func refusal(t *testing.T, d *daemon, push func(*gradmq.Worker)) gradmq.Code {
	t.Helper()
	verdicts := make(chan gradmq.Verdict, 10)
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts <- v }
	w := d.worker(o)
	push(w)
	must(t, w.Flush(d.ctx))
	if len(verdicts) != 1 {
		t.Fatalf("%d verdicts", len(verdicts))
	}
	v := <-verdicts
	if v.Disposition != gradmq.Refused {
		t.Errorf("%v", v.Disposition)
	}
	return v.Code
}

func testErrorEpoch(t *testing.T) {
	d, c := loaded(t)
	old := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	must(t, c.SetModelParameters(d.ctx, model()))
	fails(t, c.AddGradients(d.ctx, all(1), &gradmq.PushOptions{From: old}), gradmq.ErrEpoch)
	code := refusal(t, d, func(w *gradmq.Worker) {
		value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{From: old}))
	})
	if code != gradmq.CodeEpoch {
		t.Errorf("%v", code)
	}
	same(t, d.now(c), packedModel())
}

func testErrorStale(t *testing.T) {
	d, c := loaded(t, "settings/max_staleness=1")
	old := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	code := refusal(t, d, func(w *gradmq.Worker) {
		for range 3 {
			value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{From: old}))
			must(t, w.Flush(d.ctx))
		}
	})
	if code != gradmq.CodeStale {
		t.Errorf("%v", code)
	}
	same(t, d.now(c), plus(packedModel(), -2))
}

func testErrorTimeout(t *testing.T) {
	folder := mkdir(t)
	for _, control := range []string{"ipc://" + folder + "/nobody", "tcp://127.0.0.1:1"} {
		for _, open := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := gradmq.OpenWorker(ctx, control, options()); return err },
			func(ctx context.Context) error { _, err := gradmq.OpenCoordinator(ctx, control, options()); return err },
		} {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			begun := time.Now()
			err := open(ctx)
			cancel()
			fails(t, err, gradmq.ErrTimeout, gradmq.ErrConnect)
			says(t, err, control)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v does not come from the context", err)
			}
			if taken := time.Since(begun); taken > patience/2 {
				t.Errorf("it took %v", taken)
			}
		}
	}
	//  Without a deadline of the context the option holds.
	_, err := gradmq.OpenCoordinator(context.Background(), "ipc://"+folder+"/nobody", &gradmq.Options{Timeout: 100 * time.Millisecond})
	fails(t, err, gradmq.ErrTimeout, gradmq.ErrConnect)
}

package behaviour

import (
	"math"
	"slices"
	"testing"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testPush(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	p := value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	for i := range 200 {
		sequence := value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{From: p}))
		if sequence != uint64(i+1) {
			t.Fatalf("push %d has sequence %d", i+1, sequence)
		}
	}
	must(t, w.Flush(d.ctx))
	stats := w.Stats()
	if stats.Pushed != 200 || stats.Settled != 200 || stats.Applied != 200 || stats.Refused != 0 || stats.Unsettled != 0 {
		t.Errorf("%+v", stats)
	}
	if version := value[*gradmq.Status](t)(c.Status(d.ctx)).Position.Version; version != 200 {
		t.Errorf("version %d", version)
	}
	same(t, d.now(c), plus(packedModel(), -200))
}

func testPushLarge(t *testing.T) {
	const many = 10 << 20
	d := start(t)
	c := d.coordinator()
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{{Name: "v", Tensor: gradmq.Of(numbers(many, 0), many)}}))
	must(t, c.Start(d.ctx))
	w := d.worker(options())
	gradient := make([]float32, many)
	for i := range gradient {
		gradient[i] = float32(i)
	}
	value[uint64](t)(w.Push(d.ctx, gradmq.Packed(gradient), nil))
	released := make(chan bool, 1)
	value[uint64](t)(w.Push(d.ctx, gradmq.Packed(gradient), &gradmq.PushOptions{Release: func() { released <- true }}))
	must(t, w.Flush(d.ctx))
	<-released
	p := value[*gradmq.Parameters](t)(w.Fetch(d.ctx)).Packed().Float32s()
	for i := range p {
		if p[i] != -2*float32(i) {
			t.Fatalf("element %d is %g", i, p[i])
		}
	}
}

func testPushDTypes(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	doubles := make([]float64, elements)
	halves := make([]gradmq.Float16, elements)
	brains := make([]gradmq.BFloat16, elements)
	for i := range elements {
		x := float32(i) - 3.5
		doubles[i], halves[i], brains[i] = float64(x), gradmq.ToFloat16(x), gradmq.ToBFloat16(x)
	}
	for _, gradient := range []gradmq.Gradient{gradmq.Packed(doubles), gradmq.Packed(halves), gradmq.Packed(brains)} {
		value[uint64](t)(w.Push(d.ctx, gradient, nil))
	}
	must(t, w.Flush(d.ctx))
	wanted := packedModel()
	for i := range wanted {
		wanted[i] -= 3 * (float32(i) - 3.5)
	}
	same(t, d.now(c), wanted)
}

func testPushParts(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	value[uint64](t)(w.Push(d.ctx, gradmq.Tensors{"b": gradmq.Of(numbers(4, 1), 4)}, nil))
	value[uint64](t)(w.Push(d.ctx, gradmq.Tensors{"w": gradmq.RowsOf([]uint32{0, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8})}, nil))
	value[uint64](t)(w.Push(d.ctx, gradmq.Tensors{"w": gradmq.Of(numbers(12, 10), 3, 4), "b": gradmq.Of(numbers(4, 20), 4)}, nil))
	must(t, w.Flush(d.ctx))
	wanted := packedModel()
	for i := range 4 {
		wanted[12+i] -= 21
		wanted[i] -= float32(i + 1)
		wanted[8+i] -= float32(i + 5)
	}
	for i := range 12 {
		wanted[i] -= 10
	}
	same(t, d.now(c), wanted)
}

func testPushWeight(t *testing.T) {
	d, c := loaded(t)
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"buffer_gradients": 2, "rule": "weighted_mean"})
	must(t, err)
	a, b := d.worker(named("a")), d.worker(named("b"))
	value[uint64](t)(a.Push(d.ctx, all(1), &gradmq.PushOptions{Weight: 1}))
	value[uint64](t)(b.Push(d.ctx, all(5), &gradmq.PushOptions{Weight: 3}))
	must(t, a.Flush(d.ctx))
	must(t, b.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -4))
}

func testPushMetrics(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	pushed := false
	for event, err := range c.Watch(d.ctx) {
		must(t, err)
		if !pushed {
			//  Whatever comes first shows that the watch has begun.
			pushed = true
			value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{Metrics: []gradmq.Metric{{Name: "loss", Value: 0.25, Weight: 2}}}))
		}
		if event.Step == nil {
			continue
		}
		i := slices.IndexFunc(event.Step.Metrics, func(m gradmq.StepMetric) bool { return m.Name == "loss" })
		if i < 0 || event.Step.Metrics[i].Mean != 0.25 || event.Step.Metrics[i].Count != 1 || event.Step.Steps != 1 {
			t.Errorf("%+v", event.Step)
		}
		break
	}
	status := value[*gradmq.Status](t)(c.Status(d.ctx))
	if len(status.Metrics) != 1 || status.Metrics[0].Name != "loss" || status.Metrics[0].Value != 0.25 || status.Metrics[0].Worker != w.Name() {
		t.Errorf("%+v", status.Metrics)
	}
}

func testPushWithoutBase(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	must(t, c.SetModelParameters(d.ctx, model()))
	value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{WithoutBase: true}))
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -1))
}

func testSkip(t *testing.T) {
	d, c := loaded(t, "settings/policy=bsp")
	a, b := d.worker(named("a")), d.worker(named("b"))
	for _, w := range []*gradmq.Worker{a, b} {
		value[*gradmq.Parameters](t)(w.Next(d.ctx))
	}
	value[uint64](t)(a.Push(d.ctx, all(2), nil))
	value[uint64](t)(b.Skip(d.ctx, nil))
	must(t, a.Flush(d.ctx))
	must(t, b.Flush(d.ctx))
	same(t, d.now(c), plus(packedModel(), -2))
	if stats := b.Stats(); stats.Refused != 1 || stats.Applied != 0 {
		t.Errorf("%+v", stats)
	}
}

// compressed pushes the same gradient until what it lost has come along, and a last one of 0.
func compressed(t *testing.T, how gradmq.Compression, tolerance float64) {
	t.Helper()
	const rows, columns, times = 24, 40, 40
	d := start(t)
	c := d.coordinator()
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{
		{Name: "m", Tensor: gradmq.Of(numbers(rows*columns, 0), rows, columns)},
		{Name: "v", Tensor: gradmq.Of(numbers(300, 0), 300)}}))
	must(t, c.Start(d.ctx))
	w := d.worker(options())
	must(t, w.Compress(d.ctx, how))
	gradient := make([]float32, rows*columns+300)
	for i := range gradient {
		gradient[i] = float32(math.Sin(float64(i * i)))
	}
	for range times {
		value[uint64](t)(w.Push(d.ctx, gradmq.Packed(gradient), nil))
	}
	must(t, w.Flush(d.ctx))
	got := d.now(c)
	wanted, exact := make([]float32, len(got)), true
	for i := range wanted {
		wanted[i] = -times * gradient[i]
		exact = exact && got[i] == wanted[i]
	}
	near(t, got, wanted, tolerance)
	if exact {
		t.Error("nothing was lost: was it compressed at all?")
	}
	bad := slices.Clone(gradient)
	bad[0] = float32(math.Inf(1))
	_, err := w.Push(d.ctx, gradmq.Packed(bad), nil)
	fails(t, err, gradmq.ErrNonFinite)
	_, err = w.Push(d.ctx, gradmq.Packed(make([]float64, len(gradient))), nil)
	fails(t, err, gradmq.ErrArgument)
}

func testCompressInt8(t *testing.T) { compressed(t, gradmq.CompressInt8(), 0.02) }

// Of each element at most what gathers before its turn comes is missing.
func testCompressTopK(t *testing.T) { compressed(t, gradmq.CompressTopK(0.25), 8) }

func testCompressLowRank(t *testing.T) { compressed(t, gradmq.CompressLowRank(8), 8) }

func testVerdicts(t *testing.T) {
	d, c := stopped(t)
	verdicts := make(chan gradmq.Verdict, 10)
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts <- v }
	w := d.worker(o)
	bad := numbers(elements, 1)
	bad[0] = float32(math.Inf(-1))
	first := value[uint64](t)(w.Push(d.ctx, gradmq.Packed(bad), nil))
	second := value[uint64](t)(w.Push(d.ctx, all(1), nil))
	d.until("one to be queued", func() bool { return value[*gradmq.Status](t)(c.Status(d.ctx)).QueuedGradients == 1 })
	value[uint64](t)(c.ClearGradients(d.ctx, false))
	third := value[uint64](t)(w.Skip(d.ctx, nil))
	fourth := value[uint64](t)(w.Push(d.ctx, all(1), nil))
	must(t, c.Start(d.ctx))
	must(t, w.Flush(d.ctx))
	wanted := []gradmq.Verdict{{Sequence: first, Disposition: gradmq.Refused, Code: gradmq.CodeNonFinite},
		{Sequence: second, Disposition: gradmq.Discarded}, {Sequence: third, Disposition: gradmq.Skipped}}
	for _, one := range wanted {
		got := <-verdicts
		if got.Sequence != one.Sequence || got.Disposition != one.Disposition || one.Code != 0 && got.Code != one.Code {
			t.Errorf("%+v, not %+v", got, one)
		}
	}
	if stats := w.Stats(); len(verdicts) != 0 || stats.Applied != 1 || stats.Refused != 3 || fourth != 4 {
		t.Errorf("%+v", stats)
	}
}

package behaviour

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testDescribe(t *testing.T) {
	d, c := stopped(t)
	description := value[*gradmq.Description](t)(c.Describe(d.ctx))
	if description.Model != "m" || c.Model() != "m" || description.State != gradmq.StateStopped {
		t.Errorf("model %q, %v", description.Model, description.State)
	}
	l := description.Layout
	if l.Len() != 2 || l.At(0).Name != "w" || !slices.Equal(l.At(0).Shape, []int{3, 4}) || l.At(1).First != 12 || l.DType() != gradmq.F32 {
		t.Errorf("layout %v", l.Names())
	}
	for _, endpoints := range [][]string{description.Gradients, description.Updates, description.Events} {
		if len(endpoints) != 1 || !strings.HasPrefix(endpoints[0], "ipc://"+d.folder) {
			t.Errorf("endpoints %q", endpoints)
		}
	}
	if description.Limits.FrameBytes != 16<<20 || description.Limits.ReceiveWindow != 1024 || description.Heartbeat != time.Second {
		t.Errorf("limits %+v, heartbeat %v", description.Limits, description.Heartbeat)
	}
	for _, has := range []struct {
		list []string
		name string
	}{{description.Optimizers, "adam"}, {description.Schedules, "cosine"}, {description.Policies, "merge"},
		{description.Rules, "krum"}, {description.Streams, "int8"}} {
		if !slices.Contains(has.list, has.name) {
			t.Errorf("%q has no %s", has.list, has.name)
		}
	}
	if len(description.DTypes) != 4 || len(description.Encodings) != 5 || len(description.Kinds) != 4 {
		t.Errorf("dtypes %v, encodings %v, kinds %v", description.DTypes, description.Encodings, description.Kinds)
	}
}

func testStatus(t *testing.T) {
	d, c := loaded(t)
	must(t, c.AddGradients(d.ctx, all(1), nil))
	status := value[*gradmq.Status](t)(c.Status(d.ctx))
	if status.State != gradmq.StateRunning || status.Position.Version != 1 || status.Position.Epoch == 0 ||
		status.Position.Instance == 0 || status.Position != c.Position() {
		t.Errorf("%v at %+v", status.State, status.Position)
	}
	if status.Elements != elements || status.Tensors != 2 || status.Policy != "async" || status.LearningRate != 1 {
		t.Errorf("%+v", status)
	}
	sum := uint64(0)
	for _, count := range status.Counters {
		sum += count
	}
	if len(status.Counters) == 0 || sum == 0 {
		t.Errorf("counters %v", status.Counters)
	}
}

func testListWorkers(t *testing.T) {
	d, c := loaded(t)
	names := []string{"a", "b", "c", "d", "e"}
	for _, name := range names {
		d.worker(named(name))
	}
	var paged []string
	for after, more := "", true; more; after = paged[len(paged)-1] {
		page, others, err := c.WorkersAfter(d.ctx, after, 2)
		must(t, err)
		if len(page) == 0 || len(page) > 2 {
			t.Fatalf("a page of %d", len(page))
		}
		for _, w := range page {
			paged = append(paged, w.Name)
		}
		more = others
	}
	var whole []string
	for _, w := range value[[]gradmq.WorkerInfo](t)(c.Workers(d.ctx)) {
		whole = append(whole, w.Name)
		if w.Incarnation == 0 || w.LeaseLeft <= 0 {
			t.Errorf("%+v", w)
		}
	}
	if !slices.Equal(paged, names) || !slices.Equal(whole, names) {
		t.Errorf("%v and %v", paged, whole)
	}
}

func setting(t *testing.T, s *gradmq.SettingsInForce, name string, wanted any, given bool) {
	t.Helper()
	got, there := s.Get(name)
	if !there || got.Value != wanted || got.Given != given {
		t.Errorf("%v (given: %v), not %v (given: %v)", got, got.Given, wanted, given)
	}
}

func testSetParameters(t *testing.T) {
	d, c := loaded(t, "settings/lease_ms=7000")
	before := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	must(t, c.AddGradients(d.ctx, all(0), nil))
	after := value[*gradmq.SettingsInForce](t)(c.SetParameters(d.ctx,
		gradmq.Settings{"optimizer": "adam", "learning_rate": 0.25, "beta1": "0.5"}))
	setting(t, after, "optimizer", "adam", true)
	setting(t, after, "learning_rate", 0.25, true)
	setting(t, after, "beta1", 0.5, true)
	setting(t, after, "lease_ms", uint64(7000), true)
	setting(t, after, "policy", "async", false)
	if after.Revision != before.Revision+1 || after.Epoch != c.Position().Epoch || after.Version != 1 {
		t.Errorf("revision %d after %d, from %d of %d", after.Revision, before.Revision, after.Version, after.Epoch)
	}
}

func testSetParametersRefused(t *testing.T) {
	d, c := loaded(t)
	before := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": 0.5, "clip_norm": -1})
	fails(t, err, gradmq.ErrArgument)
	says(t, err, "clip_norm", "0 to 1e+18")
	after := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	setting(t, after, "learning_rate", 1.0, false)
	if after.Revision != before.Revision {
		t.Errorf("revision %d after %d", after.Revision, before.Revision)
	}
}

func testResetParameter(t *testing.T) {
	d, c := loaded(t)
	s := value[*gradmq.SettingsInForce](t)(c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": 0.5}))
	setting(t, s, "learning_rate", 0.5, true)
	s = value[*gradmq.SettingsInForce](t)(c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": nil}))
	setting(t, s, "learning_rate", 1.0, false)
}

func testGetParameters(t *testing.T) {
	d, c := loaded(t, "settings/queue_gradients=100")
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"groups": []gradmq.Group{{Pattern: "b", Frozen: true}}, "coalesce": false})
	must(t, err)
	s := value[*gradmq.SettingsInForce](t)(c.GetParameters(d.ctx))
	setting(t, s, "mode", "descent", false)
	setting(t, s, "optimizer", "sgd", false)
	setting(t, s, "queue_gradients", uint64(100), true)
	setting(t, s, "coalesce", false, true)
	groups, there := s.Get("groups")
	list, ok := groups.Value.([]gradmq.Group)
	if !there || !ok || len(list) != 1 || list[0].Pattern != "b" || !list[0].Frozen || list[0].RateScale != 1 {
		t.Errorf("groups: %+v", groups)
	}
	if len(s.Settings) < 20 {
		t.Errorf("only %d settings are in force", len(s.Settings))
	}
}

func testSetModelParameters(t *testing.T) {
	d, c := stopped(t)
	first := c.Position()
	if first.Epoch == 0 || first.Version != 0 {
		t.Errorf("loaded at %+v", first)
	}
	must(t, c.Start(d.ctx))
	must(t, c.AddGradients(d.ctx, all(1), nil))
	must(t, c.SetModelParameters(d.ctx, model()))
	if second := c.Position(); second.Epoch <= first.Epoch || second.Version != 0 {
		t.Errorf("loaded again at %+v after %+v", second, first)
	}
	same(t, d.now(c), packedModel())
}

func testGetModelParameters(t *testing.T) {
	d, c := stopped(t)
	odd := []float64{math.Pi, 0, 5e-324, 1e150, math.Copysign(0, -1)}
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{
		{Name: "scalar", Tensor: gradmq.Of([]float64{math.E})}, {Name: "odd", Tensor: gradmq.Of(odd, 5, 1)}}))
	p := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	got, there := p.Tensor("odd")
	view, ok := gradmq.View[float64](got)
	if !there || !ok || !slices.Equal(got.Shape, []int{5, 1}) {
		t.Fatalf("%+v", got)
	}
	for i := range odd {
		if math.Float64bits(view[i]) != math.Float64bits(odd[i]) {
			t.Errorf("%x became %x", odd[i], view[i])
		}
	}
	var names []string
	for name := range p.All() {
		names = append(names, name)
	}
	scalar, _ := p.Tensor("scalar")
	if !slices.Equal(names, []string{"scalar", "odd"}) || len(scalar.Shape) != 0 || scalar.Float64s()[0] != math.E {
		t.Errorf("%v, %v", names, scalar)
	}
}

func testGetModelNewerThan(t *testing.T) {
	d, c := loaded(t)
	p := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	if again := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", p)); again != nil {
		t.Errorf("version %d is not newer than %d", again.Version, p.Version)
	}
	must(t, c.AddGradients(d.ctx, all(1), nil))
	again := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", p))
	if again == nil || again.Version != 1 {
		t.Fatalf("%+v is not version 1", again)
	}
	same(t, again.Packed().Float32s(), plus(packedModel(), -1))
}

// precision is how far numbers up to most may be off on a stream.
func precision(stream string, most float64) float64 {
	switch stream {
	case "f16":
		return most / 2048
	case "bf16":
		return most / 256
	case "int8":
		return most / 254 * 1.0001
	}
	return 0
}

func testGetModelStreams(t *testing.T) {
	d, c := stopped(t)
	for _, stream := range []string{"f32", "f64", "f16", "bf16", "int8"} {
		p := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, stream, nil))
		near(t, p.Packed().Float32s(), packedModel(), precision(stream, 11.5))
	}
	_, err := c.GetModelParameters(d.ctx, "f8", nil)
	fails(t, err, gradmq.ErrUnsupported)
}

func testAddGradients(t *testing.T) {
	d, c := loaded(t, "settings/learning_rate=0.5")
	must(t, c.AddGradients(d.ctx, all(2), nil))
	wanted := plus(packedModel(), -1)
	same(t, d.now(c), wanted)
	must(t, c.AddGradients(d.ctx, gradmq.Tensors{"b": gradmq.Of([]float32{2, 4, 6, 8}, 4)}, nil))
	for i := range 4 {
		wanted[12+i] -= float32(i + 1)
	}
	same(t, d.now(c), wanted)
	if c.Position().Version != 2 {
		t.Errorf("version %d", c.Position().Version)
	}
}

func testAddGradientsAscent(t *testing.T) {
	d, c := loaded(t)
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"mode": "ascent", "learning_rate": 0.5})
	must(t, err)
	must(t, c.AddGradients(d.ctx, all(2), nil))
	same(t, d.now(c), plus(packedModel(), 1))
}

func testAddGradientsDryRun(t *testing.T) {
	d, c := loaded(t)
	must(t, c.CheckGradients(d.ctx, all(2), nil))
	fails(t, c.CheckGradients(d.ctx, all(float32(math.Inf(1))), nil), gradmq.ErrNonFinite)
	same(t, d.now(c), packedModel())
	if c.Position().Version != 0 {
		t.Errorf("version %d", c.Position().Version)
	}
}

func testAddModelParameters(t *testing.T) {
	d, c := loaded(t, "settings/policy=merge", "settings/merge_count=2")
	count := func(wanted uint64) {
		t.Helper()
		have, needed, err := c.Contributions(d.ctx)
		must(t, err)
		if have != wanted || needed != 2 {
			t.Errorf("%d of %d contributions, not %d of 2", have, needed, wanted)
		}
	}
	count(0)
	must(t, c.AddModelParameters(d.ctx, gradmq.Packed(plus(packedModel(), 2)), nil))
	count(1)
	must(t, c.AddModelParameters(d.ctx, all(4), &gradmq.PushOptions{Kind: gradmq.KindDelta}))
	d.until("the merge", func() bool { return value[*gradmq.Status](t)(c.Status(d.ctx)).Position.Version == 1 })
	count(0)
	same(t, d.now(c), plus(packedModel(), 3))
	fails(t, c.AddModelParameters(d.ctx, all(1), &gradmq.PushOptions{Kind: gradmq.KindGradient}), gradmq.ErrArgument)
}

func testReset(t *testing.T) {
	d, c := loaded(t, "settings/policy=merge", "settings/merge_count=2")
	must(t, c.AddModelParameters(d.ctx, all(4), nil))
	if cleared := value[uint64](t)(c.Reset(d.ctx)); cleared != 1 {
		t.Errorf("%d were dropped", cleared)
	}
	if have, _, err := c.Contributions(d.ctx); err != nil || have != 0 {
		t.Errorf("%d contributions, %v", have, err)
	}
	same(t, d.now(c), packedModel())
}

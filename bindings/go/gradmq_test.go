package gradmq

import (
	"errors"
	"math"
	"testing"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/wiretest"
)

func TestEveryCodeHasASentinel(t *testing.T) {
	sentinels := []*Error{ErrInternal, ErrMemory, ErrBusy, ErrMalformed, ErrPreamble, ErrVersion, ErrUnsupported, ErrCommand,
		ErrArgument, ErrName, ErrModel, ErrNoModel, ErrState, ErrClosed, ErrLayout, ErrShape, ErrLength, ErrAlignment, ErrFrames,
		ErrTooLarge, ErrNonFinite, ErrEpoch, ErrBase, ErrStale, ErrLate, ErrNotJoined, ErrFenced, ErrWindow, ErrQueueFull,
		ErrCondition, ErrRequestID, ErrPermission, ErrTimeout, ErrCancelled, ErrConnect, ErrIO, ErrFormat, ErrDisposed}
	for _, code := range fault.Codes() {
		found := false
		for _, sentinel := range sentinels {
			found = found || errors.Is(fault.New(code, "some sentence"), sentinel)
		}
		if !found {
			t.Errorf("%v has none", code)
		}
	}
	if len(sentinels) != len(fault.Codes()) {
		t.Errorf("%d sentinels for %d codes", len(sentinels), len(fault.Codes()))
	}
}

func TestEndpoints(t *testing.T) {
	for _, one := range []struct {
		named   []string
		control string
		wanted  string
		code    Code
	}{
		{[]string{"tcp://*:5571"}, "tcp://10.0.0.1:5570", "tcp://10.0.0.1:5571", 0},
		{[]string{"tcp://0.0.0.0:5571"}, "tcp://host.example:5570", "tcp://host.example:5571", 0},
		{[]string{"tcp://[::]:5571"}, "tcp://[fe80::1]:5570", "tcp://[fe80::1]:5571", 0},
		{[]string{"ipc:///run/g", "tcp://*:5571"}, "tcp://h:5570", "tcp://h:5571", 0},
		{[]string{"tcp://h:5571", "ipc:///run/g"}, "ipc:///run/c", "ipc:///run/g", 0},
		{[]string{"tcp://h:5571"}, "ipc:///run/c", "tcp://h:5571", 0},
		{[]string{"tcp://*:5571", "tcp://h:5571"}, "ipc:///run/c", "tcp://h:5571", 0},
		{[]string{"tcp://*:5571"}, "ipc:///run/c", "", CodeArgument},
		{nil, "tcp://h:5570", "", CodeConnect},
	} {
		got, err := chooseEndpoint(one.named, one.control, "gradients")
		if got != one.wanted || fault.CodeOf(err) != one.code {
			t.Errorf("%q by %s: %s, %v", one.named, one.control, got, err)
		}
	}
}

func testLayout(t *testing.T) *Layout {
	t.Helper()
	l, err := tensor.NewLayout([]TensorInfo{{Name: "w", Shape: []int{3, 2}}, {Name: "b", Shape: []int{2}}, {Name: "s"}}, F32)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What is planned is what a coordinator takes.
func TestPlansAreTaken(t *testing.T) {
	l := testLayout(t)
	for name, gradient := range map[string]Gradient{
		"packed":   Packed(make([]float32, 9)),
		"packed64": Packed(make([]float64, 9)),
		"all":      Tensors{"s": Of([]float32{1}), "w": Of(make([]float32, 6), 3, 2), "b": Of(make([]float32, 2), 2)},
		"some":     Tensors{"b": Of(make([]BFloat16, 2), 2)},
		"rows":     Tensors{"w": RowsOf([]uint32{0, 2}, make([]Float16, 4)), "s": Of([]Float16{1})},
	} {
		p, err := gradient.plan(l)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		octets := make([]byte, p.bytes)
		p.write(octets)
		one := uint64(1)
		id, dtype := l.ID(), uint32(p.dtype)
		g := &pb.Gradient{Model: new(string), Worker: new(string), Incarnation: &one, Sequence: &one, Layout: &id, Dtype: &dtype}
		*g.Model, *g.Worker = "m", "w"
		if !p.whole {
			g.Parts = partMessages(p.parts)
		}
		header, err := wire.Encode(wire.Gradient, g)
		if err != nil {
			t.Fatal(err)
		}
		read, _, err := wiretest.DecodeGradient(header)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var frames [][]byte
		begin := 0
		for _, end := range p.ends(l) {
			frames = append(frames, octets[begin:end])
			begin = end
		}
		if err := wiretest.CheckGradient(read, l, frames); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	l := testLayout(t)
	for _, one := range []struct {
		gradient Gradient
		code     Code
	}{
		{Packed(make([]float32, 8)), CodeLength},
		{Packed([]float32(nil)), CodeLength},
		{Tensors{}, CodeArgument},
		{Tensors{"x": Of([]float32{1})}, CodeLayout},
		{Tensors{"b": Of(make([]float32, 2), 1, 2)}, CodeShape},
		{Tensors{"b": Of(make([]float32, 3))}, CodeLength},
		{Tensors{"b": Tensor{}}, CodeArgument},
		{Tensors{"b": Of(make([]float32, 2)), "s": Of([]float64{1})}, CodeArgument},
		{Tensors{"w": RowsOf([]uint32{3}, make([]float32, 2))}, CodeArgument},
		{Tensors{"w": RowsOf([]uint32{1, 1}, make([]float32, 4))}, CodeArgument},
		{Tensors{"w": RowsOf(nil, []float32{})}, CodeArgument},
		{Tensors{"w": RowsOf([]uint32{1}, make([]float32, 3))}, CodeLength},
	} {
		if _, err := one.gradient.plan(l); fault.CodeOf(err) != one.code {
			t.Errorf("%v: %v, not %v", one.gradient, err, one.code)
		}
	}
}

func TestTensorsAreViews(t *testing.T) {
	numbers := []float32{1, 2, 3, 4}
	x := Of(numbers, 2, 2)
	numbers[3] = 9
	view, ok := View[float32](x)
	if !ok || &view[0] != &numbers[0] || x.At(3) != 9 || x.Len() != 4 || &x.Float32s()[0] != &numbers[0] {
		t.Errorf("%v", x)
	}
	if _, ok := View[float64](x); ok {
		t.Error("it is seen as another type")
	}
	if y := Of([]Float16{ToFloat16(1.5), ToFloat16(-2)}).Float64s(); y[0] != 1.5 || y[1] != -2 {
		t.Errorf("%v", y)
	}
	if x := ToBFloat16(float32(math.Pi)).Float32(); math.Abs(float64(x)-math.Pi) > 0.01 {
		t.Error(x)
	}
	if (Tensor{}).Len() != 0 || Of([]float64{}).Len() != 0 {
		t.Error("nothing has a length")
	}
}

func TestOptions(t *testing.T) {
	for _, one := range []struct {
		control string
		options *Options
		code    Code
	}{
		{"", nil, CodeArgument},
		{"inproc://x", nil, CodeArgument},
		{"tcp://h:1", &Options{Name: "a/b"}, CodeName},
		{"tcp://h:1", &Options{Stream: "f8"}, CodeUnsupported},
		{"tcp://h:1", &Options{Window: -1}, CodeArgument},
		{"tcp://h:1", &Options{Secret: "x"}, CodeArgument},
		{"tcp://h:1", nil, 0},
	} {
		s, err := one.options.settle(one.control)
		if fault.CodeOf(err) != one.code {
			t.Errorf("%q, %+v: %v", one.control, one.options, err)
		}
		if err == nil && (!wire.NameValid(s.Name) || s.Timeout <= 0 || s.Linger <= 0) {
			t.Errorf("%+v", s)
		}
	}
}

func TestSettingsByWhateverTypeSaysThem(t *testing.T) {
	message := new(pb.Settings)
	fields := message.ProtoReflect().Descriptor().Fields()
	for name, value := range map[string]any{"optimizer": "adam", "learning_rate": 1, "beta1": "0.5", "lease_ms": 5000.0,
		"queue_gradients": uint8(7), "coalesce": "false"} {
		if err := setField(message.ProtoReflect(), fields.ByTextName(name), value); err != nil {
			t.Error(err)
		}
	}
	if message.GetOptimizer() != "adam" || message.GetLearningRate() != 1 || message.GetBeta1() != 0.5 ||
		message.GetLeaseMs() != 5000 || message.GetQueueGradients() != 7 || message.GetCoalesce() {
		t.Errorf("%v", message)
	}
	for name, value := range map[string]any{"optimizer": 3, "learning_rate": "fast", "lease_ms": -1, "queue_gradients": 1.5,
		"coalesce": 1, "groups": "b frozen", "quorum": int64(1) << 40, "beta1": []int{1}} {
		if err := setField(message.ProtoReflect(), fields.ByTextName(name), value); fault.CodeOf(err) != CodeArgument {
			t.Errorf("%s = %v: %v", name, value, err)
		}
	}
}

func TestBuffersAreUsedAgain(t *testing.T) {
	var pool bufferPool
	a := pool.take(100)
	pool.put(a)
	if b := pool.take(100); &a[0] != &b[0] {
		t.Error("it is not used again")
	}
	pool.put(a)
	if b := pool.take(200); len(b) != 200 || len(pool.free) != 0 {
		t.Error("one of another size is kept")
	}
	pool.put(a)
	if len(pool.free) != 0 {
		t.Error("one of another size is taken back")
	}
}

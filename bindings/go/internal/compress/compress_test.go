package compress

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

func layout(t *testing.T, dtype tensor.DType) *tensor.Layout {
	t.Helper()
	l, err := tensor.NewLayout([]tensor.Info{{Name: "m", Shape: []int{20, 30}}, {Name: "v", Shape: []int{517}}, {Name: "s"}}, dtype)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// decoded is what a payload stands for, as doubles.
func decoded(t *testing.T, l *tensor.Layout, c Compressor, payload []byte) []float64 {
	t.Helper()
	if err := tensor.Check(l, c.Parts(), [][]byte{payload}); err != nil {
		t.Fatal(err)
	}
	parts, err := tensor.Decode(l, c.Parts(), [][]byte{payload}, tensor.F64)
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, part := range parts {
		all = append(all, tensor.Doubles(part)...)
	}
	return all
}

// Some gradients are encoded and not sent, some are sent and come back; what was sent comes to the sum of
// all the others in the end, when nothing more is pushed.
func TestFeedbackBringsAllOfIt(t *testing.T) {
	for _, how := range []How{{Method: Int8}, {Method: TopK, Fraction: 0.1}, {Method: LowRank, Rank: 3}} {
		for _, dtype := range []tensor.DType{tensor.F32, tensor.F64} {
			l := layout(t, dtype)
			if err := how.Check(); err != nil {
				t.Fatal(err)
			}
			c := New(how, l)
			if short := float64(c.Bytes()) / float64(l.Elements()*dtype.Size()); short > 0.6 {
				t.Errorf("%+v takes %g of the octets", how, short)
			}
			bring(t, c, l, dtype)
		}
	}
}

func bring(t *testing.T, c Compressor, l *tensor.Layout, dtype tensor.DType) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	sum, got := make([]float64, l.Elements()), make([]float64, l.Elements())
	payload := tensor.Octets(c.Bytes())
	for step := range 250 {
		gradient := tensor.Octets(l.Elements() * dtype.Size())
		isSent := step%7 != 3
		for i := range sum {
			if x := float64(float32(random.NormFloat64())); step < 30 {
				tensor.Put(dtype, gradient, i, 2*x)
				if isSent {
					sum[i] += x
				}
			}
		}
		if err := c.Encode(gradient, 0.5, payload); err != nil {
			t.Fatal(err)
		}
		if !isSent {
			continue
		}
		c.Sent()
		if step < 30 && step%5 == 4 {
			c.Return(payload)
			continue
		}
		for i, x := range decoded(t, l, c, payload) {
			got[i] += x
		}
	}
	for i := range got {
		if math.Abs(got[i]-sum[i]) > 1e-4 {
			t.Fatalf("element %d comes to %g, not %g", i, got[i], sum[i])
		}
	}
}

func TestWithoutFeedbackNothingRemains(t *testing.T) {
	l := layout(t, tensor.F32)
	c := New(How{Method: TopK, Fraction: 0.1, WithoutFeedback: true}, l)
	gradient, payload := tensor.Octets(l.Elements()*4), tensor.Octets(c.Bytes())
	for i := range l.Elements() {
		tensor.Put(tensor.F32, gradient, i, 1+float64(i%7))
	}
	if err := c.Encode(gradient, 1, payload); err != nil {
		t.Fatal(err)
	}
	c.Sent()
	c.Return(payload)
	if err := c.Encode(tensor.Octets(l.Elements()*4), 1, payload); err != nil {
		t.Fatal(err)
	}
	for i, x := range decoded(t, l, c, payload) {
		if x != 0 {
			t.Fatalf("%g of element %d remained", x, i)
		}
	}
}

func TestNotFinite(t *testing.T) {
	l := layout(t, tensor.F32)
	c := New(How{Method: Int8}, l)
	gradient, payload := tensor.Octets(l.Elements()*4), tensor.Octets(c.Bytes())
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		tensor.Put(tensor.F32, gradient, 99, x)
		if err := c.Encode(gradient, 1, payload); fault.CodeOf(err) != fault.NonFinite {
			t.Errorf("%g: %v", x, err)
		}
	}
}

func TestTopKTakesTheGreatest(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		n := 1 + random.IntN(200)
		k := 1 + random.IntN(n)
		from := make([]float32, n)
		for i := range from {
			from[i] = float32(random.IntN(9) - 4) // many are equal
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return int(math.Abs(float64(from[b])) - math.Abs(float64(from[a])))
		})
		wanted := slices.Clone(order[:k])
		slices.Sort(wanted)
		to := make([]byte, k*8)
		encodeTopK(tensor.F32, from, k, to)
		for i, at := range wanted {
			if index(to, i) != at || float32(tensor.Get(tensor.F32, to[4*k:], i)) != from[at] {
				t.Fatalf("%d of %v: place %d has %d, not %d", k, from, i, index(to, i), at)
			}
		}
	}
}

// A matrix of rank 2 is taken whole by factors of rank 2.
func TestLowRankIsExactWhereItCanBe(t *testing.T) {
	l, err := tensor.NewLayout([]tensor.Info{{Name: "m", Shape: []int{15, 4, 5}}}, tensor.F64)
	if err != nil {
		t.Fatal(err)
	}
	c := New(How{Method: LowRank, Rank: 2}, l)
	if c.Parts()[0].Encoding != tensor.LowRank {
		t.Fatal("it is not factored")
	}
	gradient, payload := tensor.Octets(300*8), tensor.Octets(c.Bytes())
	for i := range 15 {
		for j := range 20 {
			tensor.Put(tensor.F64, gradient, i*20+j, float64(i+1)*float64(j-3)+math.Sin(float64(i))*math.Cos(float64(j)))
		}
	}
	if err := c.Encode(gradient, 1, payload); err != nil {
		t.Fatal(err)
	}
	for i, x := range decoded(t, l, c, payload) {
		if wanted := tensor.Get(tensor.F64, gradient, i); math.Abs(x-wanted) > 1e-9*(1+math.Abs(wanted)) {
			t.Fatalf("element %d is %g, not %g", i, x, wanted)
		}
	}
}

func TestWhatCannotBe(t *testing.T) {
	for _, how := range []How{{Method: 9}, {Method: TopK, Fraction: 1.5}, {Method: TopK, Fraction: math.NaN()}, {Method: LowRank, Rank: -1}} {
		if err := how.Check(); fault.CodeOf(err) != fault.Argument {
			t.Errorf("%+v: %v", how, err)
		}
	}
}

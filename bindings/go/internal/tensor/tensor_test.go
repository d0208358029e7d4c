package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

func TestHalvesAreTheSameThereAndBack(t *testing.T) {
	for bits := range 1 << 16 {
		half := uint16(bits)
		if value := F16Value(half); !math.IsNaN(value) && F16Bits(value) != half {
			t.Fatalf("binary16 %04x is %g and becomes %04x", half, value, F16Bits(value))
		}
		if value := BF16Value(half); !math.IsNaN(value) && BF16Bits(value) != half {
			t.Fatalf("bfloat16 %04x is %g and becomes %04x", half, value, BF16Bits(value))
		}
	}
}

func TestHalvesAreTheNearest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := math.Ldexp(random.Float64()*2-1, random.IntN(60)-40)
		for _, kind := range []struct {
			bits  func(float64) uint16
			value func(uint16) float64
		}{{F16Bits, F16Value}, {BF16Bits, BF16Value}} {
			bits := kind.bits(x)
			off := math.Abs(kind.value(bits) - x)
			for _, other := range []uint16{bits - 1, bits + 1} {
				value := kind.value(other)
				if math.IsNaN(value) || math.IsInf(value, 0) || math.Signbit(value) != math.Signbit(x) {
					continue
				}
				if beside := math.Abs(value - x); beside < off || beside == off && bits&1 == 1 {
					t.Fatalf("%g becomes %g, and %g is nearer", x, kind.value(bits), value)
				}
			}
		}
	}
}

func TestFiniteStaysFinite(t *testing.T) {
	if F16Value(F16Bits(1e300)) != 65504 || F16Value(F16Bits(-65520)) != -65504 {
		t.Error("a finite number does not become the greatest of its sign")
	}
	if !math.IsInf(F16Value(F16Bits(math.Inf(-1))), -1) || !math.IsNaN(BF16Value(BF16Bits(math.NaN()))) {
		t.Error("what is not finite does not stay so")
	}
}

func layoutOf(t *testing.T, shapes ...[]int) *Layout {
	t.Helper()
	infos := make([]Info, len(shapes))
	for i, shape := range shapes {
		infos[i] = Info{Name: string(rune('a' + i)), Shape: shape}
	}
	l, err := NewLayout(infos, F32)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFramesEndBetweenElements(t *testing.T) {
	l := layoutOf(t, []int{700, 701}, []int{3}, []int{1 << 20}, []int{200, 300})
	cases := [][]Part{
		Whole(l, F32), Whole(l, F64), Whole(l, BF16),
		{{Tensor: 0, Encoding: Rows, DType: F16, Count: 699}, {Tensor: 2, Encoding: TopK, DType: F32, Count: 900001},
			{Tensor: 3, Encoding: LowRank, DType: F32, Count: 7}},
		{{Tensor: 0, Encoding: Int8, DType: F32}, {Tensor: 1, Encoding: Int8, DType: F32}, {Tensor: 2, Encoding: Int8, DType: F32}},
	}
	for n, parts := range cases {
		total, err := Place(l, parts)
		if err != nil {
			t.Fatal(err)
		}
		octets := make([]byte, total)
		for i := range parts {
			//  Indices that ascend.
			for k := range parts[i].Count {
				at := octets[parts[i].Offset+4*k:]
				if parts[i].Encoding == Rows || parts[i].Encoding == TopK {
					at[0], at[1], at[2] = byte(k), byte(k>>8), byte(k>>16)
				}
			}
		}
		var frames [][]byte
		begin := 0
		for _, end := range Cut(l, parts) {
			if end-begin > FrameBytesUsual || end <= begin {
				t.Errorf("case %d: a frame of %d octets", n, end-begin)
			}
			frames = append(frames, octets[begin:end])
			begin = end
		}
		if most := total/FrameBytesUsual + 8; begin != total || len(frames) > most {
			t.Errorf("case %d: %d frames of %d octets, %d in all", n, len(frames), begin, total)
		}
		if err := Check(l, parts, frames); err != nil {
			t.Errorf("case %d: %v", n, err)
		}
	}
}

func TestFramesOfWhatIsVeryLong(t *testing.T) {
	for _, bytes := range []int{8, 1 << 30, 64 << 30, 512 << 30} {
		ends := CutDense(bytes, 8)
		if len(ends) > PayloadFramesMax || ends[0] > FrameBytesMax || ends[len(ends)-1] != bytes {
			t.Errorf("%d octets in %d frames of %d", bytes, len(ends), ends[0])
		}
	}
}

func TestInt8LosesHalfAScale(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	from := make([]float32, 3*Int8Block+17)
	for i := range from {
		from[i] = float32(random.NormFloat64() * math.Pow(10, float64(i/Int8Block)-2))
	}
	part := make([]byte, Int8Scales(len(from))+len(from))
	Int8Encode(from, part)
	to := make([]float32, len(from))
	Int8Decode(part, to)
	for i := range from {
		scale := Get(F32, part, i/Int8Block)
		if off := math.Abs(float64(from[i]) - float64(to[i])); off > scale/2*1.000001 {
			t.Errorf("element %d is off by %g of the scale %g", i, off, scale)
		}
	}
	//  The least scale that is not below a 127th of the greatest magnitude.
	for _, most := range []float64{1, 127, 126.99999, 1e-44, 3e38} {
		scale := int8Scale(most)
		if 127*float64(scale) < most || 127*float64(math.Nextafter32(scale, 0)) >= most {
			t.Errorf("%g has the scale %g", most, scale)
		}
	}
}

func TestArrivalIsHeldAgainstTheLayout(t *testing.T) {
	l := layoutOf(t, []int{300}, []int{2, 2})
	for _, form := range Forms {
		bytes := 0
		for _, p := range form.Parts(l) {
			bytes += p.Bytes
		}
		got, err := Arrival(l, form.DType, form.Encoding, bytes)
		if err != nil || got != form {
			t.Errorf("%s is read as %v, %v", form.Stream, got, err)
		}
		if _, err := Arrival(l, form.DType, form.Encoding, bytes-1); fault.CodeOf(err) != fault.Length {
			t.Errorf("%s a byte short: %v", form.Stream, err)
		}
	}
	if _, err := Arrival(l, F16, Int8, 1216); fault.CodeOf(err) != fault.Unsupported {
		t.Error(err)
	}
	if form, err := Arrival(l, 0, 0, 304*4); err != nil || form.Stream != "f32" {
		t.Errorf("what is not stated: %v, %v", form, err)
	}
}

func TestPartsThatCannotBe(t *testing.T) {
	l := layoutOf(t, []int{3, 4}, []int{4})
	for _, one := range []struct {
		parts []Part
		code  fault.Code
	}{
		{[]Part{{Tensor: 2, Encoding: Dense, DType: F32}}, fault.Argument},
		{[]Part{{Tensor: -1, Encoding: Dense, DType: F32}}, fault.Argument},
		{[]Part{{Tensor: 1, Encoding: Dense, DType: F32}, {Tensor: 0, Encoding: Dense, DType: F32}}, fault.Argument},
		{[]Part{{Encoding: Rows, DType: F32, Count: 4}}, fault.Argument},
		{[]Part{{Encoding: 9, DType: F32}}, fault.Unsupported},
		{[]Part{{Encoding: Dense, DType: 9}}, fault.Unsupported},
	} {
		if _, err := Place(l, one.parts); fault.CodeOf(err) != one.code {
			t.Errorf("%+v: %v, not %v", one.parts, err, one.code)
		}
	}
}

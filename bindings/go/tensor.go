package gradmq

import (
	"iter"
	"unsafe"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// Float16 is the bits of an IEEE 754 binary16.
type Float16 uint16

// BFloat16 is the upper half of an IEEE 754 binary32.
type BFloat16 uint16

// ToFloat16 rounds to nearest, ties to even; a finite value stays finite.
func ToFloat16(x float32) Float16 { return Float16(tensor.F16Bits(float64(x))) }

// ToBFloat16 rounds to nearest, ties to even; a finite value stays finite.
func ToBFloat16(x float32) BFloat16 { return BFloat16(tensor.BF16Bits(float64(x))) }

// Float32 is the same number.
func (x Float16) Float32() float32 { return float32(tensor.F16Value(uint16(x))) }

// Float32 is the same number.
func (x BFloat16) Float32() float32 { return float32(tensor.BF16Value(uint16(x))) }

// Element is what tensors are made of.
type Element interface {
	float32 | float64 | Float16 | BFloat16
}

func dtypeOf[E Element]() DType {
	var e E
	switch any(e).(type) {
	case float64:
		return F64
	case Float16:
		return F16
	case BFloat16:
		return BF16
	}
	return F32
}

func octetsOf[E Element](data []E) []byte {
	var e E
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*int(unsafe.Sizeof(e)))
}

// Tensor is a view of numbers with a shape; it copies nothing. [Of] and [RowsOf] make one, [View] and the
// methods look into it.
type Tensor struct {
	// Shape lists the dimensions, row-major; empty: a scalar. It is that of the whole tensor, with
	// rows too. As a part of a gradient nil stands for the model's own shape.
	Shape []int
	// DType is the type of the elements.
	DType DType
	// Rows, where it is not nil, says that the numbers are those of these rows only: strictly increasing.
	Rows []uint32

	octets []byte
}

// Of is a tensor of numbers, row-major; without dimensions it takes the shape that it is needed in.
func Of[E Element](data []E, shape ...int) Tensor {
	return Tensor{Shape: shape, DType: dtypeOf[E](), octets: octetsOf(data)}
}

// RowsOf is some rows of a tensor, one after the other in data; rows are strictly increasing. A row is all
// that has the same first index; those of a vector have one element.
func RowsOf[E Element](rows []uint32, data []E) Tensor {
	if rows == nil {
		rows = []uint32{}
	}
	return Tensor{DType: dtypeOf[E](), Rows: rows, octets: octetsOf(data)}
}

// View is the tensor's own numbers, not a copy; false where they are of another type.
func View[E Element](t Tensor) ([]E, bool) {
	if t.DType != dtypeOf[E]() {
		return nil, false
	}
	if len(t.octets) == 0 {
		return nil, true
	}
	return unsafe.Slice((*E)(unsafe.Pointer(&t.octets[0])), len(t.octets)/t.DType.Size()), true
}

// Float32s is the tensor's own numbers where they are float32, else a converted copy.
func (t Tensor) Float32s() []float32 {
	if view, ok := View[float32](t); ok {
		return view
	}
	numbers := make([]float32, t.Len())
	for i := range numbers {
		numbers[i] = float32(t.At(i))
	}
	return numbers
}

// Float64s is the tensor's own numbers where they are float64, else a converted copy.
func (t Tensor) Float64s() []float64 {
	if view, ok := View[float64](t); ok {
		return view
	}
	numbers := make([]float64, t.Len())
	for i := range numbers {
		numbers[i] = t.At(i)
	}
	return numbers
}

// At is number i, row-major.
func (t Tensor) At(i int) float64 { return tensor.Get(t.DType, t.octets, i) }

// Len is how many numbers there are.
func (t Tensor) Len() int {
	if t.DType.Size() == 0 {
		return 0
	}
	return len(t.octets) / t.DType.Size()
}

// NamedTensor is a tensor of a model that is loaded, in its place.
type NamedTensor struct {
	Name   string
	Tensor Tensor
}

// Gradient is what is pushed: [Packed] or [Tensors].
type Gradient interface {
	// plan checks what is given against a layout.
	plan(l *Layout) (*plan, error)
}

// plan is a gradient that fits a layout.
type plan struct {
	dtype DType
	whole bool          // every tensor, dense: no parts are stated
	parts []tensor.Part // of which the payload is made, in order
	bytes int
	data  [][]byte   // of each part; of a whole gradient that is packed already, one
	rows  [][]uint32 // of each part
}

type packed struct {
	dtype  DType
	octets []byte
}

// Packed is a gradient of the whole model in one slice: the tensors one after the other, row-major.
func Packed[E Element](data []E) Gradient { return packed{dtypeOf[E](), octetsOf(data)} }

func (p packed) plan(l *Layout) (*plan, error) {
	if have := len(p.octets) / p.dtype.Size(); have != l.Elements() {
		return nil, fault.New(fault.Length, "a gradient of %d elements is needed, and %d are given", l.Elements(), have)
	}
	return &plan{dtype: p.dtype, whole: true, bytes: len(p.octets), data: [][]byte{p.octets}}, nil
}

// Tensors is a gradient by the names of tensors: all of them, or some; whole, or some of their rows. All are
// of one element type.
type Tensors map[string]Tensor

func (g Tensors) plan(l *Layout) (*plan, error) {
	if len(g) == 0 {
		return nil, fault.New(fault.Argument, "a gradient needs a tensor; to say \"nothing this time\", call Skip")
	}
	p := &plan{whole: len(g) == l.Len()}
	for name := range g {
		if _, known := l.Index(name); !known {
			return nil, fault.New(fault.Layout, "the model has no tensor %q; it has %q", name, l.Names())
		}
	}
	for i := 0; i < l.Len(); i++ {
		t, given := g[l.At(i).Name]
		if !given {
			continue
		}
		if err := p.add(l.At(i), i, t); err != nil {
			return nil, err
		}
	}
	var err error
	p.bytes, err = tensor.Place(l, p.parts)
	return p, err
}

func (p *plan) add(info *TensorInfo, i int, t Tensor) error {
	if p.dtype == 0 {
		p.dtype = t.DType
	}
	if t.DType != p.dtype || t.DType.Size() == 0 {
		return fault.New(fault.Argument, "tensor %q is of %v and others of %v; a gradient is of one type", info.Name,
			t.DType, p.dtype)
	}
	if len(t.Shape) > 0 && !sameShape(t.Shape, info.Shape) {
		return fault.New(fault.Shape, "tensor %q has the shape %v, not %v", info.Name, info.Shape, t.Shape)
	}
	part := tensor.Part{Tensor: i, Encoding: tensor.Dense, DType: t.DType}
	wanted := info.Elements
	if t.Rows != nil {
		p.whole = false
		part.Encoding, part.Count = tensor.Rows, len(t.Rows)
		wanted = len(t.Rows) * info.Row()
		if err := tensor.CheckIndices(info, t.Rows, "rows", info.Rows()); err != nil {
			return err
		}
	}
	if t.Len() != wanted {
		return fault.New(fault.Length, "tensor %q needs %d elements here, and %d are given", info.Name, wanted, t.Len())
	}
	p.parts = append(p.parts, part)
	p.data = append(p.data, t.octets)
	p.rows = append(p.rows, t.Rows)
	return nil
}

func sameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// write puts the payload together.
func (p *plan) write(to []byte) {
	for i, data := range p.data {
		if p.rows != nil {
			for _, row := range p.rows[i] {
				to[0], to[1], to[2], to[3] = byte(row), byte(row>>8), byte(row>>16), byte(row>>24)
				to = to[4:]
			}
		}
		to = to[copy(to, data):]
	}
}

// ends is where the frames of the payload end.
func (p *plan) ends(l *Layout) []int {
	if p.whole {
		return tensor.CutDense(p.bytes, p.dtype.Size())
	}
	return tensor.Cut(l, p.parts)
}

// Parameters are a model at one version. They do not change, and are the caller's for as long as it
// wants: later versions stand elsewhere.
type Parameters struct {
	// Epoch and Version say where the model stood.
	Epoch, Version uint64
	// Layout is the model's.
	Layout *Layout
	// DType is the type of the numbers: the stream's; of the stream int8 it is F32.
	DType DType

	octets []byte
}

// Packed is the whole model: the tensors one after the other, row-major. It is a view.
func (p *Parameters) Packed() Tensor {
	return Tensor{Shape: []int{p.Layout.Elements()}, DType: p.DType, octets: p.octets}
}

// Tensor is a view of one tensor; false where the model has none of that name.
func (p *Parameters) Tensor(name string) (Tensor, bool) {
	i, known := p.Layout.Index(name)
	if !known {
		return Tensor{}, false
	}
	return p.at(i), true
}

func (p *Parameters) at(i int) Tensor {
	info, size := p.Layout.At(i), p.DType.Size()
	return Tensor{Shape: info.Shape, DType: p.DType,
		octets: p.octets[info.First*size : (info.First+info.Elements)*size]}
}

// All gives the tensors by name, in the layout's order, as views.
func (p *Parameters) All() iter.Seq2[string, Tensor] {
	return func(yield func(string, Tensor) bool) {
		for i := 0; i < p.Layout.Len(); i++ {
			if !yield(p.Layout.At(i).Name, p.at(i)) {
				return
			}
		}
	}
}

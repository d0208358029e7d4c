package tensor

import (
	"crypto/sha256"
	"encoding/binary"
	"unicode/utf8"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Limits of the protocol, section 18.
const (
	FrameBytesMax      = 16 << 20
	FrameBytesUsual    = 1 << 20
	PayloadFramesMax   = 65536
	TensorsMax         = 8192
	RankMax            = 8
	ElementsMax        = 1 << 40
	TensorNameBytesMax = 128
)

// Info is one tensor of a layout.
type Info struct {
	// Name is unique in the layout.
	Name string
	// Shape lists the dimensions, row-major; empty: a scalar.
	Shape []int
	// Elements is the product of the dimensions.
	Elements int
	// First is the index of the tensor's first element in the packed model.
	First int
}

// Rows is the number of rows, which is all that has the same first index; those of a scalar or
// vector have one element.
func (t *Info) Rows() int {
	if len(t.Shape) > 1 {
		return t.Shape[0]
	}
	return t.Elements
}

// Row is the number of elements of a row.
func (t *Info) Row() int { return t.Elements / t.Rows() }

// Layout is an ordered list of tensors and the master element type of a model. It does not change.
type Layout struct {
	tensors  []Info
	index    map[string]int
	dtype    DType
	elements int
	id       uint64
}

// NewLayout checks and makes a layout; Elements and First of the tensors are filled in.
func NewLayout(tensors []Info, dtype DType) (*Layout, error) {
	if !dtype.Master() {
		return nil, fault.New(fault.Unsupported,
			"%v cannot be a master dtype; F32 and F64 can", dtype)
	}
	if len(tensors) == 0 || len(tensors) > TensorsMax {
		return nil, fault.New(fault.Shape, "a layout of %d tensors; it needs at least 1 and at most %d",
			len(tensors), TensorsMax)
	}
	l := &Layout{tensors: make([]Info, len(tensors)), index: make(map[string]int, len(tensors)), dtype: dtype}
	for i, from := range tensors {
		if !TensorNameValid(from.Name) {
			return nil, fault.New(fault.Name, "tensor %d has a name that is not 1 to %d octets of UTF-8 "+
				"without control characters, or is __metadata__", i, TensorNameBytesMax)
		}
		if _, twice := l.index[from.Name]; twice {
			return nil, fault.New(fault.Name, "two tensors are named %q; names are unique in a layout", from.Name)
		}
		elements, err := countElements(&from)
		if err != nil {
			return nil, err
		}
		if l.elements+elements > ElementsMax {
			return nil, fault.New(fault.Shape, "with tensor %q the layout has more than 2^40 elements", from.Name)
		}
		l.index[from.Name] = i
		l.tensors[i] = Info{from.Name, append([]int(nil), from.Shape...), elements, l.elements}
		l.elements += elements
	}
	digest := sha256.Sum256(l.Canonical())
	l.id = binary.LittleEndian.Uint64(digest[:])
	return l, nil
}

func countElements(t *Info) (int, error) {
	if len(t.Shape) > RankMax {
		return 0, fault.New(fault.Shape, "tensor %q has %d dimensions; at most %d are possible",
			t.Name, len(t.Shape), RankMax)
	}
	elements := 1
	for i, dimension := range t.Shape {
		if dimension < 1 {
			return 0, fault.New(fault.Shape, "dimension %d of tensor %q is %d; each is at least 1",
				i, t.Name, dimension)
		}
		if dimension > ElementsMax || elements > ElementsMax/dimension {
			return 0, fault.New(fault.Shape, "tensor %q has more than 2^40 elements", t.Name)
		}
		elements *= dimension
	}
	return elements, nil
}

// TensorNameValid holds a name against rule A-2.
func TensorNameValid(name string) bool {
	return name != "__metadata__" && TextValid(name, TensorNameBytesMax)
}

// TextValid tells whether text is 1 to most octets of UTF-8 without control characters.
func TextValid(text string, most int) bool {
	if text == "" || len(text) > most || !utf8.ValidString(text) {
		return false
	}
	for i := 0; i < len(text); i++ {
		if text[i] < 0x20 || text[i] == 0x7f {
			return false
		}
	}
	return true
}

// Canonical is the string that the layout's id is made of, rule L-2.
func (l *Layout) Canonical() []byte {
	order := binary.LittleEndian
	b := []byte("gradmq.layout.v1\n")
	b = order.AppendUint32(b, uint32(l.dtype))
	b = order.AppendUint32(b, uint32(len(l.tensors)))
	for i := range l.tensors {
		t := &l.tensors[i]
		b = order.AppendUint32(b, uint32(len(t.Name)))
		b = append(b, t.Name...)
		b = order.AppendUint32(b, uint32(len(t.Shape)))
		for _, dimension := range t.Shape {
			b = order.AppendUint64(b, uint64(dimension))
		}
	}
	return b
}

// ID is the layout's id: the same for the same names, shapes and dtype everywhere.
func (l *Layout) ID() uint64 { return l.id }

// DType is the master element type.
func (l *Layout) DType() DType { return l.dtype }

// Len is the number of tensors.
func (l *Layout) Len() int { return len(l.tensors) }

// At is tensor i. The shape is shared: leave it as it is.
func (l *Layout) At(i int) *Info { return &l.tensors[i] }

// Elements is the number of elements of the whole model.
func (l *Layout) Elements() int { return l.elements }

// Index finds a tensor by its name.
func (l *Layout) Index(name string) (int, bool) {
	i, ok := l.index[name]
	return i, ok
}

// Names lists the tensors' names in order.
func (l *Layout) Names() []string {
	names := make([]string, len(l.tensors))
	for i := range l.tensors {
		names[i] = l.tensors[i].Name
	}
	return names
}

// Dimensions is a shape as the wire has it; what does not fit becomes a dimension that no layout
// takes.
func Dimensions(shape []uint64) []int {
	dimensions := make([]int, len(shape))
	for i, dimension := range shape {
		dimensions[i] = int(min(dimension, ElementsMax+1))
	}
	return dimensions
}

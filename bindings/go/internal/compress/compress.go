// Package compress makes gradients shorter, with error feedback: what a gradient leaves out stays here and
// goes with a later one. It knows no sockets.
//
//	p = residual + g;  send D = C (p);  residual = p - D
//
// Sources: Seide et al. 2014; Karimireddy et al. 2019, "Error Feedback Fixes SignSGD", algorithm 2;
// Vogels, Karimireddy, Jaggi 2019, "PowerSGD", algorithms 1 and 2.
package compress

import (
	"math"
	"unsafe"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// Method is how whole gradients are compressed.
type Method int

// The methods there are.
const (
	None Method = iota
	Int8
	TopK
	LowRank
)

// How is a method and its numbers.
type How struct {
	Method          Method
	Fraction        float64 // TopK: of the elements; 0: 0.01
	Rank            int     // LowRank: columns of the factors; 0: 4
	WithoutFeedback bool
}

// Check fills in what is not given and says what cannot be.
func (h *How) Check() error {
	switch {
	case h.Method < None || h.Method > LowRank:
		return fault.New(fault.Argument, "there is no compression %d", h.Method)
	case !(h.Fraction >= 0) || h.Fraction > 1:
		return fault.New(fault.Argument, "fraction %g of the elements; it has to be above 0 and at most 1", h.Fraction)
	case h.Rank < 0:
		return fault.New(fault.Argument, "rank %d; it has to be at least 1", h.Rank)
	}
	if h.Fraction == 0 {
		h.Fraction = 0.01
	}
	if h.Rank == 0 {
		h.Rank = 4
	}
	return nil
}

// Compressor compresses the gradients of one layout.
type Compressor interface {
	// Parts is how a payload stands: every tensor, in its own encoding.
	Parts() []tensor.Part
	// Bytes is how long a payload is.
	Bytes() int
	// Encode writes what stands for residual + factor x gradient, a packed one of the master dtype, to
	// `to`. Nothing changes for good before Sent.
	Encode(gradient []byte, factor float64, to []byte) error
	// Sent says that what was encoded last is on its way: what it left out remains.
	Sent()
	// Return says that a payload was not used: what it held remains, too.
	Return(payload []byte)
}

// New makes a compressor for gradients of a layout; nothing remains yet.
func New(how How, l *tensor.Layout) Compressor {
	if l.DType() == tensor.F64 {
		return newCompressor[float64](how, l)
	}
	return newCompressor[float32](how, l)
}

type real interface{ float32 | float64 }

type compressor[E real] struct {
	how      How
	layout   *tensor.Layout
	parts    []tensor.Part
	bytes    int
	residual []E
	work     []E
	warm     map[int][]E // LowRank: right factors of the last gradient, where the next one begins
	left     []float64   // LowRank: a left factor that is being made
}

func newCompressor[E real](how How, l *tensor.Layout) *compressor[E] {
	c := &compressor[E]{how: how, layout: l, residual: make([]E, l.Elements()),
		work: make([]E, l.Elements()), warm: map[int][]E{}}
	c.parts = make([]tensor.Part, l.Len())
	for i := range c.parts {
		c.parts[i] = c.plan(i)
	}
	bytes, err := tensor.Place(l, c.parts)
	if err != nil {
		//  A method suits a tensor whose part has no size: that is our own mistake.
		panic(err)
	}
	c.bytes = bytes
	return c
}

// plan is how a tensor goes: by the method, or dense where that does not suit it.
func (c *compressor[E]) plan(i int) tensor.Part {
	t := c.layout.At(i)
	size := c.layout.DType().Size()
	part := tensor.Part{Tensor: i, Encoding: tensor.Dense, DType: c.layout.DType()}
	switch c.how.Method {
	case Int8:
		part.Encoding, part.DType = tensor.Int8, tensor.F32
	case TopK:
		count := max(int(math.Ceil(c.how.Fraction*float64(t.Elements))), 1)
		if t.Elements <= math.MaxUint32 && count*(4+size) < t.Elements*size {
			part.Encoding, part.Count = tensor.TopK, count
		}
	case LowRank:
		r, m, n := c.how.Rank, t.Rows(), t.Row()
		if len(t.Shape) >= 2 && r < m && r < n && r*(m+n) < t.Elements {
			part.Encoding, part.Count = tensor.LowRank, r
			c.warm[i] = make([]E, r*n)
			if len(c.left) < m*r {
				c.left = make([]float64, m*r)
			}
		}
	}
	return part
}

func (c *compressor[E]) Parts() []tensor.Part { return c.parts }

func (c *compressor[E]) Bytes() int { return c.bytes }

// view is packed octets as numbers. Parts begin at multiples of 4 only, so that a view of a part is
// used where that is enough.
func view[E real](octets []byte) []E {
	if len(octets) == 0 {
		return nil
	}
	var e E
	return unsafe.Slice((*E)(unsafe.Pointer(&octets[0])), len(octets)/int(unsafe.Sizeof(e)))
}

func (c *compressor[E]) Encode(gradient []byte, factor float64, to []byte) error {
	from := view[E](gradient)
	if len(from) != len(c.work) || len(to) != c.bytes {
		return fault.New(fault.Length, "a gradient of %d elements is needed", len(c.work))
	}
	scale := E(factor)
	for i, remains := range c.residual {
		sum := remains + scale*from[i]
		if sum-sum != 0 {
			return fault.New(fault.NonFinite, "a value of the gradient is not finite, or too large to compute "+
				"with; it was not pushed")
		}
		c.work[i] = sum
	}
	for i := range c.parts {
		p := &c.parts[i]
		t := c.layout.At(i)
		elements := c.work[t.First : t.First+t.Elements]
		octets := to[p.Offset : p.Offset+p.Bytes]
		switch p.Encoding {
		case tensor.Int8:
			tensor.Int8Encode(elements, octets)
		case tensor.TopK:
			encodeTopK(c.layout.DType(), elements, p.Count, octets)
		case tensor.LowRank:
			c.encodeLowRank(p, t, elements, octets)
		default:
			copy(octets, octetsOf(elements))
		}
		c.add(p, t, octets, elements, -1)
	}
	return nil
}

func octetsOf[E real](elements []E) []byte {
	var e E
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(elements))), len(elements)*int(unsafe.Sizeof(e)))
}

func (c *compressor[E]) Sent() {
	if !c.how.WithoutFeedback {
		c.work, c.residual = c.residual, c.work
	}
}

func (c *compressor[E]) Return(payload []byte) {
	if c.how.WithoutFeedback || len(payload) != c.bytes {
		return
	}
	for i := range c.parts {
		p := &c.parts[i]
		t := c.layout.At(i)
		c.add(p, t, payload[p.Offset:p.Offset+p.Bytes], c.residual[t.First:t.First+t.Elements], 1)
	}
}

// add adds factor times what a part holds to the tensor's elements.
func (c *compressor[E]) add(p *tensor.Part, t *tensor.Info, octets []byte, to []E, factor E) {
	dtype := c.layout.DType()
	switch p.Encoding {
	case tensor.Int8:
		body := octets[p.Head(t):]
		for i := range to {
			scale := E(tensor.Get(tensor.F32, octets, i/tensor.Int8Block))
			to[i] += factor * (scale * E(int8(body[i])))
		}
	case tensor.TopK:
		for i := 0; i < p.Count; i++ {
			to[index(octets, i)] += factor * E(tensor.Get(dtype, octets[p.Head(t):], i))
		}
	case tensor.LowRank:
		c.addLowRank(p, t, octets, to, factor)
	default:
		for i := range to {
			to[i] += factor * E(tensor.Get(dtype, octets, i))
		}
	}
}

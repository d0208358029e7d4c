package tensor

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Encoding says how the elements of a part become octets; numbers as on the wire.
type Encoding uint32

// The encodings there are.
const (
	Dense   Encoding = 1
	Rows    Encoding = 2
	TopK    Encoding = 3
	Int8    Encoding = 4
	LowRank Encoding = 5
)

// Int8Block is how many elements share a scale.
const Int8Block = 256

// headUnit is the size of an index and of a scale.
const headUnit = 4

// Known tells whether the encoding is one of this version.
func (e Encoding) Known() bool { return e >= Dense && e <= LowRank }

// Part is one tensor's share of a payload.
type Part struct {
	Tensor   int
	Encoding Encoding
	DType    DType
	Count    int // ROWS: rows; TOP_K: k; LOW_RANK: rank
	Offset   int // of its first octet in the payload
	Bytes    int
}

// Size fills in the part's length, or says why there is none.
func (p *Part) Size(t *Info) error {
	size := p.DType.Size()
	if size == 0 {
		return fault.New(fault.Unsupported, "dtype %d is not known here", uint32(p.DType))
	}
	switch p.Encoding {
	case Dense, Int8:
		if p.Count != 0 {
			return fault.New(fault.Argument, "count %d for tensor %q; this encoding has none", p.Count, t.Name)
		}
		if p.Encoding == Dense {
			p.Bytes = t.Elements * size
			return nil
		}
		if p.DType != F32 {
			return fault.New(fault.Unsupported, "INT8 of tensor %q has scales of F32, not of %v", t.Name, p.DType)
		}
		p.Bytes = Int8Scales(t.Elements) + t.Elements
		return nil
	case Rows:
		return p.sizeCounted(t, "rows", t.Rows(), t.Row()*size)
	case TopK:
		return p.sizeCounted(t, "elements", t.Elements, size)
	case LowRank:
		if len(t.Shape) < 2 {
			return fault.New(fault.Unsupported, "tensor %q has no factors: it is no matrix", t.Name)
		}
		if most := min(t.Rows(), t.Row()); p.Count < 1 || p.Count > most {
			return fault.New(fault.Argument, "rank %d for tensor %q; it is at least 1 and at most %d",
				p.Count, t.Name, most)
		}
		p.Bytes = p.Count * (t.Rows() + t.Row()) * size
		return nil
	}
	return fault.New(fault.Unsupported, "encoding %d of tensor %q is not known here", uint32(p.Encoding), t.Name)
}

func (p *Part) sizeCounted(t *Info, things string, most, each int) error {
	if uint64(most) > math.MaxUint32 {
		return fault.New(fault.Unsupported, "tensor %q has more than 2^32 - 1 %s; send it whole", t.Name, things)
	}
	if p.Count < 1 || p.Count > most {
		return fault.New(fault.Argument, "%d %s for tensor %q, which has %d; send 1 to all of them",
			p.Count, things, t.Name, most)
	}
	p.Bytes = p.Count * (headUnit + each)
	return nil
}

// Int8Scales is how many octets the scales of n elements take.
func Int8Scales(n int) int { return (n + Int8Block - 1) / Int8Block * headUnit }

// Head is how many octets of indices or scales come before the elements.
func (p *Part) Head(t *Info) int {
	switch p.Encoding {
	case Rows, TopK:
		return p.Count * headUnit
	case Int8:
		return Int8Scales(t.Elements)
	}
	return 0
}

// Element is the size of what must not be cut behind the head.
func (p *Part) Element() int {
	if p.Encoding == Int8 {
		return 1
	}
	return p.DType.Size()
}

// things names what the indices of a part count.
func (p *Part) things(t *Info) (string, int) {
	if p.Encoding == Rows {
		return "rows", t.Rows()
	}
	return "elements", t.Elements
}

// CheckIndices holds indices against rule L-6.
func CheckIndices(t *Info, indices []uint32, things string, most int) error {
	least := uint64(0)
	for _, index := range indices {
		if uint64(index) < least || uint64(index) >= uint64(most) {
			return fault.New(fault.Argument, "index %d in tensor %q is out of range or not above the one "+
				"before; it has %d %s", index, t.Name, most, things)
		}
		least = uint64(index) + 1
	}
	return nil
}

// Add adds factor times what the part's octets stand for to the tensor's elements, which are octets
// of dtype.
func (p *Part) Add(t *Info, from []byte, to []byte, dtype DType, factor float64) error {
	if len(from) != p.Bytes || len(to) != t.Elements*dtype.Size() {
		return fault.New(fault.Length, "the part of tensor %q has %d octets; it needs %d", t.Name, len(from), p.Bytes)
	}
	add := func(at int, value float64) { Put(dtype, to, at, Get(dtype, to, at)+factor*value) }
	head := p.Head(t)
	body := from[head:]
	switch p.Encoding {
	case Dense:
		for i := 0; i < t.Elements; i++ {
			add(i, Get(p.DType, body, i))
		}
	case Rows, TopK:
		row := 1
		if p.Encoding == Rows {
			row = t.Row()
		}
		for i := 0; i < p.Count; i++ {
			first := int(binary.LittleEndian.Uint32(from[i*headUnit:])) * row
			for j := 0; j < row; j++ {
				add(first+j, Get(p.DType, body, i*row+j))
			}
		}
	case Int8:
		for i := 0; i < t.Elements; i++ {
			scale := Get(F32, from, i/Int8Block)
			add(i, int8Value(dtype, scale, int8(body[i])))
		}
	case LowRank:
		p.addLowRank(t, body, add)
	default:
		panic(fmt.Sprintf("a part of encoding %d was sized", p.Encoding))
	}
	return nil
}

// int8Value is octet x scale, computed in the master dtype.
func int8Value(master DType, scale float64, octet int8) float64 {
	if master == F32 {
		return float64(float32(scale) * float32(octet))
	}
	return scale * float64(octet)
}

func (p *Part) addLowRank(t *Info, body []byte, add func(int, float64)) {
	m, n, r := t.Rows(), t.Row(), p.Count
	right := body[m*r*p.DType.Size():]
	for i := 0; i < m; i++ {
		for j := 0; j < n; j++ {
			sum := 0.0
			for k := 0; k < r; k++ {
				sum += Get(p.DType, body, i*r+k) * Get(p.DType, right, k*n+j)
			}
			add(i*n+j, sum)
		}
	}
}

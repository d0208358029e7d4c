package tensor

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Form is how a stream sends a whole model: section 13 of the protocol.
type Form struct {
	Stream   string
	Encoding Encoding
	DType    DType
}

// Forms are the streams there are.
var Forms = []Form{
	{"f32", Dense, F32}, {"f64", Dense, F64}, {"f16", Dense, F16}, {"bf16", Dense, BF16}, {"int8", Int8, F32},
}

// StreamKnown tells whether this library reads a stream.
func StreamKnown(name string) bool {
	for _, form := range Forms {
		if form.Stream == name {
			return true
		}
	}
	return false
}

// Arrival checks what a header says of a whole model against the layout and the octets that came. The
// numbers are then those of the form's dtype; what stands in the header as 0 was left out.
func Arrival(l *Layout, dtype DType, encoding Encoding, bytes int) (Form, error) {
	if dtype == 0 {
		dtype = l.DType()
	}
	if encoding == 0 {
		encoding = Dense
	}
	for _, form := range Forms {
		if form.DType != dtype || form.Encoding != encoding {
			continue
		}
		wanted := 0
		for _, p := range form.Parts(l) {
			wanted += p.Bytes
		}
		if wanted != bytes {
			return form, fault.New(fault.Length, "the parameters came with %d bytes, and %d elements of the stream %s have %d",
				bytes, l.Elements(), form.Stream, wanted)
		}
		return form, nil
	}
	return Form{}, fault.New(fault.Unsupported, "the parameters came in dtype %d and encoding %d, which this library does not read",
		uint32(dtype), uint32(encoding))
}

// Parts is how a model stands in a payload of this form.
func (f Form) Parts(l *Layout) []Part {
	parts := Whole(l, f.DType)
	if f.Encoding == Dense {
		return parts
	}
	offset := 0
	for i := range parts {
		parts[i].Encoding = f.Encoding
		parts[i].Offset = offset
		parts[i].Bytes = Int8Scales(l.At(i).Elements) + l.At(i).Elements
		offset += parts[i].Bytes
	}
	return parts
}

// Unpack writes the packed model that frames hold, in the form's dtype, to `to`.
func (f Form) Unpack(l *Layout, frames [][]byte, to []byte) {
	if f.Encoding == Dense {
		for _, frame := range frames {
			to = to[copy(to, frame):]
		}
		return
	}
	for _, p := range f.Parts(l) {
		elements := l.At(p.Tensor).Elements
		Int8Decode(Gather(frames, p.Offset, p.Bytes), Floats(to[:elements*4]))
		to = to[elements*4:]
	}
}

// Floats is a view of packed octets as numbers.
func Floats(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}

// Doubles is a view of packed octets as numbers.
func Doubles(b []byte) []float64 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(&b[0])), len(b)/8)
}

// Int8Decode reads a whole part of INT8 into to.
func Int8Decode(part []byte, to []float32) {
	octets := part[Int8Scales(len(to)):]
	for at := 0; at < len(to); at += Int8Block {
		scale := math.Float32frombits(binary.LittleEndian.Uint32(part[at/Int8Block*headUnit:]))
		for i := at; i < min(at+Int8Block, len(to)); i++ {
			to[i] = scale * float32(int8(octets[i]))
		}
	}
}

// Int8Encode writes a whole part of INT8: the least F32 scale that is not below a 127th of each
// block's greatest magnitude, octets rounded to nearest, ties to even.
func Int8Encode[E float32 | float64](from []E, part []byte) {
	octets := part[Int8Scales(len(from)):]
	for at := 0; at < len(from); at += Int8Block {
		block := from[at:min(at+Int8Block, len(from))]
		most := 0.0
		for _, x := range block {
			most = max(most, math.Abs(float64(x)))
		}
		scale := int8Scale(most)
		binary.LittleEndian.PutUint32(part[at/Int8Block*headUnit:], math.Float32bits(scale))
		for i, x := range block {
			value := 0.0
			if scale > 0 && scale <= math.MaxFloat32 {
				value = math.RoundToEven(float64(x) / float64(scale))
			}
			octets[at+i] = byte(int8(max(-127, min(127, value))))
		}
	}
}

func int8Scale(most float64) float32 {
	if most > math.MaxFloat64 || most != most {
		return float32(most)
	}
	if most >= 127*math.MaxFloat32 {
		return math.MaxFloat32
	}
	scale := float32(most / 127)
	if 127*float64(scale) < most {
		scale = math.Nextafter32(scale, float32(math.Inf(1)))
	}
	return scale
}

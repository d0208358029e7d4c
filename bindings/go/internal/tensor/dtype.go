// Package tensor holds element types, layouts and the octets of payloads. It knows no sockets and no
// protobuf: sections 3 and 5 of the protocol.
package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// DType is the type of the elements of a tensor; numbers as on the wire.
type DType uint32

// The element types there are. F32 and F64 can be a model's master type.
const (
	F32  DType = 1
	F64  DType = 2
	F16  DType = 3
	BF16 DType = 4
)

// Size is the number of octets of an element; 0 for a type that is not known.
func (d DType) Size() int {
	switch d {
	case F32:
		return 4
	case F64:
		return 8
	case F16, BF16:
		return 2
	}
	return 0
}

// Master tells whether a model can have this type.
func (d DType) Master() bool { return d == F32 || d == F64 }

// String is the type's name, such as "F32".
func (d DType) String() string {
	switch d {
	case F32:
		return "F32"
	case F64:
		return "F64"
	case F16:
		return "F16"
	case BF16:
		return "BF16"
	}
	return fmt.Sprintf("DTYPE_%d", uint32(d))
}

// Stream is the stream that has parameters in this type.
func (d DType) Stream() string {
	switch d {
	case F64:
		return "f64"
	case F16:
		return "f16"
	case BF16:
		return "bf16"
	}
	return "f32"
}

// NativeLittleEndian tells whether numbers in memory stand as they do on the wire.
func NativeLittleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}

// F16Bits is the binary16 nearest to x, ties to even; a finite x never becomes infinite (rule U-7).
func F16Bits(x float64) uint16 {
	return narrow(x, 5, 10)
}

// BF16Bits is the bfloat16 nearest to x, ties to even; a finite x never becomes infinite (rule U-7).
func BF16Bits(x float64) uint16 {
	return narrow(x, 8, 7)
}

// narrow rounds once, straight from binary64, to a format of 16 bits.
func narrow(x float64, exponentBits, fractionBits uint) uint16 {
	bits := math.Float64bits(x)
	sign := uint16(bits>>63) << 15
	most := uint16(1)<<exponentBits - 1
	infinity := sign | most<<fractionBits
	greatest := infinity - 1
	magnitude := bits &^ (1 << 63)
	switch {
	case magnitude > 0x7ff<<52:
		return infinity | 1<<(fractionBits-1)
	case magnitude == 0x7ff<<52:
		return infinity
	}
	bias := int(1)<<(exponentBits-1) - 1
	exponent := int(magnitude>>52) - 1023 + bias
	if exponent >= int(most) {
		return greatest
	}
	fraction := magnitude&(1<<52-1) | 1<<52
	if magnitude>>52 == 0 {
		return sign
	}
	shift := 52 - fractionBits
	if exponent < 1 {
		//  Subnormal: the point moves further to the left.
		more := uint(1 - exponent)
		if more > fractionBits+1 {
			return sign
		}
		shift += more
		exponent = 1
	}
	rounded := fraction >> shift
	rest, half := fraction&(1<<shift-1), uint64(1)<<(shift-1)
	if rest > half || rest == half && rounded&1 == 1 {
		rounded++
	}
	//  The leading one adds to the exponent field; so does a carry.
	result := uint64(exponent-1)<<fractionBits + rounded
	if result >= uint64(most)<<fractionBits {
		return greatest
	}
	return sign | uint16(result)
}

// F16Value is the number that binary16 bits stand for.
func F16Value(bits uint16) float64 {
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	var value float64
	switch exponent {
	case 0:
		value = math.Ldexp(fraction, -24)
	case 0x1f:
		value = math.Inf(1)
		if fraction != 0 {
			value = math.NaN()
		}
	default:
		value = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		return math.Copysign(value, -1)
	}
	return value
}

// BF16Value is the number that bfloat16 bits stand for.
func BF16Value(bits uint16) float64 {
	return float64(math.Float32frombits(uint32(bits) << 16))
}

// Get reads element i of packed octets.
func Get(dtype DType, from []byte, i int) float64 {
	switch dtype {
	case F32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(from[i*4:])))
	case F64:
		return math.Float64frombits(binary.LittleEndian.Uint64(from[i*8:]))
	case F16:
		return F16Value(binary.LittleEndian.Uint16(from[i*2:]))
	default:
		return BF16Value(binary.LittleEndian.Uint16(from[i*2:]))
	}
}

// Put writes element i of packed octets, rounded to nearest, ties to even.
func Put(dtype DType, to []byte, i int, value float64) {
	switch dtype {
	case F32:
		binary.LittleEndian.PutUint32(to[i*4:], math.Float32bits(float32(value)))
	case F64:
		binary.LittleEndian.PutUint64(to[i*8:], math.Float64bits(value))
	case F16:
		binary.LittleEndian.PutUint16(to[i*2:], F16Bits(value))
	default:
		binary.LittleEndian.PutUint16(to[i*2:], BF16Bits(value))
	}
}

// Octets is memory for n octets that any element type may be seen in.
func Octets(n int) []byte {
	if n == 0 {
		return nil
	}
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)[:n]
}

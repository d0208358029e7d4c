package compress

import (
	"encoding/binary"

	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

func index(octets []byte, i int) int { return int(binary.LittleEndian.Uint32(octets[i*4:])) }

// encodeTopK writes the k elements of the greatest magnitude; of equal ones those with the lower index.
func encodeTopK[E real](dtype tensor.DType, from []E, k int, to []byte) {
	magnitudes := make([]E, len(from))
	for i, x := range from {
		magnitudes[i] = max(x, -x)
	}
	bound := greatest(magnitudes, k)
	equal := k
	for _, x := range from {
		if max(x, -x) > bound {
			equal--
		}
	}
	values := to[k*4:]
	at := 0
	for i, x := range from {
		magnitude := max(x, -x)
		if magnitude < bound || magnitude == bound && equal == 0 {
			continue
		}
		if magnitude == bound {
			equal--
		}
		binary.LittleEndian.PutUint32(to[at*4:], uint32(i))
		tensor.Put(dtype, values, at, float64(x))
		at++
	}
}

// greatest is the k-th greatest of values, whose order it changes: Hoare's selection, where the middle of
// three is what the others are held against.
func greatest[E real](values []E, k int) E {
	low, high, at := 0, len(values)-1, k-1
	for low < high {
		a, b, c := values[low], values[low+(high-low)/2], values[high]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := low, high
		for i <= j {
			for values[i] > pivot {
				i++
			}
			for values[j] < pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case at <= j:
			high = j
		case at >= i:
			low = i
		default:
			return values[at]
		}
	}
	return values[at]
}

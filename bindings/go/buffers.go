package gradmq

import (
	"sync"

	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// buffersKept is how many buffers wait to be used again: the pages of a fresh large one cost more than
// filling it.
const buffersKept = 4

// bufferPool keeps buffers of one size, that which was asked for last. Any goroutine may use it.
type bufferPool struct {
	mutex sync.Mutex
	size  int
	free  [][]byte
}

func (b *bufferPool) take(size int) []byte {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if size != b.size {
		b.size, b.free = size, nil
	}
	if last := len(b.free) - 1; last >= 0 {
		buffer := b.free[last]
		b.free = b.free[:last]
		return buffer
	}
	return tensor.Octets(size)
}

func (b *bufferPool) put(buffer []byte) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(buffer) > 0 && len(buffer) == b.size && len(b.free) < buffersKept {
		b.free = append(b.free, buffer)
	}
}

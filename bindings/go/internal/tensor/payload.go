package tensor

import (
	"encoding/binary"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Place gives parts their lengths and offsets, and tells the length of the payload. Parts ascend, one
// a tensor: rule L-4.
func Place(l *Layout, parts []Part) (int, error) {
	total := 0
	for i := range parts {
		p := &parts[i]
		if p.Tensor < 0 || p.Tensor >= l.Len() {
			return 0, fault.New(fault.Argument, "a part is for tensor %d; the layout has %d tensors", p.Tensor, l.Len())
		}
		if i > 0 && p.Tensor <= parts[i-1].Tensor {
			return 0, fault.New(fault.Argument, "tensor %d comes after tensor %d; parts ascend, one a tensor",
				p.Tensor, parts[i-1].Tensor)
		}
		p.Offset = total
		if err := p.Size(l.At(p.Tensor)); err != nil {
			return 0, err
		}
		total += p.Bytes
	}
	return total, nil
}

// Whole is the parts of a payload that states none: every tensor, dense.
func Whole(l *Layout, dtype DType) []Part {
	parts := make([]Part, l.Len())
	for i := range parts {
		t := l.At(i)
		parts[i] = Part{Tensor: i, Encoding: Dense, DType: dtype,
			Offset: t.First * dtype.Size(), Bytes: t.Elements * dtype.Size()}
	}
	return parts
}

// Check holds frames against the parts that were placed: rules W-11 to W-13 and L-6.
func Check(l *Layout, parts []Part, frames [][]byte) error {
	if len(frames) > PayloadFramesMax {
		return fault.New(fault.Frames, "the payload has %d frames; it can have %d", len(frames), PayloadFramesMax)
	}
	total, sum := 0, 0
	for i := range parts {
		total += parts[i].Bytes
	}
	for i, frame := range frames {
		if len(frame) == 0 {
			return fault.New(fault.Length, "payload frame %d is empty", i)
		}
		sum += len(frame)
	}
	if sum != total {
		return fault.New(fault.Length, "the payload has %d bytes; its header makes it %d", sum, total)
	}
	if err := checkCuts(l, parts, frames); err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		if p.Encoding != Rows && p.Encoding != TopK {
			continue
		}
		t := l.At(p.Tensor)
		octets := Gather(frames, p.Offset, p.Count*headUnit)
		indices := make([]uint32, p.Count)
		for k := range indices {
			indices[k] = binary.LittleEndian.Uint32(octets[k*headUnit:])
		}
		things, most := p.things(t)
		if err := CheckIndices(t, indices, things, most); err != nil {
			return err
		}
	}
	return nil
}

// checkCuts finds a frame that ends inside an element, an index or a scale.
func checkCuts(l *Layout, parts []Part, frames [][]byte) error {
	end, at := 0, 0
	for i, frame := range frames {
		end += len(frame)
		for at < len(parts) && parts[at].Offset+parts[at].Bytes <= end {
			at++
		}
		if at == len(parts) || end <= parts[at].Offset {
			continue
		}
		p := &parts[at]
		inside, head := end-p.Offset, p.Head(l.At(p.Tensor))
		unit := headUnit
		if inside >= head {
			inside -= head
			unit = p.Element()
		}
		if inside%unit != 0 {
			return fault.New(fault.Alignment, "payload frame %d ends inside an element, an index or a scale", i)
		}
	}
	return nil
}

// Gather joins size octets at offset; it copies only where they lie in several frames.
func Gather(frames [][]byte, offset, size int) []byte {
	for len(frames) > 0 && offset >= len(frames[0]) {
		offset -= len(frames[0])
		frames = frames[1:]
	}
	if size == 0 {
		return nil
	}
	if offset+size <= len(frames[0]) {
		return frames[0][offset : offset+size]
	}
	joined := make([]byte, 0, size)
	for len(joined) < size {
		take := min(size-len(joined), len(frames[0])-offset)
		joined = append(joined, frames[0][offset:offset+take]...)
		frames, offset = frames[1:], 0
	}
	return joined
}

// Decode is the values of each part's tensor as elements of dtype, one after the other, 0 where there
// is none. The parts were checked.
func Decode(l *Layout, parts []Part, frames [][]byte, dtype DType) ([][]byte, error) {
	values := make([][]byte, len(parts))
	for i := range parts {
		p := &parts[i]
		t := l.At(p.Tensor)
		values[i] = Octets(t.Elements * dtype.Size())
		if err := p.Add(t, Gather(frames, p.Offset, p.Bytes), values[i], dtype, 1); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// frameBytes is how long the frames of a payload are: about 1 MiB, and more where there would be too many.
func frameBytes(payload int) int {
	frame := FrameBytesUsual
	for frame < FrameBytesMax && payload/frame >= PayloadFramesMax/2 {
		frame *= 2
	}
	return frame
}

// Cut says where the frames of a payload of placed parts end: none inside an element, an index or a scale.
func Cut(l *Layout, parts []Part) []int {
	total := 0
	for i := range parts {
		total += parts[i].Bytes
	}
	c := cutter{frame: frameBytes(total)}
	for i := range parts {
		p := &parts[i]
		head := p.Head(l.At(p.Tensor))
		c.run(p.Offset, head, headUnit)
		c.run(p.Offset+head, p.Bytes-head, p.Element())
	}
	return c.ends
}

// CutDense does the same for a payload of elements of one size.
func CutDense(bytes, size int) []int {
	c := cutter{frame: frameBytes(bytes)}
	c.run(0, bytes, size)
	return c.ends
}

type cutter struct {
	frame int // longest one
	ends  []int
}

// run adds the frames of size octets from at on, which may end at a multiple of unit behind it. The
// last frame so far is filled up first.
func (c *cutter) run(at, size, unit int) {
	if size == 0 {
		return
	}
	end := at + size
	if last := len(c.ends) - 1; last >= 0 {
		begin := 0
		if last > 0 {
			begin = c.ends[last-1]
		}
		room := max(c.frame-(at-begin), 0) / unit * unit
		at += min(room, size)
		c.ends[last] = at
	}
	for step := c.frame / unit * unit; at < end; {
		at = min(at+step, end)
		c.ends = append(c.ends, at)
	}
}

package gradmq

import (
	"context"
	"sync"

	"github.com/gradmq/gradmq/bindings/go/internal/compress"
	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// Compression is how whole gradients are made shorter: [NoCompression], [CompressInt8], [CompressTopK] or
// [CompressLowRank].
type Compression struct {
	how compress.How
	err error
}

// NoCompression sends gradients as they are: the default.
func NoCompression() Compression { return Compression{} }

// CompressInt8 sends octets, with a scale for 256 of them: about a quarter of float32.
func CompressInt8() Compression { return makeCompression(compress.How{Method: compress.Int8}) }

// CompressTopK sends of each tensor the elements of the greatest magnitude, a fraction of them above 0 and at
// most 1.
func CompressTopK(fraction float64) Compression {
	if fraction == 0 {
		return Compression{err: fault.New(fault.Argument, "a fraction of 0 would send nothing")}
	}
	return makeCompression(compress.How{Method: compress.TopK, Fraction: fraction})
}

// CompressLowRank sends of each matrix two thin factors of so many columns (PowerSGD); other tensors go
// whole.
func CompressLowRank(rank int) Compression {
	if rank < 1 {
		return Compression{err: fault.New(fault.Argument, "rank %d; it has to be at least 1", rank)}
	}
	return makeCompression(compress.How{Method: compress.LowRank, Rank: rank})
}

// WithoutFeedback forgets what is left out; training then ends beside the optimum.
func (c Compression) WithoutFeedback() Compression {
	c.how.WithoutFeedback = true
	return c
}

func makeCompression(how compress.How) Compression {
	err := how.Check()
	return Compression{how, err}
}

// compression is a compressor for one layout. What it made knows it, so that what comes back to another
// one is forgotten.
type compression struct {
	compress.Compressor
	how    compress.How
	layout *Layout
}

// returns are payloads of which what they held goes with a later gradient. The loop adds, pushes take.
type returns struct {
	mutex sync.Mutex
	list  []struct {
		to      *compression
		payload []byte
	}
}

func (r *returns) add(to *compression, payload []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.list = append(r.list, struct {
		to      *compression
		payload []byte
	}{to, payload})
}

// take gives back to a compressor what is its own.
func (r *returns) take(by *compression) {
	r.mutex.Lock()
	list := r.list
	r.list = nil
	r.mutex.Unlock()
	for _, one := range list {
		if one.to == by {
			by.Return(one.payload)
		}
	}
}

// Compress compresses the whole gradients that are pushed from now on. What one loses by it is kept in the
// worker, a residual of the model's size, and goes with the next ones; so does what was SKIPPED,
// DISCARDED or REFUSED (but with NON_FINITE). A tensor that would not become shorter goes as it is, and
// so do model parameters. Push then takes the model's own element type alone, and finite values. A new
// call forgets the residual, and so does a model of another layout.
//
// It fails with CodeArgument; nothing is then changed.
func (w *Worker) Compress(ctx context.Context, c Compression) error {
	if c.err != nil {
		return c.err
	}
	ctx, cancel := w.s.within(ctx)
	defer cancel()
	if err := turn(ctx, w.pushing, "a push"); err != nil {
		return err
	}
	defer func() { <-w.pushing }()
	w.compressor = nil
	if c.how.Method != compress.None {
		w.compressor = newCompression(c.how, w.Layout())
	}
	return nil
}

func newCompression(how compress.How, l *Layout) *compression {
	return &compression{compress.New(how, l), how, l}
}

func (w *Worker) pushCompressed(ctx context.Context, l *Layout, planned *plan, o *PushOptions,
	base *ledger.Place) (uint64, error) {
	if planned.dtype != l.DType() {
		return 0, fault.New(fault.Argument, "gradients are compressed from the model's own dtype, %v; give that", l.DType())
	}
	if w.compressor.layout.ID() != l.ID() {
		w.compressor = newCompression(w.compressor.how, l)
	}
	c := w.compressor
	if err := w.awaitRoom(ctx, c.Bytes()); err != nil {
		return 0, err
	}
	w.returns.take(c)
	gradient := planned.data[0]
	if planned.rows != nil {
		gradient = tensor.Octets(planned.bytes)
		planned.write(gradient)
	}
	//  The numbers are divided here, so that what remains has no scale.
	said := *o
	factor := 1.0
	if o.LossScale > 0 {
		factor = 1 / o.LossScale
	}
	said.LossScale = 0
	octets := w.pool.take(c.Bytes())
	if err := c.Encode(gradient, factor, octets); err != nil {
		w.pool.put(octets)
		return 0, err
	}
	p := &parcel{layout: l, options: &said, bytes: c.Bytes(), parts: c.Parts(), base: base}
	p.payload, p.pooled = zmq.NewPayload(octets, tensor.Cut(l, c.Parts())), true
	p.release, p.compressed = o.Release, c
	sequence, err := w.send(ctx, p)
	if err == nil {
		c.Sent()
	}
	return sequence, err
}

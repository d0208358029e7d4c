// Package wiretest reads gradients and requests as a coordinator does. It is what the golden vectors
// and the tests of writers are held against; the library itself does not use it.
package wiretest

import (
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
)

// DecodeGradient reads a gradient's header and makes checks 1, 4 and, as far as no layout is needed,
// 9 of rule G-2. What is refused by check 9 is attributable to its worker.
func DecodeGradient(header []byte) (gradient *pb.Gradient, attributable bool, err error) {
	gradient, err = wire.DecodeGradient(header)
	if err != nil {
		return nil, false, err
	}
	return checkGradient(gradient)
}

func checkGradient(g *pb.Gradient) (*pb.Gradient, bool, error) {
	if err := understood(g.ProtoReflect().Descriptor(), g.MustUnderstand); err != nil {
		return nil, false, err
	}
	for _, name := range []string{g.GetModel(), g.GetWorker()} {
		if !wire.NameValid(name) {
			return nil, false, fault.New(fault.Name, "%q is not a valid name", name)
		}
	}
	if g.GetIncarnation() == 0 || g.GetSequence() == 0 || g.GetLowWater() > g.GetSequence() {
		return nil, false, fault.New(fault.Argument, "incarnation %d, sequence %d and low_water %d cannot be",
			g.GetIncarnation(), g.GetSequence(), g.GetLowWater())
	}
	for _, check := range []func(*pb.Gradient) error{checkNumbers, checkParts, checkMetrics} {
		if err := check(g); err != nil {
			return nil, true, err
		}
	}
	return g, true, nil
}

func understood(message protoreflect.MessageDescriptor, numbers []uint32) error {
	for _, number := range numbers {
		if message.Fields().ByNumber(protoreflect.FieldNumber(number)) == nil {
			return fault.New(fault.Unsupported, "must_understand names field %d of %s, which is not known here",
				number, message.Name())
		}
	}
	return nil
}

// positive tells whether a number that is 1 when absent is finite and above 0.
func positive(number *float64) bool {
	return number == nil || *number > 0 && !math.IsInf(*number, 0)
}

func checkDType(dtype *uint32) error {
	if dtype != nil && tensor.DType(*dtype).Size() == 0 {
		return fault.New(fault.Unsupported, "dtype %d is not known here", *dtype)
	}
	return nil
}

func checkNumbers(g *pb.Gradient) error {
	if g.Kind != nil && (*g.Kind < 1 || *g.Kind > 4) {
		return fault.New(fault.Unsupported, "kind %d is not known here", *g.Kind)
	}
	if !positive(g.Weight) || !positive(g.LossScale) {
		return fault.New(fault.Argument, "weight and loss_scale have to be finite and above 0")
	}
	return checkDType(g.Dtype)
}

func checkParts(g *pb.Gradient) error {
	if len(g.Parts) > tensor.TensorsMax {
		return fault.New(fault.Argument, "the gradient has %d parts", len(g.Parts))
	}
	for i, part := range g.Parts {
		if part.Tensor == nil {
			return fault.New(fault.Argument, "a part names no tensor")
		}
		if part.Encoding != nil && !tensor.Encoding(*part.Encoding).Known() {
			return fault.New(fault.Unsupported, "encoding %d is not known here", *part.Encoding)
		}
		if err := checkDType(part.Dtype); err != nil {
			return err
		}
		if i > 0 && *part.Tensor <= *g.Parts[i-1].Tensor {
			return fault.New(fault.Argument, "parts ascend, one a tensor")
		}
	}
	return nil
}

func checkMetrics(g *pb.Gradient) error {
	if len(g.Metrics) > wire.MetricsMax {
		return fault.New(fault.Argument, "the gradient has %d metrics", len(g.Metrics))
	}
	for _, metric := range g.Metrics {
		if !tensor.TextValid(metric.GetName(), wire.NameBytesMax) {
			return fault.New(fault.Name, "%q is not a valid metric name", metric.GetName())
		}
		value := metric.GetValue()
		if math.IsNaN(value) || math.IsInf(value, 0) || !positive(metric.Weight) {
			return fault.New(fault.Argument, "metric %q is %g", metric.GetName(), value)
		}
	}
	return nil
}

// CheckGradient holds a gradient that was read and its payload against a layout: the rest of check 9.
func CheckGradient(g *pb.Gradient, l *tensor.Layout, frames [][]byte) error {
	if g.Kind != nil && *g.Kind == 4 {
		if len(g.Parts) > 0 || len(frames) > 0 {
			return fault.New(fault.Length, "a SKIP has no payload")
		}
		if g.Layout == nil {
			return nil
		}
	}
	if g.GetLayout() != l.ID() {
		return fault.New(fault.Layout, "the gradient is for layout %016x, the model has %016x", g.GetLayout(), l.ID())
	}
	if g.Kind != nil && *g.Kind == 4 {
		return nil
	}
	dtype := l.DType()
	if g.Dtype != nil {
		dtype = tensor.DType(*g.Dtype)
	}
	if len(g.Parts) == 0 {
		return tensor.Check(l, tensor.Whole(l, dtype), frames)
	}
	parts := Parts(g.Parts, dtype)
	if _, err := tensor.Place(l, parts); err != nil {
		return err
	}
	for i, part := range g.Parts {
		if part.Bytes != nil && *part.Bytes != uint64(parts[i].Bytes) {
			return fault.New(fault.Length, "part %d states %d bytes; it has to have %d", i, *part.Bytes, parts[i].Bytes)
		}
	}
	return tensor.Check(l, parts, frames)
}

// Parts turns a message's parts into those of package tensor; they have no place yet.
func Parts(from []*pb.Part, dtype tensor.DType) []tensor.Part {
	parts := make([]tensor.Part, len(from))
	for i, part := range from {
		parts[i] = tensor.Part{Tensor: int(part.GetTensor()), Encoding: tensor.Dense, DType: dtype,
			Count: int(min(part.GetCount(), 1<<62))}
		if part.Encoding != nil {
			parts[i].Encoding = tensor.Encoding(*part.Encoding)
		}
		if part.Dtype != nil {
			parts[i].DType = tensor.DType(*part.Dtype)
		}
	}
	return parts
}

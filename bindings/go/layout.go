package gradmq

import (
	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// DType is the type of a tensor's elements: F32, F64, F16 or BF16. Its Size method tells the octets of an
// element.
type DType = tensor.DType

// The element types there are. A model is of F32 or F64; gradients and updates can be of any.
const (
	F32  DType = tensor.F32
	F64  DType = tensor.F64
	F16  DType = tensor.F16
	BF16 DType = tensor.BF16
)

// Layout is the ordered list of a model's tensors and its element type; it does not change. At (i) is a
// tensor, Len their number, Index finds one by name, Elements counts those of the whole model, DType
// is its type, ID its id. In packed form the tensors stand one after the other, row-major.
type Layout = tensor.Layout

// TensorInfo is one tensor of a layout: Name, Shape (row-major; empty for a scalar), Elements, and First,
// the index of its first element in the packed model.
type TensorInfo = tensor.Info

// layoutOf takes a layout over from a message; nil where the message has none.
func layoutOf(from *pb.Layout) (*Layout, error) {
	if len(from.GetTensors()) == 0 {
		return nil, nil
	}
	infos := make([]TensorInfo, len(from.Tensors))
	for i, one := range from.Tensors {
		infos[i] = TensorInfo{Name: one.GetName(), Shape: tensor.Dimensions(one.Shape)}
	}
	dtype := DType(from.GetDtype())
	if from.Dtype == nil {
		dtype = F32
	}
	return tensor.NewLayout(infos, dtype)
}

// describedLayout is the layout of a description, whose id is held against ours.
func describedLayout(d *pb.Description) (*Layout, error) {
	l, err := layoutOf(d.GetLayout())
	if err == nil && l != nil && l.ID() != d.GetLayoutId() {
		return nil, fault.New(fault.Layout, "the coordinator says that its layout is %016x, and what it describes is "+
			"%016x: one of the two is wrong", d.GetLayoutId(), l.ID())
	}
	return l, err
}

// message is a layout as a message has it.
func layoutMessage(l *Layout) *pb.Layout {
	m := &pb.Layout{Dtype: proto.Uint32(uint32(l.DType()))}
	for i := 0; i < l.Len(); i++ {
		one := &pb.Tensor{Name: proto.String(l.At(i).Name)}
		for _, dimension := range l.At(i).Shape {
			one.Shape = append(one.Shape, uint64(dimension))
		}
		m.Tensors = append(m.Tensors, one)
	}
	return m
}

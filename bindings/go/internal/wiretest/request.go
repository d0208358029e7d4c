package wiretest

import (
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
)

// Texts of settings and patterns have fewer octets than this.
const textBytes = 128

// DecodeRequest reads a request's header as a coordinator does before it looks at its model.
func DecodeRequest(header []byte) (*pb.Request, error) {
	request, err := wire.DecodeRequest(header)
	if err != nil {
		return nil, err
	}
	if err := understood(request.ProtoReflect().Descriptor(), request.MustUnderstand); err != nil {
		return nil, err
	}
	for _, name := range []*string{request.Client, request.Model} {
		if err := checkName(name, false); err != nil {
			return nil, err
		}
	}
	return request, checkBody(request)
}

func checkName(name *string, needed bool) error {
	if name == nil && !needed {
		return nil
	}
	if name == nil || !wire.NameValid(*name) {
		return fault.New(fault.Name, "a name is missing or not valid")
	}
	return nil
}

func checkBody(request *pb.Request) error {
	switch body := request.Body.(type) {
	case nil:
		return fault.New(fault.Command, "the request has no command")
	case *pb.Request_Join:
		return checkName(body.Join.Worker, true)
	case *pb.Request_Leave:
		return checkName(body.Leave.Worker, true)
	case *pb.Request_Acknowledgement:
		return checkName(body.Acknowledgement.Worker, true)
	case *pb.Request_GetModelParameters:
		return checkName(body.GetModelParameters.Stream, false)
	case *pb.Request_SetParameters:
		return checkSettings(body.SetParameters.Settings)
	case *pb.Request_SetModelParameters:
		if err := checkDType(body.SetModelParameters.Dtype); err != nil {
			return err
		}
		if layout := body.SetModelParameters.Layout; layout != nil {
			return checkDType(layout.Dtype)
		}
	case *pb.Request_AddGradients:
		return checkAdded(body.AddGradients.Gradient)
	case *pb.Request_AddModelParameters:
		return checkAdded(body.AddModelParameters.Gradient)
	case *pb.Request_ListWorkers:
		if body.ListWorkers.GetLimit() > 1024 {
			return fault.New(fault.Argument, "a page has at most 1024 workers")
		}
	case *pb.Request_Sync:
		if body.Sync.GetNonce() == 0 {
			return fault.New(fault.Argument, "Sync needs a nonce other than 0")
		}
	case *pb.Request_Record:
		return checkRecord(body.Record)
	}
	return nil
}

func checkRecord(record *pb.RecordRequest) error {
	if !record.GetStop() {
		return checkName(record.Name, true)
	}
	if record.Name != nil {
		return fault.New(fault.Argument, "Record with both a name and stop")
	}
	return nil
}

func checkAdded(gradient *pb.Gradient) error {
	if gradient == nil {
		return fault.New(fault.Argument, "the request has no gradient")
	}
	_, _, err := checkGradient(gradient)
	return err
}

func checkSettings(settings *pb.Settings) error {
	if settings == nil {
		return nil
	}
	if groups := settings.GetGroups().GetGroups(); len(groups) > 64 {
		return fault.New(fault.Argument, "%d groups; there can be 64", len(groups))
	}
	if err := checkValues(settings.ProtoReflect()); err != nil {
		return err
	}
	for _, group := range settings.GetGroups().GetGroups() {
		if err := checkValues(group.ProtoReflect()); err != nil {
			return err
		}
	}
	return nil
}

// checkValues finds a number that is not finite and a text that is too long.
func checkValues(message protoreflect.Message) (err error) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch field.Kind() {
		case protoreflect.DoubleKind:
			if x := value.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
				err = fault.New(fault.Argument, "%s is %g; it has to be finite", field.Name(), x)
			}
		case protoreflect.StringKind:
			most := textBytes - 1
			if field.Name() == "pattern" {
				most = textBytes
			}
			if len(value.String()) > most {
				err = fault.New(fault.Argument, "%s has %d bytes", field.Name(), len(value.String()))
			}
		}
		return err == nil
	})
	return err
}

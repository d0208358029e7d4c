package conformance

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/wiretest"
)

// reader reads a header of one kind.
type reader func(header []byte) (proto.Message, error)

// runHeader holds a reader against a vector, and then the writer.
func runHeader(t *testing.T, v *vector, kind wire.Kind, at int, wanted proto.Message, read reader) {
	t.Helper()
	all := frames(t, v.Frames)
	got, err := read(all[at])
	if v.Error != "" {
		if err == nil && v.MayTake {
			return
		}
		refusedWith(t, v.Error, err)
		if fault.CodeOf(err).Text() == "" {
			t.Error("it is refused without a sentence")
		}
		return
	}
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if err := protojson.Unmarshal(v.Message, wanted); err != nil {
		t.Fatalf("the vector's message: %v", err)
	}
	if wrong := differ(wanted, got); wrong != "" {
		t.Errorf("read: %s", wrong)
	}
	header, err := wire.Encode(kind, wanted)
	if err != nil {
		t.Fatal(err)
	}
	again, err := read(header)
	if err != nil {
		t.Fatalf("what was written is refused: %v", err)
	}
	if wrong := differ(wanted, again); wrong != "" {
		t.Errorf("written and read: %s", wrong)
	}
}

func runGradient(t *testing.T, v *vector) {
	all := frames(t, v.Frames)
	runHeader(t, v, wire.Gradient, 0, new(pb.Gradient), func(header []byte) (proto.Message, error) {
		gradient, attributable, err := wiretest.DecodeGradient(header)
		if err != nil && v.Attributable != nil && attributable != *v.Attributable {
			t.Errorf("attributable is %v: %v", attributable, err)
		}
		return gradient, err
	})
	if v.Check == "" {
		return
	}
	gradient, _, err := wiretest.DecodeGradient(all[0])
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if name = string(v.Layout); len(name) < 2 {
		t.Fatal("the vector names no layout")
	}
	refusedWith(t, v.Check, wiretest.CheckGradient(gradient, layoutNamed(t, name[1:len(name)-1]), all[1:]))
}

func runUpdate(t *testing.T, v *vector) {
	runHeader(t, v, wire.Update, 1, new(pb.Update), func(header []byte) (proto.Message, error) {
		return wire.DecodeUpdate(header)
	})
}

func runEvent(t *testing.T, v *vector) {
	runHeader(t, v, wire.Event, 1, new(pb.Event), func(header []byte) (proto.Message, error) {
		return wire.DecodeEvent(header)
	})
}

func runReply(t *testing.T, v *vector) {
	runHeader(t, v, wire.Reply, 0, new(pb.Reply), func(header []byte) (proto.Message, error) {
		return wire.DecodeReply(header)
	})
}

func runRequest(t *testing.T, v *vector) {
	runHeader(t, v, wire.Request, 0, new(pb.Request), func(header []byte) (proto.Message, error) {
		return wiretest.DecodeRequest(header)
	})
	if v.RequestID == 0 {
		return
	}
	if id := wire.RequestID(frames(t, v.Frames)[0]); id != uint64(v.RequestID) {
		t.Errorf("the request id is read as %d, not %d", id, v.RequestID)
	}
}

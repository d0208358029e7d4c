package conformance

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/wiretest"
)

// refusedWith checks that err is nil where wanted is empty or OK, else an error of that code.
func refusedWith(t *testing.T, wanted string, err error) {
	t.Helper()
	if wanted == "" {
		wanted = "OK"
	}
	if got := fault.CodeOf(err).String(); got != wanted {
		t.Errorf("%s, not %s: %v", got, wanted, err)
	}
}

func runLayout(t *testing.T, v *vector) {
	l, err := layout(t, v.Layout)
	refusedWith(t, v.Error, err)
	if err != nil {
		return
	}
	if !bytes.Equal(l.Canonical(), unhex(t, v.Canonical)) {
		t.Errorf("the canonical string is %x", l.Canonical())
	}
	if l.ID() != uint64(v.ID) {
		t.Errorf("the id is %d, not %d", l.ID(), v.ID)
	}
}

func runDType(t *testing.T, v *vector) {
	from, to := dtypeNamed(t, v.From), dtypeNamed(t, v.To)
	input, output := unhex(t, v.Input), unhex(t, v.Output)
	count := len(input) / from.Size()
	made := make([]byte, count*to.Size())
	for i := 0; i < count; i++ {
		tensor.Put(to, made, i, tensor.Get(from, input, i))
	}
	if !bytes.Equal(made, output) {
		t.Errorf("%x\nbecame %x,\nnot    %x", input, made, output)
	}
}

func runPayload(t *testing.T, v *vector) {
	l, err := layout(t, v.Layout)
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]*pb.Part, len(v.Parts))
	for i, text := range v.Parts {
		messages[i] = new(pb.Part)
		if err := protojson.Unmarshal(text, messages[i]); err != nil {
			t.Fatal(err)
		}
	}
	parts := wiretest.Parts(messages, tensor.DType(v.DType))
	octets := frames(t, v.Frames)
	_, err = tensor.Place(l, parts)
	if err == nil {
		err = tensor.Check(l, parts, octets)
	}
	refusedWith(t, v.Error, err)
	if err != nil || v.Error != "" {
		return
	}
	values, err := tensor.Decode(l, parts, octets, tensor.F64)
	if err != nil {
		t.Fatal(err)
	}
	for i, wanted := range v.Values {
		for k, text := range wanted {
			value, err := text.Float64()
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.Get(tensor.F64, values[i], k); got != value {
				t.Fatalf("element %d of part %d is %g, not %g", k, i, got, value)
			}
		}
		if have := l.At(parts[i].Tensor).Elements; have != len(wanted) {
			t.Errorf("part %d has %d elements, not %d", i, have, len(wanted))
		}
	}
}

func runTopic(t *testing.T, v *vector) {
	model, worker, made := v.Of["model"], v.Of["worker"], ""
	switch kind, _, _ := strings.Cut(v.Topic, "/"); kind {
	case "sync":
		var nonce number
		if err := json.Unmarshal([]byte(v.Of["nonce"]), &nonce); err != nil {
			t.Fatal(err)
		}
		made = wire.TopicSync(uint64(nonce))
	case "params":
		made = wire.TopicUpdates(model, v.Of["stream"])
	case "ack":
		made = wire.TopicAck(model, worker)
	case "announce":
		made = wire.TopicAnnounce(model)
	case "malformed":
		made = wire.TopicMalformed(model)
	case "event":
		if made = wire.TopicAll(model); worker != "" {
			made = wire.TopicWorker(model, worker)
		}
	}
	if made != v.Topic {
		t.Errorf("%s, not %s", made, v.Topic)
	}
}

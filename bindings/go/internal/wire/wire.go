// Package wire turns messages into frames and back: sections 2 to 4 of the protocol. What comes from
// outside is checked here, before anything else sees it.
package wire

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// Limits of the protocol, section 18.
const (
	PreambleBytes  = 8
	HeaderBytesMax = 1 << 20
	NameBytesMax   = 64
	MetricsMax     = 32
	WindowMax      = 1024
)

// Kind is what a message is, as the preamble says it.
type Kind byte

// The kinds there are.
const (
	Gradient Kind = 1
	Update   Kind = 2
	Event    Kind = 3
	Request  Kind = 4
	Reply    Kind = 5
)

// String names the kind.
func (k Kind) String() string {
	names := []string{"nothing", "a gradient", "an update", "an event", "a request", "a reply"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

const major = 1

var magic = [4]byte{0x47, 0x4d, 0x51, 0xf1}

// Preamble is what every header of a kind begins with.
func Preamble(kind Kind) [PreambleBytes]byte {
	return [PreambleBytes]byte{magic[0], magic[1], magic[2], magic[3], major, byte(kind)}
}

// Open checks the preamble of a header and gives the protobuf message behind it.
func Open(header []byte, kind Kind) ([]byte, error) {
	if len(header) < PreambleBytes {
		return nil, fault.New(fault.Malformed, "the header has %d bytes; the preamble alone has %d",
			len(header), PreambleBytes)
	}
	switch {
	case [4]byte(header) != magic:
		return nil, fault.New(fault.Preamble, "the header begins with % X, not with % X", header[:4], magic)
	case header[4] != major:
		return nil, fault.New(fault.Version, "the header is of protocol version %d; this is version %d",
			header[4], major)
	case Kind(header[5]) != kind:
		return nil, fault.New(fault.Preamble, "a message of kind %d (%v) came where %v belongs",
			header[5], Kind(header[5]), kind)
	case header[6] != 0 || header[7] != 0:
		return nil, fault.New(fault.Unsupported, "the flags are %02X %02X; none is defined", header[6], header[7])
	case len(header) > HeaderBytesMax:
		return nil, fault.New(fault.TooLarge, "the header has %d bytes; it can have %d", len(header), HeaderBytesMax)
	}
	return header[PreambleBytes:], nil
}

// Encode writes a header: preamble and message.
func Encode(kind Kind, message proto.Message) ([]byte, error) {
	preamble := Preamble(kind)
	header, err := proto.MarshalOptions{}.MarshalAppend(preamble[:], message)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "%v cannot be written: %v", kind, err)
	}
	if len(header) > HeaderBytesMax {
		return nil, fault.New(fault.TooLarge, "%v has a header of %d bytes; %d can go", kind, len(header), HeaderBytesMax)
	}
	return header, nil
}

func decode(kind Kind, header []byte, message proto.Message) error {
	body, err := Open(header, kind)
	if err != nil {
		return err
	}
	if err := scan(message.ProtoReflect().Descriptor(), body, kind == Request); err != nil {
		return err
	}
	if err := proto.Unmarshal(body, message); err != nil {
		return fault.Wrap(fault.Malformed, err, "the header is not %v: %v", kind, err)
	}
	return nil
}

// DecodeReply reads the header of a reply.
func DecodeReply(header []byte) (*pb.Reply, error) {
	reply := new(pb.Reply)
	return reply, decode(Reply, header, reply)
}

// DecodeEvent reads the header of an event.
func DecodeEvent(header []byte) (*pb.Event, error) {
	event := new(pb.Event)
	return event, decode(Event, header, event)
}

// DecodeUpdate reads the header of an update, and refuses a dtype or an encoding that is not known.
func DecodeUpdate(header []byte) (*pb.Update, error) {
	update := new(pb.Update)
	if err := decode(Update, header, update); err != nil {
		return nil, err
	}
	if update.Dtype != nil && tensor.DType(*update.Dtype).Size() == 0 {
		return nil, fault.New(fault.Unsupported, "dtype %d is not known here", *update.Dtype)
	}
	if update.Encoding != nil && !tensor.Encoding(*update.Encoding).Known() {
		return nil, fault.New(fault.Unsupported, "encoding %d is not known here", *update.Encoding)
	}
	return update, nil
}

// DecodeRequest reads the header of a request as far as protobuf goes. A client has no use for it but
// in tests.
func DecodeRequest(header []byte) (*pb.Request, error) {
	request := new(pb.Request)
	return request, decode(Request, header, request)
}

// DecodeGradient reads the header of a gradient as far as protobuf goes. A client has no use for it
// but in tests.
func DecodeGradient(header []byte) (*pb.Gradient, error) {
	gradient := new(pb.Gradient)
	return gradient, decode(Gradient, header, gradient)
}

// RequestID finds the id of a request whose header may be broken behind it, rule R-9.
func RequestID(header []byte) uint64 {
	id := uint64(0)
	for body := header[min(PreambleBytes, len(header)):]; len(body) > 0; {
		number, wireType, n := protowire.ConsumeTag(body)
		if n < 0 {
			break
		}
		size := protowire.ConsumeFieldValue(number, wireType, body[n:])
		if size < 0 {
			break
		}
		if number == 2 && wireType == protowire.VarintType {
			id, _ = protowire.ConsumeVarint(body[n:])
		}
		body = body[n+size:]
	}
	return id
}

// NameValid holds a name against rule A-1.
func NameValid(name string) bool {
	if name == "" || len(name) > NameBytesMax || name[0] == '-' || name[0] == '.' {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// Topics, section 2.

// TopicUpdates is where a stream of a model is published.
func TopicUpdates(model, stream string) string { return "params/" + model + "/" + stream + "/" }

// TopicAck is where the acknowledgements of a worker are published.
func TopicAck(model, worker string) string { return "ack/" + model + "/" + worker + "/" }

// TopicAll is where heartbeats and what concerns everybody are published.
func TopicAll(model string) string { return "event/" + model + "/all/" }

// TopicWorker is where what concerns one worker is published.
func TopicWorker(model, worker string) string { return "event/" + model + "/w/" + worker + "/" }

// TopicAnnounce is where it is told that there is a new version.
func TopicAnnounce(model string) string { return "announce/" + model + "/" }

// TopicMalformed is where it is told what could not be attributed.
func TopicMalformed(model string) string { return "malformed/" + model + "/" }

// TopicSync is where the mark of a Sync with this nonce appears.
func TopicSync(nonce uint64) string {
	var octets [8]byte
	binary.BigEndian.PutUint64(octets[:], nonce)
	return fmt.Sprintf("sync/%x/", octets)
}

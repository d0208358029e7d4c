package wire

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
)

// seeds are the short headers of the golden vectors.
func seeds(f *testing.F) {
	f.Helper()
	for _, subject := range []string{"reply", "event", "update", "gradient", "request"} {
		text, err := os.ReadFile("../../../../schemas/vectors/" + subject + ".json")
		if err != nil {
			f.Fatal(err)
		}
		var file struct {
			Vectors []struct{ Frames []json.RawMessage }
		}
		if err := json.Unmarshal(text, &file); err != nil {
			f.Fatal(err)
		}
		for _, v := range file.Vectors {
			for _, frame := range v.Frames {
				var digits string
				if json.Unmarshal(frame, &digits) != nil {
					continue
				}
				if octets, err := hex.DecodeString(digits); err == nil {
					f.Add(octets)
				}
			}
		}
	}
}

// FuzzDecode: whatever comes is taken or refused with a code that a peer can give, and what is taken can be
// written again.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, header []byte) {
		for kind, decode := range map[Kind]func([]byte) (proto.Message, error){
			Reply:    func(b []byte) (proto.Message, error) { return DecodeReply(b) },
			Event:    func(b []byte) (proto.Message, error) { return DecodeEvent(b) },
			Update:   func(b []byte) (proto.Message, error) { return DecodeUpdate(b) },
			Gradient: func(b []byte) (proto.Message, error) { return DecodeGradient(b) },
			Request:  func(b []byte) (proto.Message, error) { return DecodeRequest(b) },
		} {
			message, err := decode(header)
			if err != nil {
				if code := fault.CodeOf(err); code == fault.OK || code == fault.Internal {
					t.Errorf("%v: refused with %v", kind, err)
				}
				continue
			}
			written, err := Encode(kind, message)
			if err != nil {
				continue
			}
			if _, err := decode(written); err != nil {
				t.Errorf("%v: what was written is refused: %v", kind, err)
			}
		}
		RequestID(header)
	})
}

func TestNames(t *testing.T) {
	for name, valid := range map[string]bool{"w": true, "W_1.b-2": true, "_": true, "": false, "-a": false, ".a": false,
		"a/b": false, "a b": false, "é": false, string(make([]byte, 65)): false} {
		if NameValid(name) != valid {
			t.Errorf("%q is valid: %v", name, !valid)
		}
	}
}

func TestHeaderThatIsTooLong(t *testing.T) {
	reply := &pb.Reply{Message: proto.String(string(make([]byte, HeaderBytesMax)))}
	if _, err := Encode(Reply, reply); fault.CodeOf(err) != fault.TooLarge {
		t.Error(err)
	}
}

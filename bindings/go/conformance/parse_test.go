package conformance

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// number is an integer of up to 64 bits, which stands as text or as a JSON number.
type number uint64

func (n *number) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 64)
	*n = number(value)
	return err
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// frames reads the three ways in which a frame can be written.
func frames(t *testing.T, list []json.RawMessage) [][]byte {
	t.Helper()
	var all [][]byte
	for _, one := range list {
		var text string
		var pieces []json.RawMessage
		var many struct {
			Frame string
			Times int
		}
		switch {
		case json.Unmarshal(one, &text) == nil:
			all = append(all, unhex(t, text))
		case json.Unmarshal(one, &pieces) == nil:
			all = append(all, join(t, pieces))
		case json.Unmarshal(one, &many) == nil:
			for ; many.Times > 0; many.Times-- {
				all = append(all, unhex(t, many.Frame))
			}
		default:
			t.Fatalf("not a frame: %s", one)
		}
	}
	return all
}

func join(t *testing.T, pieces []json.RawMessage) []byte {
	t.Helper()
	var frame []byte
	for _, piece := range pieces {
		var text string
		var repeated struct {
			Repeat string
			Count  int
		}
		if json.Unmarshal(piece, &text) == nil {
			frame = append(frame, unhex(t, text)...)
		} else if err := json.Unmarshal(piece, &repeated); err != nil {
			t.Fatal(err)
		} else {
			frame = append(frame, bytes.Repeat(unhex(t, repeated.Repeat), repeated.Count)...)
		}
	}
	return frame
}

func layout(t *testing.T, text json.RawMessage) (*tensor.Layout, error) {
	t.Helper()
	var from struct {
		Tensors []struct {
			Name  string
			Shape []number
		}
		DType number
	}
	if err := json.Unmarshal(text, &from); err != nil {
		t.Fatal(err)
	}
	infos := make([]tensor.Info, len(from.Tensors))
	for i, one := range from.Tensors {
		shape := make([]uint64, len(one.Shape))
		for k := range shape {
			shape[k] = uint64(one.Shape[k])
		}
		infos[i] = tensor.Info{Name: one.Name, Shape: tensor.Dimensions(shape)}
	}
	return tensor.NewLayout(infos, tensor.DType(from.DType))
}

// layoutNamed is a valid layout of layout.json.
func layoutNamed(t *testing.T, name string) *tensor.Layout {
	t.Helper()
	for _, v := range load(t, folder+"/layout.json") {
		if v.Name == name {
			found, err := layout(t, v.Layout)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
	}
	t.Fatalf("layout.json has no layout %q", name)
	return nil
}

func dtypeNamed(t *testing.T, name string) tensor.DType {
	t.Helper()
	for dtype := tensor.F32; dtype <= tensor.BF16; dtype++ {
		if dtype.String() == name {
			return dtype
		}
	}
	t.Fatalf("no dtype %q", name)
	return 0
}

package wire

import (
	"bytes"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// Field numbers of Request that stand for commands, known or not: rule R-2.
const commandFirst, commandLast = 10, 99

// scan holds the octets of a message against the schema where Go's protobuf is lenient: wire types,
// text, groups; and, with strict, unknown fields outside a gradient (W-6, W-7, R-2).
func scan(message protoreflect.MessageDescriptor, body []byte, strict bool) error {
	strict = strict && message.Name() != "Gradient"
	isRequest := message.Name() == "Request"
	command := protowire.Number(0)
	for len(body) > 0 {
		number, wireType, n := protowire.ConsumeTag(body)
		if n < 0 || wireType == protowire.StartGroupType || wireType == protowire.EndGroupType {
			return broken(message)
		}
		size := protowire.ConsumeFieldValue(number, wireType, body[n:])
		if size < 0 {
			return broken(message)
		}
		value := body[n : n+size]
		body = body[n+size:]
		field := message.Fields().ByNumber(number)
		isCommand := isRequest && number >= commandFirst && number <= commandLast
		switch {
		case field != nil:
			if err := scanField(field, wireType, value, strict); err != nil {
				return err
			}
		case strict && isCommand:
			return fault.New(fault.Command, "there is no command with field number %d here", number)
		case strict:
			return fault.New(fault.Unsupported, "field %d of %s is not known here", number, message.Name())
		}
		if isCommand {
			if command != 0 && command != number {
				return fault.New(fault.Command, "the request has the commands %d and %d; send them one by one",
					command, number)
			}
			command = number
		}
	}
	return nil
}

func broken(message protoreflect.MessageDescriptor) error {
	return fault.New(fault.Malformed, "%s breaks off or has a field that is broken", message.Name())
}

func scanField(field protoreflect.FieldDescriptor, wireType protowire.Type, value []byte, strict bool) error {
	wanted := wireTypeOf(field.Kind())
	if wireType != wanted {
		packed := field.IsList() && wanted != protowire.BytesType && wireType == protowire.BytesType
		if !packed || !packedValid(wanted, value) {
			return fault.New(fault.Malformed, "%s is not of its type", field.FullName())
		}
		return nil
	}
	if wireType != protowire.BytesType {
		return nil
	}
	content, _ := protowire.ConsumeBytes(value)
	switch field.Kind() {
	case protoreflect.StringKind:
		if !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
			return fault.New(fault.Malformed, "%s is not text in UTF-8", field.FullName())
		}
	case protoreflect.MessageKind:
		return scan(field.Message(), content, strict)
	}
	return nil
}

func wireTypeOf(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.Fixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	}
	return protowire.VarintType
}

func packedValid(wireType protowire.Type, value []byte) bool {
	content, _ := protowire.ConsumeBytes(value)
	if wireType == protowire.Fixed64Type {
		return len(content)%8 == 0
	}
	for len(content) > 0 {
		_, n := protowire.ConsumeVarint(content)
		if n < 0 {
			return false
		}
		content = content[n:]
	}
	return true
}

package conformance

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fields whose presence says something.
var presence = map[protoreflect.FullName]bool{
	"gradmq.v1.Gradient.based_on": true, "gradmq.v1.Gradient.clock": true, "gradmq.v1.Part.bytes": true,
	"gradmq.v1.Request.if_epoch": true, "gradmq.v1.Request.if_version": true,
	"gradmq.v1.GetModelParametersRequest.newer_than": true, "gradmq.v1.Heartbeat.deadline_ms": true,
	"gradmq.v1.StatusReport.deadline_ms": true, "gradmq.v1.Update.previous_published_epoch": true,
	"gradmq.v1.Update.previous_published_version": true,
}

// Fields that stand for 1 when they are absent.
var ones = map[protoreflect.FullName]bool{
	"gradmq.v1.Gradient.low_water": true, "gradmq.v1.Gradient.kind": true, "gradmq.v1.Gradient.weight": true,
	"gradmq.v1.Gradient.loss_scale": true, "gradmq.v1.Part.encoding": true, "gradmq.v1.Metric.weight": true,
	"gradmq.v1.Group.rate_scale": true,
}

// differ compares by meaning, rule W-9, and says where two messages are not the same.
func differ(a, b proto.Message) string { return compare(a.ProtoReflect(), b.ProtoReflect()) }

func compare(a, b protoreflect.Message) string {
	fields := a.Descriptor().Fields()
	for i := 0; i < fields.Len(); i++ {
		field := fields.Get(i)
		needed := presence[field.FullName()] || field.ContainingOneof() != nil
		if field.HasPresence() && needed && a.Has(field) != b.Has(field) {
			return fmt.Sprintf("%s is there in one only", field.FullName())
		}
		if wrong := compareField(field, a, b); wrong != "" {
			return wrong
		}
	}
	return ""
}

func compareField(field protoreflect.FieldDescriptor, a, b protoreflect.Message) string {
	if !field.IsList() {
		if field.Kind() == protoreflect.MessageKind {
			return compare(a.Get(field).Message(), b.Get(field).Message())
		}
		if !sameValue(value(field, a), value(field, b)) {
			return fmt.Sprintf("%s is %v and %v", field.FullName(), value(field, a), value(field, b))
		}
		return ""
	}
	x, y := a.Get(field).List(), b.Get(field).List()
	if x.Len() != y.Len() {
		return fmt.Sprintf("%s has %d and %d items", field.FullName(), x.Len(), y.Len())
	}
	for i := 0; i < x.Len(); i++ {
		if field.Kind() == protoreflect.MessageKind {
			if wrong := compare(x.Get(i).Message(), y.Get(i).Message()); wrong != "" {
				return wrong
			}
		} else if !sameValue(x.Get(i).Interface(), y.Get(i).Interface()) {
			return fmt.Sprintf("%s differs at %d", field.FullName(), i)
		}
	}
	return ""
}

// value is a field's value, or its default.
func value(field protoreflect.FieldDescriptor, message protoreflect.Message) any {
	if message.Has(field) || !ones[field.FullName()] {
		got := message.Get(field).Interface()
		if field.FullName() == "gradmq.v1.Gradient.low_water" && got == uint64(0) {
			return uint64(1)
		}
		return got
	}
	switch field.Kind() {
	case protoreflect.DoubleKind:
		return 1.0
	case protoreflect.Uint32Kind:
		return uint32(1)
	}
	return uint64(1)
}

func sameValue(a, b any) bool {
	switch x := a.(type) {
	case float64:
		return math.Float64bits(x) == math.Float64bits(b.(float64))
	case []byte:
		return string(x) == string(b.([]byte))
	}
	return a == b
}

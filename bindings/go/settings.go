package gradmq

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
)

// Settings are settings by name, such as {"optimizer": "adam", "learning_rate": 1e-3}; the names are those that
// `gradmq describe --settings` lists. A value is a string, a number, a bool, for "groups" a []Group, or text
// that says the same; nil puts the setting back to its default.
type Settings map[string]any

// Group is what is different for the tensors whose names match a pattern; the first group that matches holds.
type Group struct {
	Pattern     string   // of a shell over tensor names: * ? [...]
	RateScale   float64  // multiplies the learning rate; 0: 1. Frozen is how to have none
	WeightDecay *float64 // instead of the setting of that name
	L2          *float64 // instead of the setting of that name
	Frozen      bool     // neither applied nor counted in a norm
}

// Setting is a setting in force.
type Setting struct {
	Name  string
	Value any  // string, float64, uint64, bool or []Group
	Given bool // somebody set it; else it is a default
}

// SettingsInForce are the settings of a coordinator at one time.
type SettingsInForce struct {
	Settings []Setting // by name
	Revision uint64    // + 1 a change
	// Epoch and Version are the position whose next step is the first under them.
	Epoch, Version uint64
	// Unset was put back by this change, because nothing reads it any more.
	Unset []string
}

// Get finds a setting; false: it has no value now, or there is none of that name.
func (s *SettingsInForce) Get(name string) (Setting, bool) {
	for _, setting := range s.Settings {
		if setting.Name == name {
			return setting, true
		}
	}
	return Setting{}, false
}

// SetParameters changes settings, all or nothing. What is not named keeps its value. It returns those in force
// from then on.
//
// It fails with CodeArgument, CodeUnsupported, CodeCondition; nothing is then changed.
func (c *Coordinator) SetParameters(ctx context.Context, settings Settings) (*SettingsInForce, error) {
	body := &pb.SetParametersRequest{Settings: &pb.Settings{}}
	message := body.Settings.ProtoReflect()
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		field := message.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil {
			return nil, fault.New(fault.Argument, "there is no setting %q; `gradmq describe --settings` lists those there are", name)
		}
		if settings[name] == nil {
			body.Reset_ = append(body.Reset_, name)
			continue
		}
		if err := setField(message, field, settings[name]); err != nil {
			return nil, err
		}
	}
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_SetParameters{SetParameters: body}}, "parameters")
	if err != nil {
		return nil, err
	}
	return settingsOf(reply.GetParameters()), nil
}

// GetParameters tells the settings in force.
func (c *Coordinator) GetParameters(ctx context.Context) (*SettingsInForce, error) {
	reply, err := c.plain(ctx, &pb.Request{Body: &pb.Request_GetParameters{GetParameters: &pb.GetParametersRequest{}}}, "parameters")
	if err != nil {
		return nil, err
	}
	return settingsOf(reply.GetParameters()), nil
}

func setField(message protoreflect.Message, field protoreflect.FieldDescriptor, value any) error {
	if field.Kind() == protoreflect.MessageKind {
		groups, ok := value.([]Group)
		if !ok {
			return fault.New(fault.Argument, "%s is a []Group, not a %T", field.Name(), value)
		}
		message.Set(field, protoreflect.ValueOfMessage(groupsMessage(groups).ProtoReflect()))
		return nil
	}
	converted, ok := convert(field.Kind(), value)
	if !ok {
		return fault.New(fault.Argument, "%s cannot be %v: it is a %v", field.Name(), value, kindName(field.Kind()))
	}
	message.Set(field, converted)
	return nil
}

func kindName(kind protoreflect.Kind) string {
	switch kind {
	case protoreflect.StringKind:
		return "text"
	case protoreflect.BoolKind:
		return "bool"
	case protoreflect.DoubleKind:
		return "number"
	}
	return "whole number that is not below 0"
}

// convert makes a value of the field's kind, of whatever Go type says it.
func convert(kind protoreflect.Kind, value any) (result protoreflect.Value, ok bool) {
	v := reflect.ValueOf(value)
	number, isNumber := 0.0, true
	switch {
	case v.CanInt():
		number = float64(v.Int())
	case v.CanUint():
		number = float64(v.Uint())
	case v.CanFloat():
		number = v.Float()
	case v.Kind() == reflect.String:
		var err error
		number, err = strconv.ParseFloat(v.String(), 64)
		isNumber = err == nil
	default:
		isNumber = false
	}
	whole := isNumber && number >= 0 && number == math.Trunc(number) && number < 1<<53
	switch {
	case kind == protoreflect.StringKind && v.Kind() == reflect.String:
		return protoreflect.ValueOfString(v.String()), true
	case kind == protoreflect.BoolKind && v.Kind() == reflect.Bool:
		return protoreflect.ValueOfBool(v.Bool()), true
	case kind == protoreflect.BoolKind && v.Kind() == reflect.String && (v.String() == "true" || v.String() == "false"):
		return protoreflect.ValueOfBool(v.String() == "true"), true
	case kind == protoreflect.DoubleKind && isNumber:
		return protoreflect.ValueOfFloat64(number), true
	case kind == protoreflect.Uint64Kind && whole:
		return protoreflect.ValueOfUint64(uint64(number)), true
	case kind == protoreflect.Uint32Kind && whole && number <= math.MaxUint32:
		return protoreflect.ValueOfUint32(uint32(number)), true
	}
	return result, false
}

func groupsMessage(groups []Group) *pb.Groups {
	m := &pb.Groups{}
	for _, group := range groups {
		one := &pb.Group{Pattern: proto.String(group.Pattern), WeightDecay: group.WeightDecay, L2: group.L2}
		if group.RateScale != 0 {
			one.RateScale = proto.Float64(group.RateScale)
		}
		if group.Frozen {
			one.Frozen = proto.Bool(true)
		}
		m.Groups = append(m.Groups, one)
	}
	return m
}

func groupsOf(m *pb.Groups) []Group {
	groups := make([]Group, len(m.GetGroups()))
	for i, one := range m.GetGroups() {
		groups[i] = Group{Pattern: one.GetPattern(), RateScale: 1, WeightDecay: one.WeightDecay, L2: one.L2, Frozen: one.GetFrozen()}
		if one.RateScale != nil {
			groups[i].RateScale = one.GetRateScale()
		}
	}
	return groups
}

func settingsOf(p *pb.Parameters) *SettingsInForce {
	s := &SettingsInForce{Revision: p.GetRevision(), Epoch: p.GetEffectiveFrom().GetEpoch(),
		Version: p.GetEffectiveFrom().GetVersion(), Unset: p.GetUnset()}
	p.GetSettings().ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		setting := Setting{Name: string(field.Name()), Given: slices.Contains(p.GetExplicitNames(), string(field.Name()))}
		switch field.Kind() {
		case protoreflect.MessageKind:
			setting.Value = groupsOf(p.GetSettings().GetGroups())
		case protoreflect.Uint32Kind:
			setting.Value = value.Uint()
		default:
			setting.Value = value.Interface()
		}
		s.Settings = append(s.Settings, setting)
		return true
	})
	slices.SortFunc(s.Settings, func(a, b Setting) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return s
}

// String is such as "learning_rate = 0.001".
func (s Setting) String() string { return fmt.Sprintf("%s = %v", s.Name, s.Value) }

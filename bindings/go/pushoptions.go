package gradmq

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
)

// Kind is what a push is; which of them are taken depends on the policy in force.
type Kind uint32

// The kinds there are.
const (
	KindGradient        Kind = 1 // policies async, bsp, ssp
	KindDelta           Kind = 2 // policy merge: parameters after training here, less those it began from
	KindModelParameters Kind = 3 // policy merge: the parameters themselves

	kindSkip Kind = 4
)

// Metric is a number that a worker reports about what it did.
type Metric struct {
	Name   string // 1 to 64 octets of UTF-8
	Value  float64
	Weight float64 // 0: 1
}

// Clock says which clock a push belongs to: under bsp the round, under ssp 1 + Stats.Clock.
type Clock struct {
	Number uint64
	Last   bool // it is the last push of that clock
}

// PushOptions is what a push may say beyond the numbers. The zero value, or nil, is what most workers want.
type PushOptions struct {
	// Weight is this contribution's share, such as a number of examples. 0: 1.
	Weight float64
	// LossScale: the coordinator divides by it. 0: 1.
	LossScale float64
	// From is the parameters that it was made from. nil: those that the worker gave last.
	From *Parameters
	// WithoutBase: do not state what parameters it was made from.
	WithoutBase bool
	// Clock: without it every push is a clock of its own.
	Clock *Clock
	// Metrics are at most 32.
	Metrics []Metric
	// Kind: 0 is a gradient, and with AddModelParameters the parameters themselves.
	Kind Kind
	// Release, where it is not nil, lends the numbers of a Packed push instead of having them copied: they
	// must not change until it is called, on a goroutine of the worker's own, once the push is settled
	// and sent. It is called when Push fails, too, before Push returns. It must not call the worker.
	Release func()
}

// Verdict is what became of a gradient that was not applied.
type Verdict struct {
	Sequence    uint64
	Disposition Disposition
	// Code says why, where it was refused or its step was not made; 0 where there is none.
	Code Code
}

// Disposition is what became of a gradient.
type Disposition uint32

// The dispositions there are beside APPLIED.
const (
	Excluded  Disposition = Disposition(ledger.Excluded)  // a rule left it out of a step
	Skipped   Disposition = Disposition(ledger.Skipped)   // its step was not made, or it was a skip
	Refused   Disposition = Disposition(ledger.Refused)   // something about it was wrong: see the code
	Discarded Disposition = Disposition(ledger.Discarded) // dropped by ClearGradients, Reset or a change of policy
)

// String is the disposition's name, such as "REFUSED".
func (d Disposition) String() string {
	names := []string{"UNKNOWN", "APPLIED", "EXCLUDED", "SKIPPED", "REFUSED", "DISCARDED"}
	if int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("DISPOSITION_%d", uint32(d))
}

func weightValid(weight float64) bool { return weight >= 0 && !math.IsInf(weight, 0) }

// check says what cannot be.
func (o *PushOptions) check() error {
	if !weightValid(o.Weight) || !weightValid(o.LossScale) {
		return fault.New(fault.Argument, "weight %g and loss scale %g must be finite and above 0", o.Weight, o.LossScale)
	}
	if o.Kind > KindModelParameters {
		return fault.New(fault.Argument, "there is no kind %d of push", o.Kind)
	}
	if len(o.Metrics) > wire.MetricsMax {
		return fault.New(fault.Argument, "%d metrics are given; %d can go", len(o.Metrics), wire.MetricsMax)
	}
	for _, m := range o.Metrics {
		if !tensor.TextValid(m.Name, wire.NameBytesMax) {
			return fault.New(fault.Name, "%q is no name of a metric: 1 to 64 bytes of UTF-8 without control characters", m.Name)
		}
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || !weightValid(m.Weight) {
			return fault.New(fault.Argument, "metric %s: value %g and weight %g must be finite, the weight not below 0",
				m.Name, m.Value, m.Weight)
		}
	}
	return nil
}

// say fills a message with what the options say.
func (o *PushOptions) say(g *pb.Gradient) {
	if o.Kind > KindGradient {
		g.Kind = proto.Uint32(uint32(o.Kind))
	}
	if o.Weight != 0 {
		g.Weight = proto.Float64(o.Weight)
	}
	if o.LossScale != 0 {
		g.LossScale = proto.Float64(o.LossScale)
	}
	if o.Clock != nil {
		g.Clock = proto.Uint64(o.Clock.Number)
		if o.Clock.Last {
			g.LastOfClock = proto.Bool(true)
		}
	}
	for _, m := range o.Metrics {
		metric := &pb.Metric{Name: proto.String(m.Name), Value: proto.Float64(m.Value)}
		if m.Weight != 0 {
			metric.Weight = proto.Float64(m.Weight)
		}
		g.Metrics = append(g.Metrics, metric)
	}
}

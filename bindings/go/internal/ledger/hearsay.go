package ledger

import (
	"fmt"
	"strings"
	"time"

	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
)

// States of a model.
const (
	Empty   = 1
	Stopped = 2
	Running = 3
	Closing = 4
)

// StateName names a state; one of a later version shows its number.
func StateName(state uint32) string {
	names := []string{"UNKNOWN", "EMPTY", "STOPPED", "RUNNING", "CLOSING"}
	if int(state) < len(names) {
		return names[state]
	}
	return fmt.Sprintf("STATE_%d", state)
}

// Hearsay is what heartbeats told of the coordinator, and the sentence for whoever waits: rule E-1.
type Hearsay struct {
	State     uint32 // 0: not known
	Heard     time.Time
	Heartbeat time.Duration
	MinClock  uint64

	why         string
	waitingFor  []string
	total       uint32
	hasDeadline bool
	deadline    time.Time
}

// Take takes a heartbeat in.
func (h *Hearsay) Take(beat *pb.Heartbeat, now time.Time) {
	h.State = beat.GetState()
	if beat.GetHeartbeatMs() > 0 {
		h.Heartbeat = Heartbeat(beat.GetHeartbeatMs())
	}
	h.MinClock = beat.GetMinClock()
	h.why = beat.GetWhy()
	h.waitingFor = beat.GetWaitingFor()
	h.total = beat.GetWaitingTotal()
	h.hasDeadline = beat.DeadlineMs != nil
	h.deadline = now.Add(Milliseconds(beat.GetDeadlineMs()))
}

// Milliseconds is a time that came over the wire; one that is too long is shortened to a year.
func Milliseconds(count uint64) time.Duration {
	return time.Duration(min(count, 366*24*3600*1000)) * time.Millisecond
}

// Heartbeat is a time between heartbeats that came over the wire, within what there can be.
func Heartbeat(milliseconds uint64) time.Duration {
	return time.Duration(max(50, min(milliseconds, 60000))) * time.Millisecond
}

// Say is such as "round 9 has 3 answers and waits for others: w2, w5 (2 in all), no longer than 1.5 s".
func (h *Hearsay) Say(now time.Time) string {
	if h.State == 0 {
		return "nothing was heard of the coordinator yet"
	}
	if silent := now.Sub(h.Heard); silent > 3*h.Heartbeat {
		return fmt.Sprintf("nothing was heard of the coordinator for %d s", int(silent.Seconds()))
	}
	if h.State != Running || h.why == "" {
		text := "the coordinator is " + StateName(h.State)
		if h.why != "" {
			text += ": " + h.why
		}
		return text
	}
	text := h.why
	if h.total > 0 {
		text += fmt.Sprintf(": %s (%d in all)", strings.Join(h.waitingFor, ", "), h.total)
	}
	if h.hasDeadline {
		text += fmt.Sprintf(", no longer than %.1f s", max(h.deadline.Sub(now), 0).Seconds())
	}
	return text
}

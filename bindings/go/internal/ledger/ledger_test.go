package ledger

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
)

const confirm = time.Second

var begin = time.Unix(1000, 0)

type settlement struct {
	sequence    uint64
	disposition Disposition
	code        fault.Code
}

// pushed is a ledger of incarnation 7 with so many gradients of 10 octets sent.
func pushed(count int) (*Ledger, *[]settlement) {
	var list []settlement
	l := New(7, 0, func(sequence uint64, disposition Disposition, code fault.Code) {
		list = append(list, settlement{sequence, disposition, code})
	})
	l.Credit = Credit{100, 1000}
	for range count {
		l.Outbox.Add(10)
	}
	return l, &list
}

func ack(received, settled, applied uint64) *pb.Acknowledgement {
	return &pb.Acknowledgement{Incarnation: proto.Uint64(7), ReceivedThrough: proto.Uint64(received),
		SettledThrough: proto.Uint64(settled), Applied: proto.Uint64(applied)}
}

func missing(first, last uint64, code fault.Code) *pb.Range {
	r := &pb.Range{First: proto.Uint64(first), Last: proto.Uint64(last)}
	if code != 0 {
		r.Code = proto.Uint32(uint32(code))
	}
	return r
}

func TestEachIsSettledOnce(t *testing.T) {
	l, list := pushed(4)
	a := ack(3, 3, 2)
	a.Dispositions = []*pb.Disposition{{Sequence: proto.Uint64(2), Disposition: proto.Uint32(4), Code: proto.Uint32(21)}}
	a.DispositionsFrom = proto.Uint64(1)
	for range 2 {
		l.Take(a, false, begin, confirm)
	}
	//  An older one changes nothing, nor does one of another incarnation.
	l.Take(ack(1, 1, 1), false, begin, confirm)
	other := ack(4, 4, 4)
	other.Incarnation = proto.Uint64(8)
	l.Take(other, false, begin, confirm)
	wanted := []settlement{{1, Applied, 0}, {2, Refused, fault.NonFinite}, {3, Applied, 0}}
	if len(*list) != len(wanted) {
		t.Fatalf("%v", *list)
	}
	for i := range wanted {
		if (*list)[i] != wanted[i] {
			t.Errorf("%v, not %v", (*list)[i], wanted[i])
		}
	}
	if l.Settled != 3 || l.Applied != 2 || l.Refused != 1 || l.Outbox.First != 4 || l.Outbox.Bytes != 10 {
		t.Errorf("%+v", l)
	}
}

func TestWhatIsNoLongerToldIsCounted(t *testing.T) {
	l, list := pushed(10)
	a := ack(10, 10, 7)
	a.DispositionsFrom = proto.Uint64(6)
	a.Dispositions = []*pb.Disposition{{Sequence: proto.Uint64(8), Disposition: proto.Uint32(5)}}
	l.Take(a, false, begin, confirm)
	//  4 of the last 5 were applied, so 3 of the first 5.
	if l.Applied != 7 || l.Refused != 3 || (*list)[0].disposition != Unknown || (*list)[7].disposition != Discarded {
		t.Errorf("%d applied, %d refused, %v", l.Applied, l.Refused, *list)
	}
}

func TestMoreThanWasSentIsNotSettled(t *testing.T) {
	l, list := pushed(2)
	l.Take(ack(1<<63, 1<<63, 1<<63), false, begin, confirm)
	if len(*list) != 2 || l.Outbox.Count() != 0 || l.Outbox.Bytes != 0 {
		t.Errorf("%v", *list)
	}
}

func TestNothingIsSentAgainOnATimeOut(t *testing.T) {
	l, _ := pushed(3)
	for seconds := range 3600 {
		if at := l.Outbox.Due(0, l.Credit, begin.Add(time.Duration(seconds)*time.Second)); at != 0 {
			t.Fatalf("%d is sent again after %d s", at, seconds)
		}
	}
}

func TestALossIsConfirmedByTwoLooks(t *testing.T) {
	l, _ := pushed(4)
	first := ack(1, 1, 1)
	first.Missing = []*pb.Range{missing(2, 3, 0)}
	l.Take(first, false, begin, confirm)
	if l.Confirm.Wait(begin, confirm) != 0 {
		t.Fatal("no look is wanted")
	}
	l.Take(first, true, begin, confirm)
	if wait := l.Confirm.Wait(begin, confirm); wait != confirm {
		t.Fatalf("the second look is wanted in %v", wait)
	}
	l.Take(first, true, begin.Add(confirm/2), confirm)
	if l.Outbox.Held() != 0 {
		t.Fatal("the second look came too soon")
	}
	second := ack(1, 1, 1)
	second.Missing = []*pb.Range{missing(3, 4, 0)}
	l.Take(second, true, begin.Add(confirm), confirm)
	if at := l.Outbox.Due(0, l.Credit, begin); at != 3 || l.Outbox.Held() != 1 {
		t.Errorf("%d is due, %d are held", at, l.Outbox.Held())
	}
}

func TestReceivingMoreBeginsTheLooksAnew(t *testing.T) {
	l, _ := pushed(4)
	first := ack(1, 1, 1)
	first.Missing = []*pb.Range{missing(2, 4, 0)}
	l.Take(first, true, begin, confirm)
	second := ack(2, 2, 2)
	second.Missing = []*pb.Range{missing(3, 4, 0)}
	l.Take(second, true, begin.Add(confirm), confirm)
	if l.Outbox.Held() != 0 {
		t.Error("R grew in between, and it counts as lost")
	}
	third := ack(2, 2, 2)
	l.Take(third, true, begin.Add(2*confirm), confirm)
	if l.Confirm.Wait(begin, confirm) != Never {
		t.Error("nothing is missing, and a look is wanted")
	}
}

func TestWhatWasTurnedAwayGoesInOrderAndWithinCredit(t *testing.T) {
	l, _ := pushed(3)
	a := ack(0, 0, 0)
	a.Missing = []*pb.Range{missing(1, 3, fault.QueueFull)}
	a.CreditGradients, a.CreditBytes = proto.Uint32(1), proto.Uint64(1000)
	l.Take(a, false, begin, confirm)
	if at := l.Outbox.Due(0, l.Credit, begin); at != 1 {
		t.Fatalf("%d is due", at)
	}
	l.Outbox.Resent(1, begin)
	if at := l.Outbox.Due(0, l.Credit, begin); at != 0 {
		t.Errorf("%d is beyond the credit", at)
	}
	//  Turned away again, it waits, twice as long each time; what was turned away once goes meanwhile.
	l.Take(a, false, begin, confirm)
	if at := l.Outbox.Due(0, l.Credit, begin); at != 2 {
		t.Errorf("%d is due", at)
	}
	l, _ = pushed(1)
	a.Missing = []*pb.Range{missing(1, 1, fault.QueueFull)}
	l.Take(a, false, begin, confirm)
	l.Outbox.Resent(1, begin)
	for _, wait := range []time.Duration{againFirst, 2 * againFirst, 4 * againFirst} {
		l.Take(a, false, begin, confirm)
		if got := l.Outbox.Wait(begin); got != wait || l.Outbox.Due(0, l.Credit, begin.Add(wait-1)) != 0 ||
			l.Outbox.Due(0, l.Credit, begin.Add(wait)) != 1 {
			t.Fatalf("it waits %v, not %v", got, wait)
		}
		l.Outbox.Resent(1, begin)
	}
}

func TestCodesThatAskMore(t *testing.T) {
	l, _ := pushed(3)
	a := ack(0, 0, 0)
	a.Missing = []*pb.Range{missing(1, 1, fault.NotJoined), missing(2, 2, fault.Fenced), missing(3, 3, fault.Closed)}
	if calls := l.Take(a, false, begin, confirm); calls != (Calls{true, true, true}) || l.Outbox.Held() != 0 {
		t.Errorf("%+v, %d held", calls, l.Outbox.Held())
	}
}

func TestAnotherProcessBeginsAnew(t *testing.T) {
	l, list := pushed(3)
	l.Take(ack(2, 1, 1), false, begin, confirm)
	l.Forget()
	l.Take(ack(1, 1, 0), false, begin, confirm)
	l.Outbox.Lost(0, 1<<63)
	if len(*list) != 1 || l.Outbox.Held() != 2 || l.Outbox.Due(0, l.Credit, begin) != 2 {
		t.Errorf("%v, %d held", *list, l.Outbox.Held())
	}
}

func TestCredit(t *testing.T) {
	l, _ := pushed(0)
	if l.Credit = (Credit{2, 25}); !l.Outbox.Room(1000, l.Credit) {
		t.Error("one is always allowed")
	}
	l.Outbox.Add(10)
	if !l.Outbox.Room(15, l.Credit) || l.Outbox.Room(16, l.Credit) {
		t.Error("octets")
	}
	l.Outbox.Add(10)
	if l.Outbox.Room(1, l.Credit) {
		t.Error("gradients")
	}
	bounded := New(7, 3, nil)
	a := ack(0, 0, 0)
	a.CreditGradients = proto.Uint32(100)
	bounded.Take(a, false, begin, confirm)
	if bounded.Credit.Gradients != 3 {
		t.Errorf("%+v", bounded.Credit)
	}
}

func TestRounds(t *testing.T) {
	var r Rounds
	at := Place{5, 2}
	r.Hear(Place{5, 1}, 8)
	r.Take(at)
	if r.Open() != 9 || r.Over {
		t.Errorf("%+v", r)
	}
	r.Hear(at, 9)
	if r.Over {
		t.Error("its own round is not over")
	}
	r.Hear(at, 10)
	if !r.Over {
		t.Error("a higher round at the same version is not noticed")
	}
	r.Take(at)
	if r.Over || r.Open() != 10 {
		t.Errorf("%+v", r)
	}
	r.Passed(at)
	if !r.Over || r.open(at) != 11 {
		t.Errorf("%+v", r)
	}
	r.Take(Place{5, 3})
	if r.Open() != 12 {
		t.Errorf("%+v", r)
	}
	r.Forget()
	if r.Open() != 0 {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsSaidToWhoWaits(t *testing.T) {
	h := Hearsay{Heartbeat: time.Second, Heard: begin}
	if text := h.Say(begin); !strings.Contains(text, "nothing was heard") {
		t.Error(text)
	}
	h.Take(&pb.Heartbeat{State: proto.Uint32(Running), Why: proto.String("round 9 waits"), WaitingFor: []string{"w2", "w5"},
		WaitingTotal: proto.Uint32(20), DeadlineMs: proto.Uint64(1500)}, begin)
	if text := h.Say(begin); text != "round 9 waits: w2, w5 (20 in all), no longer than 1.5 s" {
		t.Error(text)
	}
	if text := h.Say(begin.Add(4 * time.Second)); !strings.Contains(text, "for 4 s") {
		t.Error(text)
	}
	h.Take(&pb.Heartbeat{State: proto.Uint32(Stopped), HeartbeatMs: proto.Uint64(1 << 62)}, begin)
	if text := h.Say(begin); text != "the coordinator is STOPPED" || h.Heartbeat < 0 {
		t.Error(text)
	}
	if StateName(9) != "STATE_9" {
		t.Error(StateName(9))
	}
}

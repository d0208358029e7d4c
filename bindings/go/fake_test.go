package gradmq

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/wiretest"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// fake is a coordinator that does what a test says. It checks every message as a real one does.
type fake struct {
	t       *testing.T
	ctx     context.Context
	control string
	sockets map[string]*zmq.Socket // owned by its goroutine
	stop    chan struct{}
	stopped chan struct{}

	mutex    sync.Mutex
	instance uint64
	lose     map[uint64]int // sequence: how many arrivals of it are lost
	deaf     bool           // no request can be decoded
	lease    uint64         // of members, in ms
	bases    []uint64       // versions that gradients state
	order    []string       // commands, as they came
	takes    map[string]time.Duration
	credit   uint32
	arrived  []uint64 // sequences, with repeats
	received map[uint64]string
	requests map[string]int
	publish  [][][]byte // on events and updates, as frames
}

func newFake(t *testing.T) *fake {
	t.Helper()
	folder, err := os.MkdirTemp("", "gmq")
	if err != nil {
		t.Fatal(err)
	}
	c, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	f := &fake{t: t, ctx: ctx, control: "ipc://" + filepath.Join(folder, "control"), sockets: map[string]*zmq.Socket{},
		stop: make(chan struct{}), stopped: make(chan struct{}), instance: 11, lose: map[uint64]int{},
		received: map[uint64]string{}, requests: map[string]int{}, lease: 30000, credit: 100, takes: map[string]time.Duration{}}
	for name, kind := range map[string]zmq.Type{"control": zmq.Rep, "gradients": zmq.Pull, "updates": zmq.Pub, "events": zmq.Pub} {
		socket, err := c.Socket(kind)
		if err == nil {
			err = socket.SetInt(zmq.Linger, 10)
		}
		if err == nil {
			err = socket.Bind("ipc://" + filepath.Join(folder, name))
		}
		if err != nil {
			t.Fatal(err)
		}
		f.sockets[name] = socket
	}
	go f.run()
	t.Cleanup(func() {
		close(f.stop)
		<-f.stopped
		for _, socket := range f.sockets {
			socket.Close()
		}
		c.Term()
		cancel()
		os.RemoveAll(folder)
	})
	return f
}

func (f *fake) run() {
	defer close(f.stopped)
	var poller zmq.Poller
	var message zmq.Message
	defer message.Close()
	for {
		select {
		case <-f.stop:
			return
		default:
		}
		poller.Reset()
		poller.Add(f.sockets["control"])
		poller.Add(f.sockets["gradients"])
		poller.Wait(5 * time.Millisecond)
		f.mutex.Lock()
		for f.sockets["control"].Receive(&message) {
			f.answer(&message)
		}
		for f.sockets["gradients"].Receive(&message) {
			f.gradient(&message)
		}
		for _, frames := range f.publish {
			for _, name := range []string{"events", "updates"} {
				f.send(name, frames)
			}
		}
		f.publish = nil
		f.mutex.Unlock()
	}
}

func (f *fake) send(name string, frames [][]byte) {
	var rest []byte
	var ends []int
	for _, frame := range frames[1:] {
		rest = append(rest, frame...)
		ends = append(ends, len(rest))
	}
	f.sockets[name].Send(frames[0], zmq.NewPayload(rest, ends))
}

func (f *fake) position() *pb.Position {
	return &pb.Position{Instance: proto.Uint64(f.instance), Epoch: proto.Uint64(5), Version: proto.Uint64(0)}
}

func (f *fake) layout() *Layout { return testLayout(f.t) }

func (f *fake) gradient(message *zmq.Message) {
	g, _, err := wiretest.DecodeGradient(message.Frame(0))
	if err == nil {
		err = wiretest.CheckGradient(g, f.layout(), message.Frames(1))
	}
	if err != nil {
		f.t.Errorf("a gradient is refused: %v", err)
		return
	}
	sequence := g.GetSequence()
	octets := string(message.Frame(0))
	if before, twice := f.received[sequence]; twice && before != octets {
		f.t.Errorf("gradient %d comes again with another header", sequence)
	}
	f.arrived = append(f.arrived, sequence)
	f.bases = append(f.bases, g.GetBasedOn().GetVersion())
	if f.lose[sequence] > 0 {
		f.lose[sequence]--
		return
	}
	f.received[sequence] = octets
}

// acknowledgement tells of what was received, and, where it is asked with what was sent, of what is missing.
func (f *fake) acknowledgement(sentThrough uint64) *pb.Acknowledgement {
	through := uint64(0)
	for f.received[through+1] != "" {
		through++
	}
	ack := &pb.Acknowledgement{Position: f.position(), Incarnation: proto.Uint64(7), ReceivedThrough: proto.Uint64(through),
		SettledThrough: proto.Uint64(through), Applied: proto.Uint64(through), CreditGradients: proto.Uint32(f.credit),
		CreditBytes: proto.Uint64(1 << 30)}
	for at := through + 1; at <= sentThrough; at++ {
		if f.received[at] == "" {
			ack.Missing = append(ack.Missing, &pb.Range{First: proto.Uint64(at), Last: proto.Uint64(at)})
		}
	}
	return ack
}

func (f *fake) answer(message *zmq.Message) {
	request, err := wiretest.DecodeRequest(message.Frame(0))
	if err != nil {
		f.t.Errorf("a request is refused: %v", err)
		return
	}
	command := commandOf(request)
	f.requests[command]++
	f.order = append(f.order, command)
	time.Sleep(f.takes[command])
	reply := &pb.Reply{RequestId: request.RequestId, Model: proto.String("m"), Position: f.position()}
	var payload []byte
	switch body := request.Body.(type) {
	case *pb.Request_Describe:
		folder := "ipc://" + filepath.Dir(f.control[len("ipc://"):])
		reply.Body = &pb.Reply_Description{Description: &pb.Description{State: proto.Uint32(3), Layout: layoutMessage(f.layout()),
			LayoutId: proto.Uint64(f.layout().ID()), GradientsEndpoints: []string{folder + "/gradients"},
			UpdatesEndpoints: []string{folder + "/updates"}, EventsEndpoints: []string{folder + "/events"}, HeartbeatMs: proto.Uint64(1000)}}
	case *pb.Request_Join:
		reply.Body = &pb.Reply_Joined{Joined: &pb.Joined{Incarnation: proto.Uint64(7), LayoutId: proto.Uint64(f.layout().ID()),
			LeaseMs: proto.Uint64(f.lease), Acknowledgement: f.acknowledgement(0)}}
	case *pb.Request_Leave:
		reply.Body = &pb.Reply_Left{Left: &pb.Left{Complete: proto.Bool(true)}}
	case *pb.Request_Acknowledgement:
		reply.Body = &pb.Reply_Acknowledgement{Acknowledgement: f.acknowledgement(body.Acknowledgement.GetSentThrough())}
	case *pb.Request_GetModelParameters:
		payload = make([]byte, 36)
		reply.Body = &pb.Reply_ModelParameters{ModelParameters: &pb.ModelParameters{LayoutId: proto.Uint64(f.layout().ID()),
			Dtype: proto.Uint32(1), Encoding: proto.Uint32(1), Bytes: proto.Uint64(36)}}
	case *pb.Request_Sync:
		f.mark(body.Sync.GetNonce())
	}
	if f.deaf {
		reply = &pb.Reply{Code: proto.Uint32(uint32(CodeVersion)), Message: proto.String("speak version 2")}
	}
	header, err := wire.Encode(wire.Reply, reply)
	if err != nil {
		f.t.Error(err)
		return
	}
	frames := [][]byte{header}
	if payload != nil {
		frames = append(frames, payload)
	}
	f.send("control", frames)
}

func (f *fake) mark(nonce uint64) {
	header, err := wire.Encode(wire.Event, &pb.Event{Body: &pb.Event_Sync{Sync: &pb.SyncMark{Nonce: proto.Uint64(nonce), Position: f.position()}}})
	if err != nil {
		f.t.Error(err)
	}
	for _, name := range []string{"events", "updates"} {
		f.send(name, [][]byte{[]byte(wire.TopicSync(nonce)), header})
	}
}

// worker opens one whose looks at losses come soon.
func (f *fake) worker() *Worker {
	f.t.Helper()
	quick := usualPace
	quick.confirm = 50 * time.Millisecond
	w, err := openWorker(f.ctx, f.control, &Options{Name: "w", Linger: 50 * time.Millisecond}, quick)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.Close(ctx)
	})
	return w
}

func (f *fake) push(w *Worker, count int) {
	f.t.Helper()
	for range count {
		if _, err := w.Push(f.ctx, Packed(make([]float32, 9)), nil); err != nil {
			f.t.Fatal(err)
		}
	}
}

func TestWhatIsLostIsSentAgainAsItWas(t *testing.T) {
	f := newFake(t)
	f.lose = map[uint64]int{2: 1, 4: 2, 5: 1}
	w := f.worker()
	f.push(w, 6)
	if err := w.Flush(f.ctx); err != nil {
		t.Fatal(err)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	times := map[uint64]int{}
	for _, sequence := range f.arrived {
		times[sequence]++
	}
	for sequence, wanted := range map[uint64]int{1: 1, 2: 2, 3: 1, 4: 3, 5: 2, 6: 1} {
		if times[sequence] != wanted {
			t.Errorf("gradient %d came %d times, not %d", sequence, times[sequence], wanted)
		}
	}
	if stats := w.Stats(); stats.Applied != 6 || stats.Resent != 4 {
		t.Errorf("%+v", stats)
	}
}

func TestAnotherProcessIsSentEverythingThatIsNotSettled(t *testing.T) {
	f := newFake(t)
	w := f.worker()
	f.push(w, 3)
	if err := w.Flush(f.ctx); err != nil {
		t.Fatal(err)
	}
	f.mutex.Lock()
	f.lose = map[uint64]int{4: 1, 5: 1}
	f.mutex.Unlock()
	f.push(w, 2)
	//  Nothing tells of it but the answers to what the worker asks by itself.
	f.mutex.Lock()
	f.instance = 12
	joins := f.requests["Join"]
	f.mutex.Unlock()
	if err := w.Flush(f.ctx); err != nil {
		t.Fatal(err)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.requests["Join"] <= joins || f.requests["Describe"] < 2 {
		t.Errorf("it did not join again: %v", f.requests)
	}
	if stats := w.Stats(); stats.Applied != 5 || stats.Incarnation != 7 {
		t.Errorf("%+v", stats)
	}
}

// Whatever is published, the worker goes on.
func TestRubbishIsPassedOver(t *testing.T) {
	f := newFake(t)
	w := f.worker()
	if _, err := w.Newest(f.ctx); err != nil {
		t.Fatal(err)
	}
	header := func(kind wire.Kind, message proto.Message) []byte {
		octets, err := wire.Encode(kind, message)
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	update := &pb.Update{Model: proto.String("m"), Stream: proto.String("f32"), Layout: proto.Uint64(f.layout().ID()),
		Position: &pb.Position{Instance: proto.Uint64(11), Epoch: proto.Uint64(5), Version: proto.Uint64(9)}, Bytes: proto.Uint64(36)}
	huge := uint64(1<<64 - 1)
	ack := &pb.Acknowledgement{Incarnation: proto.Uint64(7), Position: f.position(), CreditGradients: proto.Uint32(1 << 31),
		Missing:      []*pb.Range{{First: proto.Uint64(0), Last: &huge, Code: proto.Uint32(29)}, {First: &huge, Last: proto.Uint64(1)}},
		Dispositions: []*pb.Disposition{{Sequence: &huge, Disposition: proto.Uint32(99), Code: proto.Uint32(99)}}, DispositionsFrom: &huge}
	rubbish := [][][]byte{
		{[]byte(wire.TopicAll("m")), {}},
		{[]byte(wire.TopicAll("m")), []byte("GMQ")},
		{[]byte(wire.TopicAll("m")), append(header(wire.Event, &pb.Event{}), 0xff)},
		{[]byte(wire.TopicUpdates("m", "f32")), header(wire.Update, update)},
		{[]byte(wire.TopicUpdates("m", "f32")), header(wire.Update, update), make([]byte, 35)},
		{[]byte(wire.TopicUpdates("m", "f32")), header(wire.Event, &pb.Event{})},
		{[]byte(wire.TopicAck("m", "w")), header(wire.Event, &pb.Event{Body: &pb.Event_Acknowledgement{Acknowledgement: ack}})},
		{[]byte(wire.TopicAck("m", "w")), header(wire.Event, &pb.Event{Body: &pb.Event_Acknowledgement{}})},
		{[]byte(wire.TopicAll("m")), header(wire.Event, &pb.Event{Body: &pb.Event_Heartbeat{Heartbeat: &pb.Heartbeat{
			Position: f.position(), State: proto.Uint32(77), HeartbeatMs: &huge, DeadlineMs: &huge}}})},
		{[]byte(wire.TopicAll("m")), header(wire.Event, &pb.Event{Body: &pb.Event_Notice{Notice: &pb.Notice{Notice: proto.Uint32(999)}}})},
	}
	f.mutex.Lock()
	f.publish = rubbish
	f.mutex.Unlock()
	f.push(w, 3)
	if err := w.Flush(f.ctx); err != nil {
		t.Fatal(err)
	}
	//  The update that is too short is told, and what is right comes after it.
	right := proto.Clone(update).(*pb.Update)
	right.Position.Version = proto.Uint64(10)
	f.mutex.Lock()
	f.publish = [][][]byte{{[]byte(wire.TopicUpdates("m", "f32")), header(wire.Update, right), make([]byte, 36)}}
	f.mutex.Unlock()
	for {
		p, err := w.Next(f.ctx)
		if f.ctx.Err() != nil {
			t.Fatal(err)
		}
		if err == nil && p.Version == 10 {
			break
		}
	}
}

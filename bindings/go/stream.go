package gradmq

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

const (
	updatesAtOnce = 1000
	// getAgain: after a Get that brought nothing newer the next one waits this long.
	getAgain = 100 * time.Millisecond
)

// confirmNothing: nothing may be lost.
var confirmNothing = ledger.Confirm{}

// arrival is a whole model as it came: what its header says, and the frames of its payload.
type arrival struct {
	at       ledger.Place
	layout   uint64
	dtype    DType
	encoding tensor.Encoding
	bytes    *uint64 // as the header says it
	message  *zmq.Message
	first    int // frame of the payload
}

// stream is the parameters that this worker holds, and those that came since. Under the session's mutex.
type stream struct {
	held    *Parameters
	foreign bool // what was given is of another instance (rule P-5)

	given   bool // parameters were given to the caller: of this place
	givenAt ledger.Place

	pending *arrival // an update that is newer than what is held
	spare   *zmq.Message

	published   bool // an update has arrived: the place of the newest
	publishedAt ledger.Place

	join          bool // the stream has to be joined (rule U-4) before it is used
	get           bool // it was joined, and the model has to be asked for
	nonce         uint64
	again         time.Time // when to ask Sync again
	markedEvents  bool
	markedUpdates bool

	behind   time.Time // when a version that is known of and did not come is asked for; zero: none is known of
	getAfter time.Time

	updates, gaps uint64
}

func (s *stream) forget() {
	if s.pending != nil {
		s.pending.message.Close()
		s.pending = nil
	}
	if s.spare != nil {
		s.spare.Close()
	}
}

func (s *stream) changeInstance() {
	s.join = true
	s.again = time.Time{}
	s.nonce = 0
	s.foreign = true
	if s.pending != nil {
		s.pending.message.Close()
		s.pending = nil
	}
}

func (s *stream) mark(nonce uint64, updates bool) {
	if nonce == 0 || nonce != s.nonce {
		return
	}
	if updates {
		s.markedUpdates = true
	} else {
		s.markedEvents = true
	}
}

// beginSync asks Sync with a nonce, a new one where none is under way.
func (w *Worker) beginSync(now time.Time) {
	s := &w.stream
	s.again = now.Add(w.s.pace.syncRetry)
	if s.nonce != 0 {
		return
	}
	s.nonce = random() | 1
	s.markedEvents, s.markedUpdates = false, w.updates == nil
	w.subscribeSync(zmq.Subscribe)
}

func (w *Worker) subscribeSync(option zmq.Option) {
	topic := wire.TopicSync(w.stream.nonce)
	for _, socket := range []*zmq.Socket{w.events, w.updates} {
		if socket != nil {
			//  It can only fail for want of memory; then the mark does not come, and that is told.
			_ = socket.SetText(option, topic)
		}
	}
}

// endSync: the stream is joined once the mark was seen on each socket.
func (w *Worker) endSync() {
	s := &w.stream
	if !s.join || s.nonce == 0 || !s.markedEvents || !s.markedUpdates {
		return
	}
	w.subscribeSync(zmq.Unsubscribe)
	s.join, s.nonce, s.published = false, 0, false
	s.get = true
}

// readUpdates keeps the newest update; true: there may be more.
func (w *Worker) readUpdates(now time.Time) bool {
	defer w.endSync()
	if w.updates == nil {
		return false
	}
	s := &w.stream
	for i := 0; i < updatesAtOnce; i++ {
		if s.spare == nil {
			s.spare = new(zmq.Message)
		}
		if !w.updates.Receive(s.spare) {
			return false
		}
		if s.spare.Len() < 2 {
			continue
		}
		if topic := s.spare.Frame(0); len(topic) >= 5 && string(topic[:5]) == "sync/" {
			if event, err := wire.DecodeEvent(s.spare.Frame(1)); err == nil {
				s.mark(event.GetSync().GetNonce(), true)
			}
			continue
		}
		if update, err := wire.DecodeUpdate(s.spare.Frame(1)); err == nil {
			w.hear(now)
			w.update(update)
		}
	}
	return true
}

// update takes in an update that lies in the spare message.
func (w *Worker) update(update *pb.Update) {
	s := &w.stream
	w.position(update.GetPosition())
	if update.GetPosition().GetInstance() != w.instance {
		return
	}
	at := placeOf(update.GetPosition())
	//  Rule U-2. Every update is a whole model, so that the one which shows a gap also closes it.
	s.updates++
	previous := ledger.Place{Epoch: update.GetPreviousPublishedEpoch(), Version: update.GetPreviousPublishedVersion()}
	if s.published && update.PreviousPublishedEpoch != nil && previous != s.publishedAt {
		s.gaps++
	}
	s.published, s.publishedAt = true, at
	if s.held != nil && !at.Newer(s.heldAt()) || s.pending != nil && !at.Newer(s.pending.at) {
		return
	}
	if s.pending != nil {
		s.pending.message.Close()
	}
	s.pending = &arrival{at: at, layout: update.GetLayout(), dtype: DType(update.GetDtype()),
		encoding: tensor.Encoding(update.GetEncoding()), bytes: update.Bytes, message: s.spare, first: 2}
	s.spare = nil
}

func (s *stream) heldAt() ledger.Place {
	if s.held == nil {
		return ledger.Place{}
	}
	return ledger.Place{Epoch: s.held.Epoch, Version: s.held.Version}
}

// take makes parameters of what arrived, in memory of their own, and lets go of it. Without mutex.
func (a *arrival) take(l *Layout) (*Parameters, error) {
	came := a.message.Bytes(a.first)
	form, err := tensor.Arrival(l, a.dtype, a.encoding, came)
	if err != nil {
		return nil, err
	}
	if a.bytes != nil && *a.bytes != uint64(came) {
		return nil, fault.New(fault.Length, "the parameters came with %d bytes, and their header says %d", came, *a.bytes)
	}
	p := &Parameters{Epoch: a.at.Epoch, Version: a.at.Version, Layout: l, DType: form.DType,
		octets: tensor.Octets(elementsBytes(l, form.DType))}
	form.Unpack(l, a.message.Frames(a.first), p.octets)
	return p, nil
}

// hold takes over an arrival as what is held.
func (w *Worker) hold(ctx context.Context, a *arrival) error {
	defer a.message.Close()
	l, err := w.layoutFor(ctx, a.layout)
	if err != nil {
		return err
	}
	p, err := a.take(l)
	if err != nil {
		return err
	}
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	w.stream.held = p
	w.stream.behind = time.Time{}
	return nil
}

// layoutFor is the layout of this id; another one than is known is asked for.
func (w *Worker) layoutFor(ctx context.Context, id uint64) (*Layout, error) {
	w.s.mutex.Lock()
	l := w.layout
	if l.ID() != id {
		w.describe = true
	}
	w.s.mutex.Unlock()
	if l.ID() == id {
		return l, nil
	}
	err := w.s.wait(ctx, waiting{
		ready: func(time.Time) (bool, error) { return !w.describe, w.able() },
		say:   func(now time.Time) string { return "the layout of the new model; " + w.known(now) },
	})
	if err != nil {
		return nil, err
	}
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	if w.layout.ID() != id {
		return nil, fault.New(fault.Layout, "the model is being replaced; ask again")
	}
	return w.layout, nil
}

func (w *Worker) takePending(ctx context.Context) error {
	s := &w.stream
	w.s.mutex.Lock()
	a := s.pending
	s.pending = nil
	if a != nil && s.held != nil && !a.at.Newer(s.heldAt()) && !s.foreign {
		a.message.Close()
		a = nil
	}
	w.s.mutex.Unlock()
	if a == nil {
		return nil
	}
	return w.hold(ctx, a)
}

// get asks for the newest parameters.
func (w *Worker) get(ctx context.Context) error {
	s := &w.stream
	w.s.mutex.Lock()
	body := &pb.GetModelParametersRequest{Stream: proto.String(w.s.Stream)}
	if s.held != nil {
		body.NewerThan = &pb.Base{Epoch: proto.Uint64(s.held.Epoch), Version: proto.Uint64(s.held.Version)}
	}
	w.s.mutex.Unlock()
	a, err := w.s.ask(ctx, &pb.Request{Body: &pb.Request_GetModelParameters{GetModelParameters: body}}, nil)
	w.s.mutex.Lock()
	s.getAfter = time.Now().Add(getAgain)
	s.behind = time.Time{}
	if err == nil {
		s.get = false
	}
	w.s.mutex.Unlock()
	if err != nil {
		a.close()
		return err
	}
	told := a.reply.GetModelParameters()
	if told == nil || told.GetUnchanged() || a.message == nil {
		a.close()
		return nil
	}
	return w.hold(ctx, &arrival{at: placeOf(a.reply.GetPosition()), layout: told.GetLayoutId(), dtype: DType(told.GetDtype()),
		encoding: tensor.Encoding(told.GetEncoding()), bytes: told.Bytes, message: a.message, first: 1})
}

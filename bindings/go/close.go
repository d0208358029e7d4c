package gradmq

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// A Leave is worth this wait when all is settled, and this when it is not.
const leaveTime, leaveInVain = 2 * time.Second, 200 * time.Millisecond

// end closes the sockets, and lets go of what is kept. By the loop.
func (w *Worker) end() {
	w.probe.close()
	w.gradients.StopMonitor()
	for _, socket := range []*zmq.Socket{w.monitor, w.gradients, w.events, w.updates} {
		socket.Close()
	}
	w.scratch.Close()
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	w.stream.forget()
}

// Close waits until everything that was pushed is settled, or the context is over, leaves, and closes the
// sockets, which takes Options.Linger at most. What is not settled then is lost, and the error says so:
// CodeTimeout, CodeCancelled, CodeFenced, CodeClosed. A second Close gives the same error.
func (w *Worker) Close(ctx context.Context) error {
	w.closing <- struct{}{}
	defer func() { <-w.closing }()
	if w.closed {
		return w.closeErr
	}
	w.closed = true
	err := w.Flush(ctx)
	w.s.mutex.Lock()
	w.parting = true
	fenced, incarnation, last := w.fenced, w.ledger.Incarnation, w.ledger.Outbox.Next-1
	w.s.mutex.Unlock()
	if !fenced {
		wait := leaveTime
		if err != nil {
			wait = leaveInVain
		}
		w.awaitJoin(wait)
		w.s.leave(wait, incarnation, last)
	}
	w.s.stop()
	w.letGo()
	w.closeErr = err
	return err
}

// awaitJoin waits for the answer to a Join that is on its way: behind the Leave it would make a member again.
func (w *Worker) awaitJoin(most time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	//  Whoever does not answer in time drops us when the lease is over.
	_ = w.s.wait(ctx, waiting{
		ready: func(time.Time) (bool, error) { return w.probing != probeJoin && w.probing != probeRenew, nil },
		say:   func(time.Time) string { return w.s.control + " to answer Join" },
	})
}

// letGo gives back what was lent: ZeroMQ's context has ended, which holds nothing any more.
func (w *Worker) letGo() {
	w.s.mutex.Lock()
	for i := range w.kept {
		if w.kept[i].payload != nil {
			w.forget(&w.kept[i])
		}
	}
	w.collect()
	releases := w.releases
	w.releases = nil
	w.s.mutex.Unlock()
	for _, release := range releases {
		release()
	}
}

// leave says that this worker goes. Whoever does not answer drops it when its lease is over.
func (s *session) leave(wait time.Duration, incarnation, last uint64) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	a, _ := s.ask(ctx, &pb.Request{Body: &pb.Request_Leave{Leave: &pb.LeaveRequest{Worker: proto.String(s.Name),
		Incarnation: proto.Uint64(incarnation), LastSequence: proto.Uint64(last)}}}, nil)
	a.close()
}

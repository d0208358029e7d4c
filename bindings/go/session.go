package gradmq

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

const (
	never = ledger.Never
	// tellAfter: shorter waits are not told; longer ones are told again each second.
	tellAfter = 10 * time.Millisecond
	tellEvery = time.Second
	// tickWhileWaited: what depends on time alone is looked at this often while somebody waits.
	tickWhileWaited = 100 * time.Millisecond
)

// session is what a worker, a coordinator and a watch have in common: one goroutine, the loop, that owns
// the sockets, and calls on other goroutines that hand it requests and wait for what changes. Sockets
// that are polled are touched by the loop alone once it knows of them; everything else is under mutex.
type session struct {
	settled
	context *zmq.Context
	waker   *zmq.Waker
	done    chan struct{} // closed when the loop has ended

	mutex    sync.Mutex
	changed  chan struct{} // closed, and made anew, when something may have changed
	waiters  int
	stopping bool
	nextID   uint64
	asker    *requester
	queue    []*call // for asker
	heard    func(*pb.Reply)
	loop     looper
}

// looper is what a loop does beside asking.
type looper interface {
	// sockets adds those to be polled.
	sockets(*zmq.Poller)
	// step does all that can be done without waiting, and says how long nothing will be to do. What it
	// returns is called without the lock.
	step(now time.Time) (wait time.Duration, after func())
	// end closes the sockets.
	end()
}

func newSession(control string, o *Options) (*session, error) {
	options, err := o.settle(control)
	if err != nil {
		return nil, err
	}
	//  Answers are remembered by (client, request id): an earlier process of the same name must not have
	//  used ours.
	s := &session{settled: options, done: make(chan struct{}), changed: make(chan struct{}), nextID: random()>>1 | 1}
	if s.context, err = zmq.NewContext(); err != nil {
		return nil, fault.Wrap(fault.Memory, err, "%v", err)
	}
	if s.waker, err = zmq.NewWaker(s.context); err == nil {
		s.asker, err = newRequester(s)
	}
	if err != nil {
		if s.waker != nil {
			s.waker.Close()
		}
		s.context.Term()
		return nil, err
	}
	return s, nil
}

// socket makes a socket with every option that the protocol and ZeroMQ's dangers ask for, not connected.
func (s *session) socket(kind zmq.Type) (*zmq.Socket, error) {
	socket, err := s.context.Socket(kind)
	if err != nil {
		return nil, fault.Wrap(fault.Memory, err, "%v", err)
	}
	//  With IPv6 on, ZeroMQ takes a name's IPv6 address only, so that "localhost" would not be found at
	//  127.0.0.1.
	ipv6 := 0
	if strings.Contains(s.control, "://[") {
		ipv6 = 1
	}
	numbers := map[zmq.Option]int{
		zmq.Linger: int(max(s.Linger.Milliseconds(), 1)), zmq.Immediate: 1,
		zmq.ReconnectInterval: 100, zmq.ReconnectMost: 1000, zmq.HandshakeInterval: 5000,
		zmq.HeartbeatInterval: 2000, zmq.HeartbeatTimeout: 10000, zmq.HeartbeatTTL: 10000,
		zmq.Keepalive: 1, zmq.KeepaliveIdle: 30, zmq.KeepaliveInterval: 10, zmq.KeepaliveCount: 3,
		zmq.IPv6: ipv6, zmq.SendTimeout: 0, zmq.ReceiveTimeout: 0,
		zmq.SendMark: 2 * wire.WindowMax, zmq.ReceiveMark: 100000, zmq.MaxMessageSize: tensor.FrameBytesMax,
	}
	if kind == zmq.Req {
		numbers[zmq.ReqRelaxed], numbers[zmq.ReqCorrelate] = 1, 1
	}
	for option, value := range numbers {
		if err == nil {
			err = socket.SetInt(option, value)
		}
	}
	if s.keys.Given() {
		for option, key := range map[zmq.Option]string{zmq.CurveServerKey: s.keys.Server,
			zmq.CurvePublicKey: s.keys.Public, zmq.CurveSecretKey: s.keys.Secret} {
			if err == nil {
				err = socket.SetText(option, key)
			}
		}
	}
	if err != nil {
		socket.Close()
		return nil, fault.Wrap(fault.Unsupported, err, "%v", err)
	}
	return socket, nil
}

// start begins the loop.
func (s *session) start(l looper) {
	s.loop = l
	go s.run()
}

func (s *session) run() {
	defer close(s.done)
	var poller zmq.Poller
	var scratch zmq.Message
	defer scratch.Close()
	wait := time.Duration(0)
	poller.Add(s.waker.Socket())
	for {
		poller.Wait(wait)
		s.waker.Drain(&scratch)
		s.mutex.Lock()
		if s.stopping {
			s.mutex.Unlock()
			s.end()
			return
		}
		now := time.Now()
		s.converse(now)
		step, after := s.loop.step(now)
		wait = min(step, s.asker.wait(now))
		if s.waiters > 0 {
			wait = min(wait, tickWhileWaited)
		}
		poller.Reset()
		poller.Add(s.waker.Socket())
		s.asker.sockets(&poller)
		s.loop.sockets(&poller)
		s.broadcast()
		s.mutex.Unlock()
		if after != nil {
			after()
		}
	}
}

// end closes everything; it waits for linger at most.
func (s *session) end() {
	s.loop.end()
	s.asker.close()
	s.waker.Close()
	s.context.Term()
}

// stop ends the loop and waits until it has ended.
func (s *session) stop() {
	s.mutex.Lock()
	s.stopping = true
	s.broadcast()
	s.mutex.Unlock()
	s.waker.Wake()
	<-s.done
}

// broadcast has all who wait look again. Under mutex.
func (s *session) broadcast() {
	if s.waiters > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// converse moves the requests of calls on. Under mutex.
func (s *session) converse(now time.Time) {
	if a, ok := s.answered(now); ok && a.reply != nil && s.heard != nil {
		s.heard(a.reply)
	}
	for s.asker.current == nil && len(s.queue) > 0 {
		next := s.queue[0]
		s.queue = s.queue[1:]
		if !next.abandoned {
			s.asker.begin(next, now)
		}
	}
}

func (s *session) answered(now time.Time) (answer, bool) {
	asked := s.asker.current
	a, ok := s.asker.look(now)
	if !ok {
		return a, false
	}
	if asked.abandoned {
		a.close()
		return answer{}, false
	}
	asked.done <- a
	return a, true
}

// newCall writes a request. Under mutex.
func (s *session) newCall(request *pb.Request, payload *zmq.Payload) (*call, error) {
	request.Client = proto.String(s.Name)
	request.RequestId = proto.Uint64(s.nextID)
	if request.Model == nil && s.Model != "" {
		request.Model = proto.String(s.Model)
	}
	header, err := wire.Encode(wire.Request, request)
	if err != nil {
		return nil, err
	}
	s.nextID++
	return &call{id: s.nextID - 1, command: commandOf(request), header: header, payload: payload}, nil
}

// commandOf is the command's name, such as "SetParameters".
func commandOf(request *pb.Request) string {
	message := request.ProtoReflect()
	field := message.WhichOneof(message.Descriptor().Oneofs().ByName("body"))
	return strings.TrimSuffix(string(field.Message().Name()), "Request")
}

// ask asks until there is an answer or the context is over. With an error the reply may be there: it then
// carries the code. The answer's owner closes it.
func (s *session) ask(ctx context.Context, request *pb.Request, payload *zmq.Payload) (answer, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	s.mutex.Lock()
	if s.stopping {
		s.mutex.Unlock()
		return answer{}, errWasClosed()
	}
	c, err := s.newCall(request, payload)
	if err != nil {
		s.mutex.Unlock()
		return answer{}, err
	}
	c.done = make(chan answer, 1)
	s.queue = append(s.queue, c)
	s.mutex.Unlock()
	s.waker.Wake()
	a, err := s.await(ctx, c)
	if err == nil {
		err = a.err
	}
	if err == nil && a.reply.GetCode() != 0 {
		err = replyError(a.reply)
	}
	return a, err
}

func errWasClosed() error {
	return fault.New(fault.Closed, "this worker or coordinator was closed by this program")
}

// replyError is a refusal: its code, with the sentence that the coordinator gave.
func replyError(reply *pb.Reply) error {
	code, text := Code(reply.GetCode()), reply.GetMessage()
	if text == "" {
		text = code.Text()
	}
	return &Error{Code: code, Message: text}
}

func (s *session) await(ctx context.Context, c *call) (answer, error) {
	tell := time.NewTimer(2 * lookEvery)
	defer tell.Stop()
	told := false
	defer func() { s.tellOver(told) }()
	say := func() (string, Code) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return s.asker.say(c)
	}
	for {
		select {
		case a := <-c.done:
			return a, nil
		case <-tell.C:
			text, _ := say()
			told = s.tell(text)
			tell.Reset(tellEvery)
		case <-s.done:
			return answer{}, errWasClosed()
		case <-ctx.Done():
			text, code := say()
			s.mutex.Lock()
			c.abandoned = true
			s.mutex.Unlock()
			s.waker.Wake()
			select {
			case a := <-c.done:
				return a, nil
			default:
				return answer{}, over(ctx, code, text)
			}
		}
	}
}

// bodyIs tells whether a reply carries what was asked for.
func bodyIs(reply *pb.Reply, name protoreflect.Name) bool {
	message := reply.ProtoReflect()
	field := message.WhichOneof(message.Descriptor().Oneofs().ByName("body"))
	return field != nil && field.Name() == name
}

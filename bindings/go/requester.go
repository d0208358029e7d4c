package gradmq

import (
	"fmt"
	"time"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	pb "github.com/gradmq/gradmq/bindings/go/internal/gradmqpb"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// lookEvery: a lost connection shows on the socket's state only, and nothing wakes for it.
const lookEvery = 50 * time.Millisecond

// answer is what became of a request: a reply with its payload, or an error of reading it.
type answer struct {
	reply   *pb.Reply
	message *zmq.Message // frames from 1 on are the payload; its owner closes it
	err     error
}

func (a *answer) close() {
	if a.message != nil {
		a.message.Close()
	}
}

// call is one request, from its first sending to its answer.
type call struct {
	id      uint64
	command string
	header  []byte
	payload *zmq.Payload
	again   time.Time // when to send it again
	sent    bool      // to the peer that is there
	tries   uint
	busy    bool // it was answered "not now"

	done      chan answer // one place; nil: whoever looks takes it
	abandoned bool
}

// requester is a REQ socket and the request that is asked on it, again with the same id until there is
// an answer: sections 15 and 18 of the protocol. It belongs to the loop, under its lock.
type requester struct {
	session *session
	socket  *zmq.Socket
	monitor *zmq.Socket // of the handshake, where there are keys
	up      bool        // the newest handshake came to an end
	failed  bool        // the newest did not, as far as is known
	reached bool        // there was a peer once
	current *call
	scratch zmq.Message
}

func newRequester(s *session) (*requester, error) {
	r := &requester{session: s}
	var err error
	if r.socket, err = s.socket(zmq.Req); err != nil {
		return nil, err
	}
	if s.keys.Given() {
		r.monitor, err = r.socket.Monitor(s.context, zmq.EventConnected|zmq.EventHandshakeFailed|
			zmq.EventHandshakeSucceeded|zmq.EventDisconnected|zmq.EventClosed)
		if err != nil {
			r.close()
			return nil, fault.Wrap(fault.Memory, err, "%v", err)
		}
	}
	if err := r.socket.Connect(s.control); err != nil {
		r.close()
		return nil, fault.Wrap(fault.Connect, err, "%v", err)
	}
	return r, nil
}

func (r *requester) close() {
	if r == nil {
		return
	}
	if r.monitor != nil {
		r.socket.StopMonitor()
	}
	r.monitor.Close()
	r.socket.Close()
	r.scratch.Close()
}

// begin asks; what was asked before is forgotten.
func (r *requester) begin(c *call, now time.Time) {
	r.current = c
	r.send(now)
}

// backoff doubles from the first wait, with a random part of half of it.
func (r *requester) backoff(tries uint) time.Duration {
	p := &r.session.pace
	wait := min(p.retry<<min(tries, 8), p.retryMost)
	return wait + randomBelow(wait/2)
}

// send sends the request when there is a peer, and it was not sent to this one or not answered in time.
func (r *requester) send(now time.Time) {
	c := r.current
	if !r.socket.Writable() {
		c.sent = false
		return
	}
	r.reached = true
	if c.sent && now.Before(c.again) {
		return
	}
	c.sent = true
	c.again = now.Add(lookEvery)
	if r.socket.Send(c.header, c.payload) == zmq.Done {
		c.again = now.Add(r.session.RequestTimeout + r.backoff(c.tries))
		c.tries++
	}
}

// look takes in what came and sends again what is due. It returns the answer once it is there.
func (r *requester) look(now time.Time) (answer, bool) {
	r.watch()
	if r.current == nil {
		return answer{}, false
	}
	if r.current.abandoned {
		r.current = nil
		return answer{}, false
	}
	for r.socket.Receive(&r.scratch) {
		if a, ok := r.read(now); ok {
			r.current = nil
			return a, true
		}
	}
	r.send(now)
	return answer{}, false
}

// isPassing tells whether a refusal is over in a moment. What a worker needs takes little memory: that the
// coordinator has none will pass.
func isPassing(command string, code Code) bool {
	switch command {
	case "Describe", "Sync", "Join", "Leave", "Acknowledgement", "GetModelParameters":
		return code == CodeBusy || code == CodeMemory
	}
	return code == CodeBusy
}

// read looks whether the message in the scratch is the answer.
func (r *requester) read(now time.Time) (answer, bool) {
	if r.scratch.Len() == 0 {
		return answer{}, false
	}
	reply, err := wire.DecodeReply(r.scratch.Frame(0))
	switch {
	case err != nil:
		return answer{err: err}, true
	case reply.GetRequestId() == 0 && reply.GetCode() != 0:
		//  It could not be decoded. It was ours: the socket lets through no answer to another one (rule R-9).
		return answer{reply: reply}, true
	case reply.GetRequestId() != r.current.id:
		return answer{}, false
	case isPassing(r.current.command, Code(reply.GetCode())):
		c := r.current
		c.busy, c.sent = true, true
		c.again = now.Add(r.backoff(c.tries))
		return answer{}, false
	}
	a := answer{reply: reply}
	if r.scratch.Len() > 1 {
		a.message = new(zmq.Message)
		*a.message, r.scratch = r.scratch, *a.message
	}
	return a, true
}

// watch takes in what happened to handshakes. A peer that is not let in hears nothing, and is cut off
// some time later: that it is connected, and no more, is all that can be known.
func (r *requester) watch() {
	for {
		event := r.monitor.ReadEvent(&r.scratch)
		switch {
		case event == 0:
			return
		case event == zmq.EventDisconnected:
			r.failed = !r.up
		default:
			r.failed = event&(zmq.EventConnected|zmq.EventHandshakeFailed) != 0
		}
		r.up = event == zmq.EventHandshakeSucceeded
	}
}

// sockets adds those to be polled.
func (r *requester) sockets(poller *zmq.Poller) {
	if r.current != nil && !r.current.sent {
		poller.AddPeer(r.socket)
	} else {
		poller.Add(r.socket)
	}
	poller.Add(r.monitor)
}

// wait is how long until it should be looked at though nothing came.
func (r *requester) wait(now time.Time) time.Duration {
	if r.current == nil {
		return never
	}
	if r.current.sent {
		return max(min(r.current.again.Sub(now), lookEvery), 0)
	}
	return lookEvery
}

// say tells what is waited for; code is that of the error when the time is over.
func (r *requester) say(c *call) (text string, code Code) {
	control := r.session.control
	switch {
	case r.current != c && !c.abandoned:
		return fmt.Sprintf("waiting for another request to %s before %s", control, c.command), CodeTimeout
	case !c.sent && r.failed:
		return fmt.Sprintf("waiting for %s: it is there, but the handshake fails: is ServerKey that coordinator's, "+
			"and is the key %s among those that it has authorised?", control, r.session.keys.Public), CodeConnect
	case !r.reached:
		text = fmt.Sprintf("waiting for %s to answer %s: nobody is there; is the coordinator up, and is this its "+
			"control endpoint?", control, c.command)
		if !r.session.keys.Given() {
			text += " One that asks for keys is silent to those who give none."
		}
		return text, CodeConnect
	case !c.sent:
		return fmt.Sprintf("waiting for %s to answer %s: there is no connection", control, c.command), CodeTimeout
	case c.busy:
		return fmt.Sprintf("waiting for %s, which is busy with others or out of memory, to answer %s", control, c.command), CodeBusy
	}
	times := "once"
	if c.tries != 1 {
		times = fmt.Sprintf("%d times", c.tries)
	}
	return fmt.Sprintf("waiting for %s to answer %s, asked %s", control, c.command, times), CodeTimeout
}

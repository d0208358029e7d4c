package zmq

/*
#include "glue.h"
*/
import "C"

import (
	"sync"
	"time"
)

// Poller waits for sockets, of which each may be left out of a wait.
type Poller struct {
	items []C.zmq_pollitem_t
}

// Reset forgets the sockets.
func (p *Poller) Reset() { p.items = p.items[:0] }

// Add has the next Wait look for messages on s; nil is fine.
func (p *Poller) Add(s *Socket) {
	if s != nil {
		p.items = append(p.items, C.zmq_pollitem_t{socket: s.pointer, events: C.ZMQ_POLLIN})
	}
}

// AddPeer has the next Wait look for messages on s, and for a peer that would take one.
func (p *Poller) AddPeer(s *Socket) {
	p.items = append(p.items, C.zmq_pollitem_t{socket: s.pointer, events: C.ZMQ_POLLIN | C.ZMQ_POLLOUT})
}

// Wait returns when something is there, and at the latest after the time given.
func (p *Poller) Wait(most time.Duration) {
	//  Rounded up, so that a wait for less than a millisecond is not a busy one.
	milliseconds := (max(most, 0) + time.Millisecond - 1) / time.Millisecond
	C.zmq_poll(&p.items[0], C.int(len(p.items)), C.long(min(milliseconds, 60000)))
}

// Waker ends the wait of a goroutine that polls its socket.
type Waker struct {
	receiver, sender *Socket

	mutex   sync.Mutex
	pending bool
	closed  bool
}

// NewWaker makes one.
func NewWaker(c *Context) (*Waker, error) {
	endpoint := private()
	w := &Waker{}
	var err error
	for _, end := range []**Socket{&w.receiver, &w.sender} {
		if *end, err = c.Socket(Pair); err == nil {
			err = (*end).SetInt(Linger, 1)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.receiver.Bind(endpoint)
	}
	if err == nil {
		err = w.sender.Connect(endpoint)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Socket is what to poll.
func (w *Waker) Socket() *Socket { return w.receiver }

// Wake ends the wait that is under way, or the next one. Any goroutine may call it.
func (w *Waker) Wake() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.pending && !w.closed {
		w.pending = true
		w.sender.Send(nil, nil)
	}
}

// Drain takes in what woke: for the goroutine that polls.
func (w *Waker) Drain(scratch *Message) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for w.receiver.Receive(scratch) {
		w.pending = false
	}
}

// Close closes both ends.
func (w *Waker) Close() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.closed = true
	w.receiver.Close()
	w.sender.Close()
}

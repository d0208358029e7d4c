// Package zmq is as much of libzmq as this library needs: sockets that never wait, whole messages in one
// call, payloads that are lent and not copied, received frames that are views.
//
// A socket belongs to one goroutine at a time; who hands it on takes a lock around it.
package zmq

/*
#cgo pkg-config: libzmq
#include "glue.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Type of a socket.
type Type C.int

// The sockets that are used; a coordinator's only in tests.
const (
	Req  Type = C.ZMQ_REQ
	Push Type = C.ZMQ_PUSH
	Sub  Type = C.ZMQ_SUB
	Pair Type = C.ZMQ_PAIR

	Rep  Type = C.ZMQ_REP
	Pull Type = C.ZMQ_PULL
	Pub  Type = C.ZMQ_PUB
)

// Option of a socket.
type Option C.int

// The options that are used.
const (
	Linger            Option = C.ZMQ_LINGER
	Immediate         Option = C.ZMQ_IMMEDIATE
	ReconnectInterval Option = C.ZMQ_RECONNECT_IVL
	ReconnectMost     Option = C.ZMQ_RECONNECT_IVL_MAX
	HandshakeInterval Option = C.ZMQ_HANDSHAKE_IVL
	HeartbeatInterval Option = C.ZMQ_HEARTBEAT_IVL
	HeartbeatTimeout  Option = C.ZMQ_HEARTBEAT_TIMEOUT
	HeartbeatTTL      Option = C.ZMQ_HEARTBEAT_TTL
	Keepalive         Option = C.ZMQ_TCP_KEEPALIVE
	KeepaliveIdle     Option = C.ZMQ_TCP_KEEPALIVE_IDLE
	KeepaliveInterval Option = C.ZMQ_TCP_KEEPALIVE_INTVL
	KeepaliveCount    Option = C.ZMQ_TCP_KEEPALIVE_CNT
	IPv6              Option = C.ZMQ_IPV6
	SendTimeout       Option = C.ZMQ_SNDTIMEO
	ReceiveTimeout    Option = C.ZMQ_RCVTIMEO
	SendMark          Option = C.ZMQ_SNDHWM
	ReceiveMark       Option = C.ZMQ_RCVHWM
	ReqRelaxed        Option = C.ZMQ_REQ_RELAXED
	ReqCorrelate      Option = C.ZMQ_REQ_CORRELATE
	MaxMessageSize    Option = C.ZMQ_MAXMSGSIZE
	Subscribe         Option = C.ZMQ_SUBSCRIBE
	Unsubscribe       Option = C.ZMQ_UNSUBSCRIBE
	CurveServerKey    Option = C.ZMQ_CURVE_SERVERKEY
	CurvePublicKey    Option = C.ZMQ_CURVE_PUBLICKEY
	CurveSecretKey    Option = C.ZMQ_CURVE_SECRETKEY
)

// What a monitor tells.
const (
	EventConnected          = C.ZMQ_EVENT_CONNECTED
	EventClosed             = C.ZMQ_EVENT_CLOSED
	EventDisconnected       = C.ZMQ_EVENT_DISCONNECTED
	EventHandshakeSucceeded = C.ZMQ_EVENT_HANDSHAKE_SUCCEEDED
	EventHandshakeFailed    = C.ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
		C.ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | C.ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
)

// framesMax bounds the frames of a message: topic, header and the payload.
const framesMax = 65536 + 2

func failure(what string, errno error) error {
	number, _ := errno.(syscall.Errno)
	return fmt.Errorf("%s: %s", what, C.GoString(C.zmq_strerror(C.int(number))))
}

// Context is where sockets live, with one I/O thread.
type Context struct{ pointer unsafe.Pointer }

// NewContext makes one.
func NewContext() (*Context, error) {
	pointer, errno := C.zmq_ctx_new()
	if pointer == nil {
		return nil, failure("no ZeroMQ context can be made", errno)
	}
	return &Context{pointer}, nil
}

// Term ends the context; it waits until what was sent is out, no longer than the sockets' linger. All
// sockets have been closed.
func (c *Context) Term() {
	for {
		if rc, errno := C.zmq_ctx_term(c.pointer); rc == 0 || errno != syscall.EINTR {
			return
		}
	}
}

// Socket is a ZeroMQ socket.
type Socket struct{ pointer unsafe.Pointer }

// Socket makes one.
func (c *Context) Socket(kind Type) (*Socket, error) {
	pointer, errno := C.zmq_socket(c.pointer, C.int(kind))
	if pointer == nil {
		return nil, failure("no socket can be made", errno)
	}
	return &Socket{pointer}, nil
}

// SetInt sets an option that is a number.
func (s *Socket) SetInt(option Option, value int) error {
	if option == MaxMessageSize {
		wide := C.int64_t(value)
		return s.set(option, unsafe.Pointer(&wide), C.size_t(unsafe.Sizeof(wide)))
	}
	number := C.int(value)
	return s.set(option, unsafe.Pointer(&number), C.size_t(unsafe.Sizeof(number)))
}

// SetText sets an option that is text: a topic or a key as Z85.
func (s *Socket) SetText(option Option, value string) error {
	text := C.CString(value)
	defer C.free(unsafe.Pointer(text))
	size := C.size_t(len(value))
	if option != Subscribe && option != Unsubscribe {
		size++ //  a key with the 0 behind it
	}
	return s.set(option, unsafe.Pointer(text), size)
}

func (s *Socket) set(option Option, value unsafe.Pointer, size C.size_t) error {
	if rc, errno := C.zmq_setsockopt(s.pointer, C.int(option), value, size); rc != 0 {
		return failure(fmt.Sprintf("option %d cannot be set", int(option)), errno)
	}
	return nil
}

// Bind binds to an endpoint.
func (s *Socket) Bind(endpoint string) error {
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	if rc, errno := C.zmq_bind(s.pointer, text); rc != 0 {
		return failure("cannot bind to "+endpoint, errno)
	}
	return nil
}

// Connect begins to connect to an endpoint, now and whenever the connection is lost.
func (s *Socket) Connect(endpoint string) error {
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	if rc, errno := C.zmq_connect(s.pointer, text); rc != 0 {
		return failure("cannot connect to "+endpoint, errno)
	}
	return nil
}

// Disconnect ends what Connect began; an endpoint that is none is passed over.
func (s *Socket) Disconnect(endpoint string) {
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	C.zmq_disconnect(s.pointer, text)
}

// Writable tells whether there is a peer that would take a message.
func (s *Socket) Writable() bool {
	var events C.int
	size := C.size_t(unsafe.Sizeof(events))
	for {
		rc, errno := C.zmq_getsockopt(s.pointer, C.ZMQ_EVENTS, unsafe.Pointer(&events), &size)
		if rc == 0 {
			return events&C.ZMQ_POLLOUT != 0
		}
		if errno != syscall.EINTR {
			return false
		}
	}
}

// Close closes the socket; nil is fine.
func (s *Socket) Close() {
	if s != nil && s.pointer != nil {
		C.zmq_close(s.pointer)
		s.pointer = nil
	}
}

var endpoints atomic.Uint64

// private is an endpoint inside this process that nobody else uses.
func private() string { return fmt.Sprintf("inproc://gradmq-go-%d", endpoints.Add(1)) }

// Monitor gives a socket on which the events of s appear, which ReadEvent reads.
func (s *Socket) Monitor(c *Context, events int) (*Socket, error) {
	endpoint := private()
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	if rc, errno := C.zmq_socket_monitor(s.pointer, text, C.int(events)); rc != 0 {
		return nil, failure("the connection cannot be watched", errno)
	}
	monitor, err := c.Socket(Pair)
	if err == nil {
		err = monitor.SetInt(Linger, 1)
	}
	if err == nil {
		err = monitor.Connect(endpoint)
	}
	if err != nil {
		monitor.Close()
		return nil, err
	}
	return monitor, nil
}

// StopMonitor ends what Monitor began.
func (s *Socket) StopMonitor() {
	if s != nil && s.pointer != nil {
		C.zmq_socket_monitor(s.pointer, nil, 0)
	}
}

// PublicKey derives the public key of a secret one, both as Z85; "" where it is no key.
func PublicKey(secret string) string {
	text := C.CString(secret)
	defer func() {
		C.memset(unsafe.Pointer(text), 0, C.size_t(len(secret)))
		C.free(unsafe.Pointer(text))
	}()
	public := (*C.char)(C.calloc(1, 41))
	defer C.free(unsafe.Pointer(public))
	if rc, _ := C.zmq_curve_public(public, text); rc != 0 {
		return ""
	}
	return C.GoString(public)
}

// KeyValid tells whether text is a key as Z85.
func KeyValid(text string) bool {
	if len(text) != 40 {
		return false
	}
	from := C.CString(text)
	defer C.free(unsafe.Pointer(from))
	var raw [33]C.uint8_t
	decoded, _ := C.zmq_z85_decode(&raw[0], from)
	return decoded != nil
}

// Sent says how a message was taken.
type Sent int

// What can become of a message that is sent.
const (
	Done   Sent = C.GLUE_SENT   // it is ZeroMQ's now
	Again  Sent = C.GLUE_AGAIN  // nothing was taken: no peer, or no room
	Broken Sent = C.GLUE_BROKEN // the connection went while it was handed over: it may be lost
	Failed Sent = C.GLUE_FAILED // no memory, or the socket is gone: nothing was taken
)

// Payload is octets that are sent in frames, any number of times. Large ones are lent to ZeroMQ: they
// must not change until Free says that they are free.
type Payload struct {
	octets []byte
	ends   []C.size_t
	lent   *C.atomic_llong
	pinner runtime.Pinner
}

// lendBytes is from which size on a payload is lent; a smaller one is copied sooner than it is
// accounted for.
const lendBytes = 64 << 10

// NewPayload takes octets and where its frames end; the last end is that of the octets.
func NewPayload(octets []byte, ends []int) *Payload {
	p := &Payload{octets: octets, ends: make([]C.size_t, len(ends))}
	for i, end := range ends {
		p.ends[i] = C.size_t(end)
	}
	return p
}

// Octets is what is sent.
func (p *Payload) Octets() []byte { return p.octets }

// Leaving tells whether ZeroMQ holds some of it, as far as the socket was asked: see Holds.
func (p *Payload) Leaving() bool {
	return p.lent != nil && atomic.LoadInt64((*int64)(unsafe.Pointer(p.lent))) != 0
}

// Holds tells whether ZeroMQ holds some of a payload that s has sent. What a connection held that is gone it
// lets go of only when the socket is asked something.
func (s *Socket) Holds(p *Payload) bool {
	if !p.Leaving() {
		return false
	}
	s.Writable()
	return p.Leaving()
}

// Free lets go of what accounts for lent octets. It returns false, and does nothing, while ZeroMQ holds
// some of them.
func (p *Payload) Free() bool {
	if p.lent == nil {
		return true
	}
	if p.Leaving() {
		return false
	}
	C.free(unsafe.Pointer(p.lent))
	p.lent = nil
	p.pinner.Unpin()
	return true
}

func (p *Payload) lend() {
	if p.lent == nil && len(p.octets) >= lendBytes {
		p.pinner.Pin(&p.octets[0])
		p.lent = (*C.atomic_llong)(C.calloc(1, C.size_t(unsafe.Sizeof(C.longlong(0)))))
	}
}

// Send sends a header and a payload, which may be nil.
func (s *Socket) Send(header []byte, payload *Payload) Sent {
	if payload == nil || len(payload.ends) == 0 {
		return Sent(C.glue_send(s.pointer, unsafe.Pointer(unsafe.SliceData(header)), C.size_t(len(header)), nil, nil, 0, nil))
	}
	payload.lend()
	return Sent(C.glue_send(s.pointer, unsafe.Pointer(unsafe.SliceData(header)), C.size_t(len(header)),
		unsafe.Pointer(unsafe.SliceData(payload.octets)), &payload.ends[0], C.size_t(len(payload.ends)), payload.lent))
}

// Message is a message that was received. Its frames are views of ZeroMQ's own memory, until the next
// Receive or Close.
type Message struct{ message C.glue_message_t }

// Receive gets the next message, if there is one; a message of too many frames comes out empty.
func (s *Socket) Receive(to *Message) bool {
	return bool(C.glue_receive(s.pointer, &to.message, framesMax))
}

// Len is the number of frames.
func (m *Message) Len() int { return int(m.message.count) }

// Frame is a view of frame i.
func (m *Message) Frame(i int) []byte {
	view := unsafe.Slice(m.message.views, m.message.count)[i]
	return unsafe.Slice((*byte)(view.data), view.size)
}

// Frames is views of the frames from first on.
func (m *Message) Frames(first int) [][]byte {
	if m.Len() <= first {
		return nil
	}
	frames := make([][]byte, 0, m.Len()-first)
	for i := first; i < m.Len(); i++ {
		frames = append(frames, m.Frame(i))
	}
	return frames
}

// Bytes is how long the frames from first on are together.
func (m *Message) Bytes(first int) int {
	bytes := 0
	for i := first; i < m.Len(); i++ {
		bytes += len(m.Frame(i))
	}
	return bytes
}

// Close lets go of the frames; the message can be used again.
func (m *Message) Close() { C.glue_free(&m.message) }

// ReadEvent reads the next event of a monitor; 0: there is none.
func (s *Socket) ReadEvent(scratch *Message) int {
	if s == nil || !s.Receive(scratch) || scratch.Len() == 0 || len(scratch.Frame(0)) < 2 {
		return 0
	}
	return int(*(*uint16)(unsafe.Pointer(&scratch.Frame(0)[0])))
}

package gradmq

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/keys"
	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
	"github.com/gradmq/gradmq/bindings/go/internal/wire"
)

// Version of this package.
const Version = "0.1.0"

// Options of a [Worker] or a [Coordinator]. The zero value, or nil, is what most programs want.
type Options struct {
	// Model is the model's name. Empty: the one that is there.
	Model string
	// Name is the worker's, or the client's: 1 to 64 letters, digits, "_", "-" and ".". Each worker needs
	// one of its own. Empty: the host's name and a random number.
	Name string
	// Stream is what updates come in: "f32", "f64", "f16", "bf16" or "int8" (read as float32). Empty:
	// the model's own type.
	Stream string
	// Timeout is the longest wait of a call whose context has no deadline. 0: 30 s. Below 0: such a call
	// waits for ever.
	Timeout time.Duration
	// RequestTimeout is the longest wait for one reply before the request is sent again. 0: 5 s.
	RequestTimeout time.Duration
	// Linger is how long what was sent may take to leave when the sockets are closed. 0: 2 s.
	Linger time.Duration
	// Window is the most unsettled gradients. 0: as many as there is credit for.
	Window int
	// NoUpdates: do not subscribe to updates; parameters are asked for instead.
	NoUpdates bool
	// Secret is the file of the own certificate, with its secret key, as `gradmq keygen` makes it. Keys are
	// named by file, so that no command line or environment holds a secret.
	Secret string
	// ServerKey is the file of the coordinator's public certificate, or that key as Z85. Secret and
	// ServerKey are needed both where the coordinator asks for keys, and else none.
	ServerKey string
	// OnWait is told, on the goroutines that wait, whenever a call begins to wait noticeably, and again
	// each second: one sentence, such as "waiting for credit: 64 of 64 gradients are not settled; the
	// coordinator is STOPPED". An empty text says that the wait is over. It must not call the worker.
	OnWait func(text string)
	// OnVerdict is told of each gradient that was settled without being applied, in order, on a goroutine
	// of the worker's own. It must not wait for the worker: Push, Flush and Close may wait for it.
	OnVerdict func(verdict Verdict)
}

// pace holds the protocol's times, which tests shorten.
type pace struct {
	confirm   time.Duration // between the two looks of rule S-3
	retry     time.Duration // first wait before a request is sent again
	retryMost time.Duration
	syncRetry time.Duration // between Syncs with one nonce
	jitter    time.Duration // longest random wait before a Get
}

var usualPace = pace{time.Second, 100 * time.Millisecond, 10 * time.Second, 100 * time.Millisecond, 100 * time.Millisecond}

// settled is options with what was not given filled in.
type settled struct {
	Options
	control string
	keys    keys.Keys
	pace    pace
}

func (o *Options) settle(control string) (settled, error) {
	var s settled
	if o != nil {
		s.Options = *o
	}
	s.control, s.pace = control, usualPace
	if !tensor.NativeLittleEndian() {
		return s, fault.New(fault.Unsupported, "this machine stores numbers with the high octet first, which "+
			"this package does not do")
	}
	if control == "" {
		return s, fault.New(fault.Argument, "a control endpoint is needed, such as tcp://127.0.0.1:5570")
	}
	if strings.HasPrefix(control, "inproc://") {
		return s, fault.New(fault.Argument, "%s is inside another library's context; use tcp or ipc", control)
	}
	if s.Name == "" {
		s.Name = makeName()
	}
	for _, given := range []struct{ what, name string }{
		{"Model", s.Model}, {"Name", s.Name}, {"Stream", s.Stream}} {
		if given.name != "" && !wire.NameValid(given.name) {
			return s, fault.New(fault.Name, "%s %q is not a name: 1 to 64 ASCII letters, digits, \"_\", \"-\" and "+
				"\".\", not beginning with \"-\" or \".\"", given.what, given.name)
		}
	}
	if s.Stream != "" && !tensor.StreamKnown(s.Stream) {
		return s, fault.New(fault.Unsupported, "this package does not read the stream %s; it reads f32, f64, f16, "+
			"bf16 and int8", s.Stream)
	}
	if s.Window < 0 {
		return s, fault.New(fault.Argument, "a window of %d gradients cannot be", s.Window)
	}
	byDefault(&s.Timeout, 30*time.Second)
	byDefault(&s.RequestTimeout, 5*time.Second)
	byDefault(&s.Linger, 2*time.Second)
	var err error
	s.keys, err = keys.Load(s.Secret, s.ServerKey)
	return s, err
}

func byDefault(value *time.Duration, otherwise time.Duration) {
	if *value == 0 {
		*value = otherwise
	}
}

// within is the context of one call: with a deadline, unless that is not wanted.
func (s *settled) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has || s.Timeout < 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.Timeout)
}

// makeName is the host's name as far as it makes a name (rule A-1), and a random number.
func makeName() string {
	host, _ := os.Hostname()
	host = strings.Map(func(c rune) rune {
		if c < 0x80 && wire.NameValid("x"+string(c)) {
			return c
		}
		return '_'
	}, host)
	host = strings.TrimLeft(host, "-.")
	if host == "" {
		host = "client"
	}
	return fmt.Sprintf("%.40s-%08x", host, uint32(random()))
}

// random is 64 random bits.
func random() uint64 {
	var octets [8]byte
	if _, err := rand.Read(octets[:]); err != nil {
		panic(err)
	}
	return binary.LittleEndian.Uint64(octets[:])
}

// randomBelow is a random time below most.
func randomBelow(most time.Duration) time.Duration {
	return time.Duration(random() % uint64(most+1))
}

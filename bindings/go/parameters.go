package gradmq

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
)

// awaitStream waits until the stream is joined.
func (w *Worker) awaitStream(ctx context.Context) error {
	w.s.waker.Wake()
	return w.s.wait(ctx, waiting{
		ready: func(time.Time) (bool, error) {
			if w.fenced {
				return false, w.able()
			}
			return !w.stream.join, nil
		},
		say: func(now time.Time) string {
			endpoint := w.endpoints.events
			if w.stream.markedEvents {
				endpoint = w.endpoints.updates
			}
			return fmt.Sprintf("what %s publishes to arrive on %s: is that endpoint reachable from here? %s", w.s.Model,
				endpoint, w.known(now))
		},
	})
}

// haveStream sees to it that the stream is joined and something is held.
func (w *Worker) haveStream(ctx context.Context) error {
	for {
		w.s.mutex.Lock()
		join, get := w.stream.join, w.stream.get || w.stream.held == nil
		w.s.mutex.Unlock()
		switch {
		case join:
			if err := w.awaitStream(ctx); err != nil {
				return err
			}
		case get:
			if err := w.get(ctx); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return over(ctx, CodeTimeout, "waiting for parameters")
			}
		default:
			return nil
		}
	}
}

// isBehind is rule U-5: something newer has been known of for longer than a heartbeat and a random wait.
func (w *Worker) isBehind(now time.Time) bool {
	s := &w.stream
	at := s.heldAt()
	if s.pending != nil {
		at = s.pending.at
	}
	if s.held == nil || !w.at.Newer(at) {
		s.behind = time.Time{}
		return false
	}
	if w.updates == nil {
		return !now.Before(s.getAfter)
	}
	if s.behind.IsZero() {
		s.behind = now.Add(w.hearsay.Heartbeat + randomBelow(w.s.pace.jitter))
	}
	return !now.Before(s.behind)
}

// hasNews tells whether what is held is newer than what was given. Epochs of two instances have no order.
func (s *stream) hasNews() bool {
	if s.foreign && s.heldAt().Epoch != s.givenAt.Epoch {
		return !s.join && !s.get
	}
	return s.heldAt().Newer(s.givenAt)
}

// passed is rule O-7: the round that was answered is over, and its version is the newest. There is none to
// wait for. A coordinator that closes ends its round, too, which says nothing of that kind.
func (w *Worker) passed() bool {
	return w.rounds.Over && !w.ending && !w.at.Newer(w.stream.givenAt)
}

// which parameters are wanted.
type which int

const (
	newest which = iota
	next
	fetch
)

func (w *Worker) parameters(ctx context.Context, wanted which) (*Parameters, error) {
	ctx, cancel := w.s.within(ctx)
	defer cancel()
	if err := turn(ctx, w.taking, "another call that takes parameters"); err != nil {
		return nil, err
	}
	defer func() { <-w.taking }()
	w.s.mutex.Lock()
	held := w.stream.held != nil && !w.stream.join && !w.stream.get
	var err error
	if w.s.stopping {
		err = errWasClosed()
	} else if w.fenced {
		err = w.able()
	}
	w.s.mutex.Unlock()
	if err != nil {
		return nil, err
	}
	err = w.haveStream(ctx)
	if err == nil {
		err = w.takePending(ctx)
	}
	if err == nil && held {
		w.s.mutex.Lock()
		get := wanted == fetch || wanted == newest && w.updates == nil || w.isBehind(time.Now())
		w.s.mutex.Unlock()
		if get {
			err = w.get(ctx)
		}
	}
	if err == nil && wanted == next {
		err = w.next(ctx)
	}
	if err != nil {
		return nil, err
	}
	return w.give(), nil
}

// give gives what is held; gradients that are pushed afterwards state it as their base.
func (w *Worker) give() *Parameters {
	w.s.mutex.Lock()
	defer w.s.mutex.Unlock()
	s := &w.stream
	s.given, s.givenAt = true, s.heldAt()
	s.foreign = s.foreign && s.join
	w.rounds.Take(s.givenAt)
	return s.held
}

// next waits for something newer than what was given.
func (w *Worker) next(ctx context.Context) error {
	s := &w.stream
	for {
		w.s.mutex.Lock()
		enough := !s.given || s.hasNews() || w.passed()
		w.s.mutex.Unlock()
		if enough {
			return nil
		}
		err := w.s.wait(ctx, waiting{
			ready: func(now time.Time) (bool, error) {
				if s.pending != nil || s.join || s.get || w.isBehind(now) || s.hasNews() || w.passed() {
					return true, nil
				}
				return false, w.able()
			},
			say: func(now time.Time) string {
				return fmt.Sprintf("a version newer than %d; %s", s.givenAt.Version, w.known(now))
			},
			state: func() uint32 { return w.hearsay.State },
		})
		if err == nil {
			err = w.haveStream(ctx)
		}
		if err == nil {
			err = w.takePending(ctx)
		}
		if err == nil {
			w.s.mutex.Lock()
			behind := w.isBehind(time.Now())
			w.s.mutex.Unlock()
			if behind {
				err = w.get(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

// Newest gives the newest parameters that have arrived, and asks only when there are none yet. Gradients
// that are pushed afterwards state what was given last as their base.
//
// It fails with CodeTimeout, CodeConnect, CodeClosed (the coordinator is closing), CodeNoModel,
// CodeFenced.
func (w *Worker) Newest(ctx context.Context) (*Parameters, error) { return w.parameters(ctx, newest) }

// Next gives parameters that are newer than those given last, and waits for them: under the policies bsp and
// ssp this is how a worker waits its turn. Where the round or step ended without a version (nobody
// contributed, it was cleared, its result was not finite) it gives the same again: there is nothing
// newer to wait for.
//
// It fails as Newest does.
func (w *Worker) Next(ctx context.Context) (*Parameters, error) { return w.parameters(ctx, next) }

// Fetch asks the coordinator for the newest parameters.
//
// It fails as Newest does.
func (w *Worker) Fetch(ctx context.Context) (*Parameters, error) { return w.parameters(ctx, fetch) }

// Updates gives the parameters as they change, beginning with the newest: rising versions, of which a slow
// reader misses some. It ends when the loop over it does, or the context is over, which is no error
// here; an error of another kind is given last. Options.Timeout does not bound its waits.
func (w *Worker) Updates(ctx context.Context) iter.Seq2[*Parameters, error] {
	return func(yield func(*Parameters, error) bool) {
		ctx, cancel := context.WithDeadline(ctx, farAway)
		defer cancel()
		var last ledger.Place
		wanted := newest
		for begun := false; ; begun = true {
			p, err := w.parameters(ctx, wanted)
			wanted = next
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			at := ledger.Place{Epoch: p.Epoch, Version: p.Version}
			if begun && at == last {
				continue
			}
			last = at
			if !yield(p, nil) {
				return
			}
		}
	}
}

// farAway is a deadline that no wait reaches.
var farAway = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

package gradmq

import (
	"context"
	"time"
)

func (s *session) tell(text string) bool {
	if s.OnWait != nil {
		s.OnWait(text)
	}
	return true
}

func (s *session) tellOver(told bool) {
	if told && s.OnWait != nil {
		s.OnWait("")
	}
}

// waiting is a wait for something that the loop brings about.
type waiting struct {
	// ready is asked under mutex, again whenever something may have changed.
	ready func(now time.Time) (bool, error)
	// say completes "waiting for ...". Under mutex.
	say func(now time.Time) string
	// state tells when it has to be said again. Under mutex; nil: never.
	state func() uint32
}

// wait waits until it is ready, it fails, or the context is over.
func (s *session) wait(ctx context.Context, w waiting) error {
	tell := time.NewTimer(tellAfter)
	defer tell.Stop()
	told, state, first := false, uint32(0), true
	defer func() { s.tellOver(told) }()
	s.mutex.Lock()
	s.waiters++
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		s.waiters--
		s.mutex.Unlock()
	}()
	for {
		s.mutex.Lock()
		ok, err := w.ready(time.Now())
		if err == nil && !ok && s.stopping {
			err = errWasClosed()
		}
		if ok || err != nil {
			s.mutex.Unlock()
			return err
		}
		changed, before := s.changed, state
		if w.state != nil {
			state = w.state()
		}
		s.mutex.Unlock()
		if first {
			//  The loop looks more often while somebody waits.
			s.waker.Wake()
		} else if state != before {
			tell.Reset(0)
		}
		first = false
		if over, err := s.pause(ctx, w, tell, changed, &told); over {
			return err
		}
	}
}

// pause waits for a change; true: the wait is over.
func (s *session) pause(ctx context.Context, w waiting, tell *time.Timer, changed chan struct{}, told *bool) (bool, error) {
	say := func() string {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return "waiting for " + w.say(time.Now())
	}
	select {
	case <-changed:
	case <-s.done:
	case <-tell.C:
		*told = s.tell(say())
		tell.Reset(tellEvery)
	case <-ctx.Done():
		return true, over(ctx, CodeTimeout, say())
	}
	return false, nil
}

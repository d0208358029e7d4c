package gradmq

import (
	"testing"
	"time"
)

func TestWhatCouldNotBeDecodedIsAnswered(t *testing.T) {
	f := newFake(t)
	f.deaf = true
	_, err := OpenCoordinator(f.ctx, f.control, &Options{Linger: 50 * time.Millisecond})
	if e, ok := err.(*Error); !ok || e.Code != CodeVersion || e.Message != "speak version 2" {
		t.Errorf("%v", err)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.requests["Describe"] != 1 {
		t.Errorf("asked %d times", f.requests["Describe"])
	}
}

func TestNoJoinComesBehindTheLeave(t *testing.T) {
	f := newFake(t)
	//  A renewal is due while the Leave is not answered yet, and one may be on its way before.
	f.lease = 90
	f.takes = map[string]time.Duration{"Leave": 200 * time.Millisecond, "Join": 20 * time.Millisecond}
	w := f.worker()
	if err := w.Close(f.ctx); err != nil {
		t.Fatal(err)
	}
	//  What was sent and not answered would come by now.
	time.Sleep(100 * time.Millisecond)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if last := f.order[len(f.order)-1]; last != "Leave" {
		t.Errorf("%s came behind the Leave: %v", last, f.order)
	}
}

func TestABaseIsWhatWasGivenWhenTheGradientWasPushed(t *testing.T) {
	f := newFake(t)
	f.credit = 1
	f.lose = map[uint64]int{1: 1}
	w := f.worker()
	if _, err := w.Newest(f.ctx); err != nil {
		t.Fatal(err)
	}
	f.push(w, 1)
	//  There is no credit for the second one until the first, which got lost, has come again. Whatever is given
	//  meanwhile is not what it was made from.
	done := make(chan error)
	go func() {
		_, err := w.Push(f.ctx, Packed(make([]float32, 9)), nil)
		done <- err
	}()
	for len(w.pushing) == 0 {
		time.Sleep(time.Millisecond)
	}
	w.s.mutex.Lock()
	w.stream.givenAt.Version = 4
	w.s.mutex.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(f.ctx); err != nil {
		t.Fatal(err)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, version := range f.bases {
		if version != 0 {
			t.Errorf("a gradient made from version 0 states %v", f.bases)
		}
	}
}

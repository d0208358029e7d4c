package gradmq

import (
	"context"
	"fmt"
	"time"

	"github.com/gradmq/gradmq/bindings/go/internal/ledger"
)

// onSettled is told of each gradient that is settled, in order. Under mutex.
func (w *Worker) onSettled(sequence uint64, disposition ledger.Disposition, code Code) {
	k := &w.kept[sequence%ledger.Window]
	if k.compressed != nil && comesBack(disposition, code) {
		w.returns.add(k.compressed, k.payload.Octets())
		k.pooled = false
	}
	w.forget(k)
	if code == CodeLayout {
		w.describe = true
	}
	if disposition > ledger.Applied && w.s.OnVerdict != nil {
		w.verdicts = append(w.verdicts, Verdict{sequence, Disposition(disposition), code})
	}
}

// comesBack tells whether what a gradient held is to go with a later one. Not what a rule left out; not
// what would be refused for ever, since it makes the sum too large.
func comesBack(disposition ledger.Disposition, code Code) bool {
	return disposition == ledger.Skipped || disposition == ledger.Discarded ||
		disposition == ledger.Refused && code != CodeNonFinite
}

// forget lets go of what was kept; where ZeroMQ still holds some of it, later. Under mutex.
func (w *Worker) forget(k *kept) {
	old := *k
	*k = kept{}
	if !w.giveBack(&old) {
		w.leaving = append(w.leaving, &old)
	}
}

// giveBack gives a payload's memory to whom it belongs; false: ZeroMQ holds some of it.
func (w *Worker) giveBack(k *kept) bool {
	if k.payload != nil {
		if !k.payload.Free() {
			return false
		}
		if k.pooled {
			w.pool.put(k.payload.Octets())
		}
	}
	if k.release != nil {
		w.releases = append(w.releases, k.release)
	}
	return true
}

// collect looks again at what ZeroMQ held.
func (w *Worker) collect() {
	rest := w.leaving[:0]
	for _, k := range w.leaving {
		if !w.giveBack(k) {
			rest = append(rest, k)
		}
	}
	clear(w.leaving[len(rest):])
	w.leaving = rest
}

// Flush waits until everything that was pushed is settled, and OnVerdict has been told of it.
//
// It fails with CodeTimeout or CodeCancelled, and then says how many are not settled and why; with
// CodeFenced or CodeClosed.
func (w *Worker) Flush(ctx context.Context) error {
	ctx, cancel := w.s.within(ctx)
	defer cancel()
	w.s.mutex.Lock()
	w.settling++
	w.s.mutex.Unlock()
	defer func() {
		w.s.mutex.Lock()
		w.settling--
		w.s.mutex.Unlock()
	}()
	return w.s.wait(ctx, waiting{
		ready: func(time.Time) (bool, error) {
			if w.ledger.Outbox.Count() == 0 {
				return len(w.verdicts) == 0 && !w.delivering, nil
			}
			return false, w.able()
		},
		say: func(now time.Time) string {
			return fmt.Sprintf("settlement: %d gradients are not settled; %s", w.ledger.Outbox.Count(), w.known(now))
		},
		state: func() uint32 { return w.hearsay.State },
	})
}

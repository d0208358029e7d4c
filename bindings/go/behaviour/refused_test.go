package behaviour

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func testErrorShape(t *testing.T) {
	d, c := loaded(t)
	nine := gradmq.NamedTensor{Name: "w", Tensor: gradmq.Of(numbers(1, 0), 1, 1, 1, 1, 1, 1, 1, 1, 1)}
	err := c.SetModelParameters(d.ctx, []gradmq.NamedTensor{nine})
	fails(t, err, gradmq.ErrShape)
	says(t, err, "9 dimensions")
	same(t, d.now(c), packedModel())
}

func testErrorBase(t *testing.T) {
	d, c := loaded(t, "settings/max_staleness=2")
	err := c.AddGradients(d.ctx, all(1), &gradmq.PushOptions{WithoutBase: true})
	fails(t, err, gradmq.ErrBase)
	says(t, err, "max_staleness")
	same(t, d.now(c), packedModel())
	newest := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	must(t, c.AddGradients(d.ctx, all(1), &gradmq.PushOptions{From: newest}))
	same(t, d.now(c), plus(packedModel(), -1))
}

func testErrorLate(t *testing.T) {
	d, c := loaded(t, "settings/policy=bsp")
	old := value[*gradmq.Parameters](t)(c.GetModelParameters(d.ctx, "", nil))
	w := d.worker(options())
	step := func() {
		value[*gradmq.Parameters](t)(w.Next(d.ctx))
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
		must(t, w.Flush(d.ctx))
	}
	step()
	err := c.AddGradients(d.ctx, all(1), &gradmq.PushOptions{From: old})
	fails(t, err, gradmq.ErrLate)
	says(t, err, "round")
	step()
	same(t, d.now(c), plus(packedModel(), -2))
}

// refuser is the endpoint at which a Record of code-N is refused with the code N.
func refuser(d *daemon) string {
	d.t.Helper()
	command := exec.Command("python3", "../../../tests/bindings/refuser.py", d.control)
	input := value[interface{ Close() error }](d.t)(command.StdinPipe())
	output := value[interface{ Read([]byte) (int, error) }](d.t)(command.StdoutPipe())
	must(d.t, command.Start())
	d.t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait()
	})
	return strings.TrimSpace(value[string](d.t)(bufio.NewReader(output).ReadString('\n')))
}

func testErrorEveryCode(t *testing.T) {
	d, _ := loaded(t)
	c := value[*gradmq.Coordinator](t)(gradmq.OpenCoordinator(d.ctx, refuser(d), options()))
	t.Cleanup(c.Close)
	for code := gradmq.Code(1); code <= gradmq.CodePermission; code++ {
		ctx, cancel := d.ctx, context.CancelFunc(func() {})
		if code == gradmq.CodeBusy {
			//  It is asked again until the time is over.
			ctx, cancel = context.WithTimeout(d.ctx, 2*time.Second)
		}
		err := c.Record(ctx, fmt.Sprintf("code-%d", code))
		cancel()
		fails(t, err, &gradmq.Error{Code: code})
		if code != gradmq.CodeBusy {
			says(t, err, code.String(), fmt.Sprintf("the code %d", code))
		}
	}
	fails(t, c.Record(d.ctx, "code-63"), &gradmq.Error{Code: 63})
	if status := value[*gradmq.Status](t)(c.Status(d.ctx)); status.State != gradmq.StateRunning {
		t.Errorf("it is %v", status.State)
	}
}

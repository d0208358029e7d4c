// Package behaviour runs every case of tests/bindings/cases.txt against a real gradmqd.
package behaviour

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

// patience is how long anything may take: machines may be busy.
const patience = 60 * time.Second

func bin() string {
	if folder := os.Getenv("GRADMQ_BIN"); folder != "" {
		return folder
	}
	return "../../../build/bin"
}

// TestCases runs the cases by the names of cases.txt.
func TestCases(t *testing.T) {
	text, err := os.ReadFile("../../../tests/bindings/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		name := strings.Fields(line)[0]
		t.Run(name, func(t *testing.T) {
			run := cases[name]
			if run == nil {
				t.Fatalf("there is no test for: %s", line)
			}
			t.Parallel()
			run(t)
		})
	}
}

// output is what a process says, from whatever goroutine.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// daemon is a gradmqd of a test's own.
type daemon struct {
	t       *testing.T
	folder  string
	control string
	options []string
	command *exec.Cmd
	said    output
	ended   chan struct{}
	ctx     context.Context
}

// start runs a gradmqd; sets are section/key=value.
func start(t *testing.T, sets ...string) *daemon {
	t.Helper()
	//  The path of a socket has room for 107 octets.
	folder, err := os.MkdirTemp("", "gmq")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	d := &daemon{t: t, folder: folder, control: "ipc://" + folder + "/control", ctx: ctx}
	for _, socket := range []string{"control", "gradients", "updates", "events"} {
		d.options = append(d.options, "--set", "sockets/"+socket+"=ipc://"+folder+"/"+socket)
	}
	for _, set := range append([]string{"model/name=m"}, sets...) {
		d.options = append(d.options, "--set", set)
	}
	t.Cleanup(func() {
		d.kill()
		cancel()
		if t.Failed() {
			t.Logf("gradmqd said:\n%s", d.said.String())
		}
		os.RemoveAll(folder)
	})
	d.run()
	return d
}

// mkdir makes a folder of the daemon's.
func mkdir(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "gmq")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

func (d *daemon) run() {
	d.t.Helper()
	d.command = exec.Command(filepath.Join(bin(), "gradmqd"), d.options...)
	d.command.Stdout, d.command.Stderr = &d.said, &d.said
	if err := d.command.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.ended = make(chan struct{})
	command, ended := d.command, d.ended
	go func() {
		_ = command.Wait()
		close(ended)
	}()
}

func (d *daemon) signal(signal syscall.Signal) {
	_ = d.command.Process.Signal(signal)
}

// hold stops the process until SIGCONT, and returns when it has stopped.
func (d *daemon) hold() {
	d.t.Helper()
	d.signal(syscall.SIGSTOP)
	d.until("gradmqd to stand still", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.command.Process.Pid))
		if err != nil {
			d.t.Fatal(err)
		}
		//  The state comes behind the name, which stands in brackets.
		return bytes.Contains(stat, []byte(") T "))
	})
}

// kill ends it at once.
func (d *daemon) kill() {
	d.signal(syscall.SIGKILL)
	<-d.ended
}

// options with which everything is told soon.
func options() *gradmq.Options {
	return &gradmq.Options{Timeout: patience, Linger: 200 * time.Millisecond}
}

func (d *daemon) coordinator() *gradmq.Coordinator {
	d.t.Helper()
	return d.coordinatorWith(options())
}

func (d *daemon) coordinatorWith(o *gradmq.Options) *gradmq.Coordinator {
	d.t.Helper()
	c, err := gradmq.OpenCoordinator(d.ctx, d.control, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return c
}

// worker opens one that the test does not close itself.
func (d *daemon) worker(o *gradmq.Options) *gradmq.Worker {
	d.t.Helper()
	w, err := gradmq.OpenWorker(d.ctx, d.control, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.Close(ctx)
	})
	return w
}

func named(name string) *gradmq.Options {
	o := options()
	o.Name = name
	return o
}

// model is what most tests train: a matrix w of 3 x 4 and a vector b of 4.
func model() []gradmq.NamedTensor {
	w := make([]float32, 12)
	for i := range w {
		w[i] = float32(i) + 0.5
	}
	return []gradmq.NamedTensor{
		{Name: "w", Tensor: gradmq.Of(w, 3, 4)},
		{Name: "b", Tensor: gradmq.Of([]float32{1, -2, 3, -4}, 4)},
	}
}

// elements is how many numbers model has.
const elements = 16

// packedModel is model in one slice.
func packedModel() []float32 {
	return append(append([]float32{}, model()[0].Tensor.Float32s()...), model()[1].Tensor.Float32s()...)
}

// loaded is a daemon with model, started, with plain sgd of rate 1 unless sets say otherwise.
func loaded(t *testing.T, sets ...string) (*daemon, *gradmq.Coordinator) {
	t.Helper()
	d, c := stopped(t, sets...)
	must(t, c.Start(d.ctx))
	return d, c
}

// stopped is the same, not started.
func stopped(t *testing.T, sets ...string) (*daemon, *gradmq.Coordinator) {
	t.Helper()
	d := start(t, sets...)
	c := d.coordinator()
	must(t, c.SetModelParameters(d.ctx, model()))
	return d, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value is what a call gave, which has to be without an error.
func value[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// all is a gradient of the whole model with every number x.
func all(x float32) gradmq.Gradient { return gradmq.Packed(numbers(elements, x)) }

func numbers(n int, x float32) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = x
	}
	return list
}

// until waits for a condition.
func (d *daemon) until(what string, condition func() bool) {
	d.t.Helper()
	for !condition() {
		select {
		case <-d.ctx.Done():
			d.t.Fatalf("in vain was waited for: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// model as it is at the coordinator, packed.
func (d *daemon) now(c *gradmq.Coordinator) []float32 {
	d.t.Helper()
	return value[*gradmq.Parameters](d.t)(c.GetModelParameters(d.ctx, "", nil)).Packed().Float32s()
}

// plus is base + x for each number.
func plus(base []float32, x float32) []float32 {
	sum := make([]float32, len(base))
	for i := range base {
		sum[i] = base[i] + x
	}
	return sum
}

func same(t *testing.T, got, wanted []float32) {
	t.Helper()
	near(t, got, wanted, 0)
}

func near(t *testing.T, got, wanted []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(wanted) {
		t.Fatalf("%d numbers, not %d", len(got), len(wanted))
	}
	for i := range got {
		difference := float64(got[i]) - float64(wanted[i])
		if !(difference <= tolerance && -difference <= tolerance) {
			t.Fatalf("number %d is %g, not %g\n%v\n%v", i, got[i], wanted[i], got[:min(len(got), 32)], wanted[:min(len(wanted), 32)])
		}
	}
}

func fails(t *testing.T, err error, wanted ...*gradmq.Error) {
	t.Helper()
	for _, one := range wanted {
		if gotError, ok := err.(*gradmq.Error); ok && gotError.Code == one.Code {
			return
		}
	}
	t.Fatalf("%v, and not %v", err, wanted)
}

// says checks that an error's sentence has these words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Fatalf("%v does not say %q", err, word)
		}
	}
}

package behaviour

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

// worked pushes gradients of 1 until a number of them are settled. In the middle the daemon is held, so that
// some are pushed and not read, is killed, and starts again; then afterwards is called.
func worked(t *testing.T, d *daemon, w *gradmq.Worker, afterwards func()) {
	t.Helper()
	const many, before = 300, 100
	done := make(chan error, 1)
	held := make(chan bool)
	var pushed atomic.Int64
	go func() {
		for i := range many {
			if i == before {
				<-held
			}
			if _, err := w.Push(d.ctx, all(1), &gradmq.PushOptions{WithoutBase: true}); err != nil {
				done <- err
				return
			}
			pushed.Add(1)
		}
		done <- w.Flush(d.ctx)
	}()
	d.until("some to be settled", func() bool { return w.Stats().Settled == before })
	d.hold()
	close(held)
	d.until("some to be on their way", func() bool { return pushed.Load() >= before+20 })
	d.kill()
	d.run()
	afterwards()
	must(t, <-done)
	stats := w.Stats()
	if stats.Pushed != many || stats.Settled != many || stats.Unsettled != 0 || stats.Resent < 20 {
		t.Errorf("%+v", stats)
	}
}

func testKilledMemory(t *testing.T) {
	d, c := loaded(t)
	verdicts := map[uint64]int{}
	o := options()
	o.OnVerdict = func(v gradmq.Verdict) { verdicts[v.Sequence]++ }
	w := d.worker(o)
	worked(t, d, w, func() {
		must(t, c.SetModelParameters(d.ctx, model()))
		must(t, c.Start(d.ctx))
	})
	stats := w.Stats()
	if stats.Applied+stats.Refused != stats.Pushed || uint64(len(verdicts)) > stats.Refused {
		t.Errorf("%+v, and %d verdicts", stats, len(verdicts))
	}
	for sequence, times := range verdicts {
		if times != 1 {
			t.Errorf("gradient %d has %d verdicts", sequence, times)
		}
	}
	before := d.now(c)
	p := value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	value[uint64](t)(w.Push(d.ctx, all(1), &gradmq.PushOptions{From: p}))
	must(t, w.Flush(d.ctx))
	same(t, d.now(c), plus(before, -1))
}

func testKilledJournal(t *testing.T) {
	d, c := loaded(t, "state/directory="+mkdir(t), "settings/durability=journal")
	w := d.worker(options())
	worked(t, d, w, func() {})
	if stats := w.Stats(); stats.Refused != 0 {
		t.Errorf("%+v", stats)
	}
	same(t, d.now(c), plus(packedModel(), -300))
}

func testKilledLarge(t *testing.T) {
	const many = 1 << 20
	d := start(t, "state/directory="+mkdir(t), "settings/durability=journal")
	c := d.coordinator()
	must(t, c.SetModelParameters(d.ctx, []gradmq.NamedTensor{{Name: "v", Tensor: gradmq.Of(numbers(many, 0), many)}}))
	must(t, c.Start(d.ctx))
	w := d.worker(options())
	push := func() {
		gradient := gradmq.Packed(numbers(many, 1))
		value[uint64](t)(w.Push(d.ctx, gradient, &gradmq.PushOptions{WithoutBase: true}))
	}
	push()
	must(t, w.Flush(d.ctx))
	d.hold()
	for range 8 {
		push()
	}
	d.kill()
	d.run()
	must(t, w.Flush(d.ctx))
	if stats := w.Stats(); stats.Applied != 9 || stats.Refused != 0 {
		t.Errorf("%+v", stats)
	}
	same(t, value[*gradmq.Parameters](t)(w.Fetch(d.ctx)).Packed().Float32s(), numbers(many, -9))
}

func testSlowSubscriber(t *testing.T) {
	d, c := loaded(t)
	w := d.worker(options())
	other := d.worker(options())
	value[*gradmq.Parameters](t)(w.Newest(d.ctx))
	for range 300 {
		value[uint64](t)(other.Push(d.ctx, all(1), nil))
	}
	must(t, other.Flush(d.ctx))
	d.until("it to be heard of", func() bool { return w.Stats().Version == 300 })
	p := value[*gradmq.Parameters](t)(w.Next(d.ctx))
	if p.Version != 300 {
		//  The newest that has arrived: the last update may have been overtaken by its announcement.
		p = value[*gradmq.Parameters](t)(w.Next(d.ctx))
	}
	if p.Version != 300 {
		t.Errorf("version %d", p.Version)
	}
	same(t, p.Packed().Float32s(), d.now(c))
}

// guarded is a daemon with keys; files are NAME.secret and NAME.public in the folder.
func guarded(t *testing.T) (d *daemon, folder string) {
	t.Helper()
	folder = mkdir(t)
	authorised := filepath.Join(folder, "authorised")
	must(t, os.Mkdir(authorised, 0o700))
	keygen := func(arguments ...string) {
		t.Helper()
		command := exec.Command(filepath.Join(bin(), "gradmq"), append([]string{"keygen", "--out", folder}, arguments...)...)
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	keygen("server")
	for name, role := range map[string]string{"w1": "worker", "boss": "admin", "eye": "observer", "stranger": "worker"} {
		keygen(name, "--role", role)
		if name != "stranger" {
			text := value[[]byte](t)(os.ReadFile(filepath.Join(folder, name+".public")))
			must(t, os.WriteFile(filepath.Join(authorised, name), text, 0o600))
		}
	}
	d = start(t, "security/secret="+filepath.Join(folder, "server.secret"), "security/authorised="+authorised)
	c := d.coordinatorWith(keyed(folder, "boss"))
	must(t, c.SetModelParameters(d.ctx, model()))
	must(t, c.Start(d.ctx))
	return d, folder
}

// keyed is the options of the holder of a key.
func keyed(folder, name string) *gradmq.Options {
	o := named(name)
	o.Secret = filepath.Join(folder, name+".secret")
	o.ServerKey = filepath.Join(folder, "server.public")
	return o
}

func testErrorPermission(t *testing.T) {
	d, folder := guarded(t)
	c := d.coordinatorWith(keyed(folder, "eye"))
	value[*gradmq.Status](t)(c.Status(d.ctx))
	_, err := c.SetParameters(d.ctx, gradmq.Settings{"learning_rate": 0.5})
	fails(t, err, gradmq.ErrPermission)
	_, err = gradmq.OpenWorker(d.ctx, d.control, keyed(folder, "eye"))
	fails(t, err, gradmq.ErrPermission)
}

func testKeys(t *testing.T) {
	d, folder := guarded(t)
	w := d.worker(keyed(folder, "w1"))
	for range 5 {
		value[*gradmq.Parameters](t)(w.Next(d.ctx))
		value[uint64](t)(w.Push(d.ctx, all(1), nil))
	}
	must(t, w.Flush(d.ctx))
	p := value[*gradmq.Parameters](t)(w.Next(d.ctx))
	d.until("version 5", func() bool {
		p = value[*gradmq.Parameters](t)(w.Newest(d.ctx))
		return p.Version == 5
	})
	same(t, p.Packed().Float32s(), plus(packedModel(), -5))
	//  The server's key can be given itself.
	o := keyed(folder, "boss")
	c := d.coordinatorWith(o)
	o.ServerKey = curveKey(t, folder)
	same(t, d.now(d.coordinatorWith(o)), d.now(c))
}

func testWrongKey(t *testing.T) {
	d, folder := guarded(t)
	wrongServer := keyed(folder, "w1")
	wrongServer.ServerKey = filepath.Join(folder, "boss.public")
	for _, o := range []*gradmq.Options{wrongServer, keyed(folder, "stranger")} {
		ctx, cancel := context.WithTimeout(d.ctx, time.Second)
		_, err := gradmq.OpenWorker(ctx, d.control, o)
		cancel()
		fails(t, err, gradmq.ErrConnect, gradmq.ErrTimeout)
		says(t, err, d.control, "ServerKey", "authorised")
	}
	//  Without a key of its own; and keys that are no keys, or that others can read.
	ctx, cancel := context.WithTimeout(d.ctx, 300*time.Millisecond)
	defer cancel()
	_, err := gradmq.OpenCoordinator(ctx, d.control, options())
	fails(t, err, gradmq.ErrConnect, gradmq.ErrTimeout)
	o := keyed(folder, "w1")
	o.ServerKey = ""
	_, err = gradmq.OpenWorker(d.ctx, d.control, o)
	fails(t, err, gradmq.ErrArgument)
	o = keyed(folder, "w1")
	o.Secret = filepath.Join(folder, "w1.public")
	must(t, os.Chmod(o.Secret, 0o600))
	_, err = gradmq.OpenWorker(d.ctx, d.control, o)
	fails(t, err, gradmq.ErrFormat)
	o = keyed(folder, "w1")
	must(t, os.Chmod(o.Secret, 0o644))
	_, err = gradmq.OpenWorker(d.ctx, d.control, o)
	fails(t, err, gradmq.ErrPermission)
	says(t, err, "chmod 600")
	o = keyed(folder, "nobody")
	_, err = gradmq.OpenWorker(d.ctx, d.control, o)
	fails(t, err, gradmq.ErrIO)
}

var publicKey = regexp.MustCompile(`public-key = "(.{40})"`)

// curveKey is the server's public key as Z85.
func curveKey(t *testing.T, folder string) string {
	t.Helper()
	text := string(value[[]byte](t)(os.ReadFile(filepath.Join(folder, "server.public"))))
	return publicKey.FindStringSubmatch(text)[1]
}

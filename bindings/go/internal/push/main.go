// Push is the benchmark's worker: it pushes gradients of the whole layout until they are settled, and says
// how long that took.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

func main() {
	control := flag.String("control", "", "control `endpoint` of the coordinator")
	gradients := flag.Int("gradients", 100, "gradients to push and to time")
	warm := flag.Int("warm", 10, "gradients to push before")
	flag.Parse()
	seconds, err := run(context.Background(), *control, *gradients, *warm)
	if err != nil {
		fmt.Fprintf(os.Stderr, "push: %v\n", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"gradients": *gradients, "seconds": seconds}); err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, control string, gradients, warm int) (float64, error) {
	worker, err := gradmq.OpenWorker(ctx, control, &gradmq.Options{NoUpdates: true, Timeout: 5 * time.Minute})
	if err != nil {
		return 0, err
	}
	var gradient gradmq.Gradient = gradmq.Packed(make([]float32, worker.Layout().Elements()))
	if worker.Layout().DType() == gradmq.F64 {
		gradient = gradmq.Packed(make([]float64, worker.Layout().Elements()))
	}
	//  The same numbers each time, which nobody changes: they are lent.
	options := gradmq.PushOptions{Release: func() {}}
	push := func(count int) error {
		for range count {
			if _, err := worker.Push(ctx, gradient, &options); err != nil {
				return err
			}
		}
		return worker.Flush(ctx)
	}
	if err := push(warm); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := push(gradients); err != nil {
		return 0, err
	}
	seconds := time.Since(begun).Seconds()
	if stats := worker.Stats(); stats.Applied != uint64(gradients+warm) {
		return 0, fmt.Errorf("%d of %d gradients were applied", stats.Applied, gradients+warm)
	}
	return seconds, worker.Close(ctx)
}

// Digits is a worker that trains a network, 64 - 128 - 10, on its part of the images of handwritten digits:
//
//	digits --control tcp://127.0.0.1:5570 --name w1 --part 1 --parts 2 --gradients 1000 --data digits.csv
//
// The layout and the parameters are the coordinator's; `gradmq-digits prepare` loads them. Each gradient is
// of 32 images. At the end it prints one line: how many were applied, and how many were not.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

type settings struct {
	control, name, data string
	secret, serverKey   string
	part, parts         int
	gradients           int
}

func main() {
	var s settings
	flag.StringVar(&s.control, "control", "", "control `endpoint` of the coordinator")
	flag.StringVar(&s.name, "name", "", "the worker's `name`; by default host name and a random number")
	flag.StringVar(&s.data, "data", "", "`file` of the images")
	flag.StringVar(&s.secret, "secret", "", "`file` of the own certificate, where the coordinator asks for keys")
	flag.StringVar(&s.serverKey, "server-key", "", "`file` of the coordinator's public certificate")
	flag.IntVar(&s.part, "part", 1, "which part of the images to train on, from 1")
	flag.IntVar(&s.parts, "parts", 1, "how many parts there are")
	flag.IntVar(&s.gradients, "gradients", 1000, "gradients to push")
	flag.Parse()
	if s.control == "" || s.data == "" || s.part < 1 || s.part > s.parts || s.gradients < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "digits: --control and --data are needed, and --part is 1 to --parts; see --help")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := work(ctx, &s); err != nil {
		fmt.Fprintf(os.Stderr, "digits: %v\n", err)
		os.Exit(1)
	}
}

func work(ctx context.Context, s *settings) error {
	train, err := loadImages(s.data)
	if err != nil {
		return err
	}
	batches, err := newBatches(train, s.part-1, s.parts)
	if err != nil {
		return err
	}
	options := gradmq.Options{Name: s.name, Secret: s.secret, ServerKey: s.serverKey, Window: 1}
	inStep, err := isInStep(ctx, s.control, options)
	if err != nil {
		return err
	}
	var late atomic.Int64 // gradients that came when their round was closed
	options.OnVerdict = func(v gradmq.Verdict) {
		if v.Code == gradmq.CodeLate {
			late.Add(1)
		} else {
			fmt.Fprintf(os.Stderr, "gradient %d was not applied: %v: %s\n", v.Sequence, v.Disposition, v.Code.Text())
		}
	}
	worker, err := gradmq.OpenWorker(ctx, s.control, &options)
	if err != nil {
		return err
	}
	if err := pushAll(ctx, worker, batches, s.gradients, inStep); err != nil {
		_ = worker.Close(ctx)
		return err
	}
	stats := worker.Stats()
	if err := worker.Close(ctx); err != nil {
		return err
	}
	fmt.Printf("%s: %d gradients, %d applied, %d not\n", worker.Name(), stats.Pushed, stats.Applied, stats.Refused)
	return nil
}

// isInStep asks whether a gradient has to be made from the next version, so that each round is answered
// once, or from the newest that has arrived. Its connection has another name than the worker's.
func isInStep(ctx context.Context, control string, options gradmq.Options) (bool, error) {
	options.Name = ""
	coordinator, err := gradmq.OpenCoordinator(ctx, control, &options)
	if err != nil {
		return false, err
	}
	defer coordinator.Close()
	inForce, err := coordinator.GetParameters(ctx)
	if err != nil {
		return false, err
	}
	policy, _ := inForce.Get("policy")
	return policy.Value == "bsp", nil
}

func pushAll(ctx context.Context, worker *gradmq.Worker, batches *batches, gradients int, inStep bool) error {
	network := newNetwork()
	if elements := worker.Layout().Elements(); elements != parameters {
		return fmt.Errorf("the coordinator holds another network: %d parameters instead of %d", elements, parameters)
	}
	take := worker.Newest
	if inStep {
		take = worker.Next
	}
	for range gradients {
		now, err := take(ctx)
		if err != nil {
			return err
		}
		loss := network.gradient(now.Packed().Float32s(), batches.next())
		_, err = worker.Push(ctx, gradmq.Packed(network.slope), &gradmq.PushOptions{
			Metrics: []gradmq.Metric{{Name: "loss", Value: loss, Weight: batch}}})
		if err != nil {
			return err
		}
	}
	return worker.Flush(ctx)
}

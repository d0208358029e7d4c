package gradmq_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	gradmq "github.com/gradmq/gradmq/bindings/go"
)

// A worker moves every parameter towards 1.
func Example() {
	ctx := context.Background()
	worker, err := gradmq.OpenWorker(ctx, "tcp://127.0.0.1:5570", nil)
	if err != nil {
		log.Fatal(err)
	}
	gradient := make([]float32, worker.Layout().Elements())
	for range 1000 {
		now, err := worker.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for i, w := range now.Packed().Float32s() {
			gradient[i] = w - 1 // of (w - 1)^2 / 2: put your own model here
		}
		if _, err := worker.Push(ctx, gradmq.Packed(gradient), nil); err != nil {
			log.Fatal(err)
		}
	}
	if err := worker.Close(ctx); err != nil { // waits until all of it is settled
		log.Fatal(err)
	}
}

func ExampleCoordinator() {
	ctx := context.Background()
	c, err := gradmq.OpenCoordinator(ctx, "tcp://127.0.0.1:5570", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	err = c.SetModelParameters(ctx, []gradmq.NamedTensor{
		{Name: "weight", Tensor: gradmq.Of(make([]float32, 12), 3, 4)},
		{Name: "bias", Tensor: gradmq.Of(make([]float32, 3), 3)},
	})
	if err != nil {
		log.Fatal(err)
	}
	inForce, err := c.SetParameters(ctx, gradmq.Settings{"optimizer": "adam", "learning_rate": 1e-3, "clip_norm": nil})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("settings revision", inForce.Revision)
	if err := c.Start(ctx); err != nil && !errors.Is(err, gradmq.ErrState) {
		log.Fatal(err) // ErrState: it was running
	}
}

func ExampleWorker_Updates() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	worker, err := gradmq.OpenWorker(ctx, "tcp://127.0.0.1:5570", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer worker.Close(context.Background())
	for now, err := range worker.Updates(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		for name, tensor := range now.All() {
			fmt.Println(now.Version, name, tensor.Shape, tensor.At(0))
		}
	}
}

func ExampleTensors() {
	// Rows 3 and 17 of an embedding of 8 columns, and the whole bias; other tensors are left alone.
	_ = gradmq.Tensors{
		"embedding": gradmq.RowsOf([]uint32{3, 17}, make([]float32, 2*8)),
		"bias":      gradmq.Of(make([]float32, 8), 8),
	}
}

func ExampleOf() {
	matrix := gradmq.Of([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	numbers, ok := gradmq.View[float32](matrix) // the same memory
	fmt.Println(matrix.Shape, matrix.DType, numbers[4], ok)
	// Output: [2 3] F32 5 true
}

func ExampleError() {
	err := error(&gradmq.Error{Code: gradmq.CodeStale, Message: "made from version 3, the newest is 9"})
	var own *gradmq.Error
	fmt.Println(errors.Is(err, gradmq.ErrStale), errors.As(err, &own), own.Code, err)
	// Output: true true STALE gradmq: STALE: made from version 3, the newest is 9
}

// Package gradmq is the client of GradMQ, a message broker for training: one daemon, gradmqd, owns a model's
// parameters; workers push gradients to it, take its parameters, and control it by requests.
//
// A [Worker] joins a coordinator by one control endpoint. It gives the newest parameters ([Worker.Newest]),
// or waits for newer ones ([Worker.Next]), and pushes gradients ([Worker.Push]), each of which is applied
// once or not at all; [Options].OnVerdict tells what was not applied, and why. What got lost is sent
// again, and a restart of the coordinator is outlived.
//
// A [Coordinator] controls one from afar: settings, models, start and stop, checkpoints, status.
//
// Every call that waits takes a context first. A deadline or a cancellation ends the wait with an error
// that says what was waited for; a call whose context has no deadline waits for Options.Timeout. What was
// pushed stays pushed.
//
// Workers and coordinators may be used from any number of goroutines. ZeroMQ's sockets are not for that:
// a goroutine of each worker and coordinator owns them, reads what comes, and goes on while the program
// computes. Close ends it.
//
// Numbers are []float32, []float64, or the bits of shorter types ([Float16], [BFloat16]). Parameters are
// views of one packed array, and belong to the caller. Pushes copy their numbers, unless
// [PushOptions].Release lends them.
//
// The package uses libzmq, 4.3 or newer, by way of cgo. The protocol is schemas/PROTOCOL.md.
package gradmq

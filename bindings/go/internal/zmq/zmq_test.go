package zmq

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// pair is two sockets that are connected.
func pair(t *testing.T) (*Socket, *Socket) {
	t.Helper()
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	endpoint := private()
	ends := make([]*Socket, 2)
	for i := range ends {
		if ends[i], err = c.Socket(Pair); err != nil {
			t.Fatal(err)
		}
		if err := ends[i].SetInt(Linger, 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := ends[0].Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	if err := ends[1].Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ends[0].Close()
		ends[1].Close()
		c.Term()
	})
	return ends[0], ends[1]
}

func TestAPayloadIsLentUntilItIsRead(t *testing.T) {
	from, to := pair(t)
	octets := bytes.Repeat([]byte{1, 2, 3, 4}, lendBytes)
	payload := NewPayload(octets, []int{100, lendBytes, len(octets)})
	if from.Send([]byte("header"), payload) != Done {
		t.Fatal("it is not sent")
	}
	if !payload.Leaving() || payload.Free() {
		t.Error("ZeroMQ holds it, and it counts as free")
	}
	runtime.GC()
	var message Message
	if !to.Receive(&message) || message.Len() != 4 || string(message.Frame(0)) != "header" || message.Bytes(1) != len(octets) {
		t.Fatalf("%d frames came", message.Len())
	}
	if joined := bytes.Join(message.Frames(1), nil); !bytes.Equal(joined, octets) {
		t.Error("other octets came")
	}
	message.Close()
	if payload.Leaving() || !payload.Free() || !payload.Free() {
		t.Error("it was read, and does not count as free")
	}
}

func TestWhatAConnectionHeldThatIsGoneIsLetGoOf(t *testing.T) {
	from, to := pair(t)
	payload := NewPayload(make([]byte, lendBytes), []int{lendBytes})
	if from.Send([]byte("header"), payload) != Done || !from.Holds(payload) {
		t.Fatal("it is not lent")
	}
	to.Close()
	for end := time.Now().Add(20 * time.Second); from.Holds(payload); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is held for ever")
		}
	}
	if !payload.Free() {
		t.Error("it is let go of, and not free")
	}
}

func TestASmallPayloadIsCopied(t *testing.T) {
	from, to := pair(t)
	octets := []byte("small")
	payload := NewPayload(octets, []int{2, 5})
	for range 2 {
		if from.Send([]byte("header"), payload) != Done || payload.Leaving() {
			t.Fatal("it is lent")
		}
	}
	octets[0] = 'S'
	var message Message
	defer message.Close()
	for range 2 {
		if !to.Receive(&message) || string(bytes.Join(message.Frames(1), nil)) != "small" {
			t.Fatal("it is not what was sent")
		}
	}
	if to.Receive(&message) || message.Len() != 0 {
		t.Error("there is one too many")
	}
}

func TestMessagesOfManyFrames(t *testing.T) {
	from, to := pair(t)
	var message Message
	defer message.Close()
	for _, frames := range []int{1, 9, 70000} {
		octets := bytes.Repeat([]byte{7}, frames)
		ends := make([]int, frames)
		for i := range ends {
			ends[i] = i + 1
		}
		from.Send([]byte("header"), NewPayload(octets, ends))
		if !to.Receive(&message) {
			t.Fatal("nothing came")
		}
		if wanted := frames + 1; frames < framesMax && message.Len() != wanted || frames >= framesMax && message.Len() != 0 {
			t.Errorf("%d frames came of %d", message.Len(), wanted)
		}
	}
}

func TestNobodyIsThere(t *testing.T) {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Term()
	socket, err := c.Socket(Push)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if socket.Writable() || socket.Send([]byte("header"), nil) != Again {
		t.Error("it is sent to nobody")
	}
	if err := socket.Connect("nowhere"); err == nil {
		t.Error("that is no endpoint")
	}
}

func TestWakerEndsAWait(t *testing.T) {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Term()
	waker, err := NewWaker(c)
	if err != nil {
		t.Fatal(err)
	}
	defer waker.Close()
	var poller Poller
	var scratch Message
	defer scratch.Close()
	poller.Add(waker.Socket())
	for range 3 {
		go func() {
			waker.Wake()
			waker.Wake()
		}()
		begun := time.Now()
		poller.Wait(time.Minute)
		if time.Since(begun) > 30*time.Second {
			t.Fatal("nothing woke it")
		}
		waker.Drain(&scratch)
	}
}

package org.gradmq.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.ConnectOptions;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.v1.Reply;
import org.gradmq.v1.Request;
import org.gradmq.v1.StatusRequest;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

class AskerTest {
    private static final int VERSION = 6;

    private static Request.Builder status() {
        return Request.newBuilder().setStatus(StatusRequest.getDefaultInstance());
    }

    //  it has the number 0, as no other could be read.
    @Test
    void anAnswerToWhatCouldNotBeDecodedEndsTheOldestQuestion() throws Exception {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket socket = context.socket(SocketType.REP)) {
            socket.setLinger(10);
            socket.bind("tcp://127.0.0.1:*");
            CoordinatorLoop loop =
                    new CoordinatorLoop(new Session(ConnectOptions.to(socket.getLastEndpoint())));
            try {
                var asked = loop.ask(status(), List.of(), Loop.now() + 60_000);
                while (socket.recv() == null) {
                    assertTrue(!asked.isDone());
                }
                Reply reply = Reply.newBuilder().setCode(VERSION).setMessage("speak 2").build();
                socket.send(Wire.encode(Wire.Kind.REPLY, reply));
                ExecutionException failed =
                        assertThrows(
                                ExecutionException.class, () -> asked.get(60, TimeUnit.SECONDS));
                GradmqException why = (GradmqException) failed.getCause();
                assertEquals(ErrorCode.VERSION, why.code());
                assertEquals("speak 2", why.getMessage());
            } finally {
                loop.close().get(60, TimeUnit.SECONDS);
            }
        }
    }
}

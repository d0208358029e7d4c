package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Sockets with every option that the protocol asks for. All on the thread of their loop. */
final class Sockets {
    private static final int RECEIVE_MARK = 100000;

    private Sockets() {}

    static ZMQ.Socket open(ZMQ.Context context, SocketType type, Session session) {
        ZMQ.Socket socket = context.socket(type);
        socket.setLinger(session.lingerMs);
        //  JeroMQ's way to say that nothing is queued for a peer that is not there (K-3).
        socket.setImmediate(false);
        socket.setReconnectIVL(100);
        socket.setReconnectIVLMax(1000);
        socket.setHandshakeIvl(Limits.HANDSHAKE_MS);
        socket.setHeartbeatIvl(2000);
        socket.setHeartbeatTimeout(10000);
        socket.setHeartbeatTtl(10000);
        socket.setTCPKeepAlive(1);
        socket.setIPv6(session.control.startsWith("tcp://["));
        socket.setSndHWM(2 * Limits.RECEIVE_WINDOW);
        socket.setRcvHWM(RECEIVE_MARK);
        socket.setSendTimeOut(0);
        socket.setReceiveTimeOut(0);
        socket.setMaxMsgSize(Limits.FRAME_BYTES);
        socket.setMsgAllocationHeapThreshold(0);
        if (session.own != null) {
            socket.setCurveServerKey(ZMQ.Curve.z85Decode(session.serverKey));
            socket.setCurvePublicKey(session.own.publicBytes());
            socket.setCurveSecretKey(session.own.secretBytes());
        }
        return socket;
    }

    static void connect(ZMQ.Socket socket, String endpoint) {
        try {
            if (socket.connect(endpoint)) {
                return;
            }
        } catch (RuntimeException e) {
            throw new GradmqException(
                    ErrorCode.ARGUMENT, "cannot connect to " + endpoint + ": " + e, e);
        }
        throw GradmqException.of(ErrorCode.ARGUMENT, "cannot connect to " + endpoint);
    }

    static boolean writable(ZMQ.Socket socket) {
        return (socket.getEvents() & ZMQ.Poller.POLLOUT) != 0;
    }

    /** All frames of a message; null: there is none. */
    static List<byte[]> receive(ZMQ.Socket socket) {
        byte[] frame = socket.recv(ZMQ.DONTWAIT);
        if (frame == null) {
            return null;
        }
        List<byte[]> frames = new ArrayList<>(4);
        frames.add(frame);
        while (socket.hasReceiveMore()) {
            frame = socket.recv(ZMQ.DONTWAIT);
            if (frame == null) {
                return frames;
            }
            frames.add(frame);
        }
        return frames;
    }

    /** What became of a message that was to be sent. */
    enum Sent {
        /** All of it is on its way. */
        WHOLE,
        /** Nothing was sent: there is no connection. */
        AGAIN,
        /** The connection went in the middle. */
        BROKEN
    }

    /** Send a header and its payload; the payload is not copied and must not change. */
    static Sent send(ZMQ.Socket socket, byte[] header, List<ByteBuffer> payload) {
        int flags = ZMQ.DONTWAIT | (payload.isEmpty() ? 0 : ZMQ.SNDMORE);
        if (!socket.send(header, flags)) {
            return Sent.AGAIN;
        }
        for (int i = 0; i < payload.size(); i++) {
            boolean last = i == payload.size() - 1;
            int more = ZMQ.DONTWAIT | (last ? 0 : ZMQ.SNDMORE);
            if (socket.sendByteBuffer(payload.get(i), more) < 0) {
                return Sent.BROKEN;
            }
        }
        return Sent.WHOLE;
    }

    /** Frames of about 1 MiB that end where an element does: views of the payload. */
    static List<ByteBuffer> frames(ByteBuffer payload, int[] ends) {
        List<ByteBuffer> frames = new ArrayList<>(ends.length);
        int begin = 0;
        for (int end : ends) {
            //  JeroMQ sends a buffer from its beginning to its capacity.
            frames.add(payload.slice(begin, end - begin));
            begin = end;
        }
        return frames;
    }
}

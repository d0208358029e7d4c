package org.gradmq.internal;

import org.zeromq.ZEvent;
import org.zeromq.ZMQ;

/** What is known of a socket's connection. Told by ZeroMQ's thread, read by the loop's. */
final class Link implements ZEvent.ZEventConsummer {
    private static final int EVENTS =
            ZMQ.EVENT_CONNECTED | ZMQ.EVENT_HANDSHAKE_PROTOCOL | ZMQ.EVENT_DISCONNECTED;

    private final Runnable wake;
    private volatile boolean touched;
    private volatile int ups;
    private volatile int downs;

    private Link(Runnable wake) {
        this.wake = wake;
    }

    /** Watch a socket that is not connected yet. */
    static Link of(ZMQ.Socket socket, Runnable wake) {
        Link link = new Link(wake);
        socket.setEventHook(link, EVENTS);
        return link;
    }

    @Override
    public void consume(ZEvent event) {
        switch (event.getEvent()) {
            case CONNECTED -> touched = true;
            case HANDSHAKE_PROTOCOL -> up();
            case DISCONNECTED -> down();
            default -> {}
        }
        wake.run();
    }

    private synchronized void up() {
        ups++;
    }

    private synchronized void down() {
        downs++;
    }

    /** Somebody took the connection, whoever it is. */
    boolean touched() {
        return touched;
    }

    /** How often a ZeroMQ peer was found. */
    int ups() {
        return ups;
    }

    /** How often a connection was lost. */
    int downs() {
        return downs;
    }
}

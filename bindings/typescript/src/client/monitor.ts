import type { Event, Observer, Socket } from "zeromq";

/**
 * Tells what becomes of a socket's connections. It ends by itself behind its socket, and must not end before it:
 * ZeroMQ's own threads would wait for somebody to read what they have to tell.
 */
export class Monitor {
    /** The socket is gone, and nothing of this is left. */
    readonly ended: Promise<void>;

    constructor(socket: Socket, heard: (type: Event["type"]) => void) {
        this.ended = listen(socket.events, heard);
    }
}

async function listen(observer: Observer, heard: (type: Event["type"]) => void): Promise<void> {
    while (!observer.closed) {
        let event: Event;
        try {
            event = await observer.receive();
        } catch {
            return;
        }
        heard(event.type);
    }
}

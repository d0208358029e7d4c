import type { Event, Observer, Socket } from "zeromq";

/**
 * Tells what becomes of a socket's connections, until it is closed. It has to be closed before its socket: it
 * would outlive it by some rounds of the event loop.
 */
export class Monitor {
    private readonly observer: Observer;

    constructor(socket: Socket, heard: (type: Event["type"]) => void) {
        this.observer = socket.events;
        void this.listen(heard);
    }

    private async listen(heard: (type: Event["type"]) => void): Promise<void> {
        while (!this.observer.closed) {
            let event: Event;
            try {
                event = await this.observer.receive();
            } catch {
                return;
            }
            heard(event.type);
        }
    }

    close(): void {
        if (!this.observer.closed) this.observer.close();
    }
}

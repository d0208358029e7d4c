// Events of the daemon, for as long as the page is open.

const SILENT_MS = 5000; // an event comes each second
const AGAIN_MS = 2000;

// `handlers`: status (document), step (document), opened (), gone (since), each when it happens. A connection
// that is lost, refused, or silent for too long is gone once, until an event comes.
export function follow(handlers) {
    let events = null;
    let heard = Date.now();
    let gone = false;

    const lost = () => {
        if (!gone) {
            gone = true;
            handlers.gone(heard);
        }
    };
    const hear = (handler) => (event) => {
        heard = Date.now();
        if (gone) {
            gone = false;
            handlers.opened();
        }
        handler(JSON.parse(event.data));
    };
    const open = () => {
        events = new EventSource("events");
        events.onopen = () => {
            gone = false;
            heard = Date.now();
            handlers.opened();
        };
        events.onerror = lost;
        events.addEventListener("status", hear(handlers.status));
        events.addEventListener("step", hear(handlers.step));
    };

    open();
    setInterval(() => {
        if (Date.now() - heard > SILENT_MS) {
            lost();
        }
        // A browser does not come again by itself after an answer such as 503.
        if (events.readyState === EventSource.CLOSED) {
            open();
        }
    }, AGAIN_MS);
}

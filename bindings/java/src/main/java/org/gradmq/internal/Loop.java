package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that owns the sockets of a client. Others hand it commands and wait for futures;
 * state that is not volatile is its alone.
 */
public abstract class Loop implements Runnable {
    static final long NEVER = Long.MAX_VALUE / 2;
    private static final long LONGEST_SLEEP_MS = 1000;

    final Session session;
    final ZMQ.Context context = ZMQ.context(1);
    final Asker asker;
    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean ending;
    private volatile GradmqException over;

    Loop(Session session) {
        this.session = session;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new GradmqException(ErrorCode.IO, "no selector can be opened: " + e, e);
        }
        asker = new Asker(this);
        thread = new Thread(this, "gradmq-" + session.name);
        thread.setDaemon(true);
    }

    final void begin() {
        thread.start();
    }

    /** Read what came and do what can be done. Answers when to come again without an event. */
    abstract long step(long now);

    /** Sockets of the subclass, before the context ends. */
    abstract void closeSockets();

    /** Fail everybody who waits. */
    abstract void abandon(GradmqException why);

    /** ZeroMQ holds nothing any more: what was lent to it goes back. */
    void giveBack(GradmqException why) {}

    @Override
    public final void run() {
        GradmqException why = GradmqException.of(ErrorCode.CLOSED, "this client is closed");
        try {
            asker.open();
            while (!ending) {
                runCommands();
                sleep(step(now()));
            }
        } catch (GradmqException e) {
            why = e;
        } catch (RuntimeException | IOException | Error e) {
            why = new GradmqException(ErrorCode.INTERNAL, "the client failed: " + e, e);
        } finally {
            end(why);
        }
    }

    private void end(GradmqException why) {
        ending = true;
        over = why;
        try {
            asker.close(why);
            closeSockets();
            abandon(why);
            context.close();
            giveBack(why);
            selector.close();
        } catch (IOException | RuntimeException e) {
            why.addSuppressed(e);
        } finally {
            session.close();
            ended.complete(null);
            runCommands();
        }
    }

    private void runCommands() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
        }
    }

    private void sleep(long until) throws IOException {
        long wait = Math.min(until - now(), LONGEST_SLEEP_MS);
        if (wait > 0 && commands.isEmpty() && !ending) {
            selector.select(wait);
        } else {
            selector.selectNow();
        }
        selector.selectedKeys().clear();
    }

    /** Do this on the thread of the loop, soon. */
    public final void execute(Runnable command) {
        commands.add(command);
        wake();
        if (ended.isDone()) {
            runCommands();
        }
    }

    final void wake() {
        try {
            selector.wakeup();
        } catch (ClosedSelectorException e) {
            //  It is over: nobody has to wake.
            return;
        }
    }

    /** Milliseconds of a clock that never goes back. */
    static long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** A socket whose events wake the loop. */
    final ZMQ.Socket open(SocketType type) {
        ZMQ.Socket socket = Sockets.open(context, type, session);
        try {
            socket.getFD().register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            socket.close();
            throw new GradmqException(ErrorCode.IO, "a socket cannot be watched: " + e, e);
        }
        return socket;
    }

    final void stop() {
        ending = true;
        wake();
    }

    /** Why nothing can be asked any more; null: it goes on. */
    final GradmqException over() {
        if (!ending) {
            return null;
        }
        GradmqException why = over;
        return why == null ? GradmqException.of(ErrorCode.CLOSED, "this client is closed") : why;
    }

    /** When the thread has ended and all sockets are closed. */
    public final CompletableFuture<Void> ended() {
        return ended;
    }

    /** A callback must not wait for the thread that it runs on. */
    public final void checkMayWait() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException(
                    "a listener or callback runs on the client's own thread, and must not wait for"
                            + " the client: hand the work to another thread");
        }
    }

    /** A reply told where the coordinator stands. */
    void position(org.gradmq.v1.Position position) {}

    /** Call what the program gave us: what it throws is its own affair. */
    final void callback(Runnable what) {
        try {
            what.run();
        } catch (RuntimeException e) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    /** Whoever waits is told why on the thread of the loop. */
    final void tell(String why) {
        callback(() -> session.options.waitListener().waiting(why));
    }

    final void resumed() {
        callback(session.options.waitListener()::resumed);
    }
}

package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** Direct memory for payloads, used again: making it costs as much as filling it. */
final class BufferPool {
    private static final int SMALL_BYTES = 8192;
    private static final int FREE_MOST = 64;

    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    /** Exactly so many bytes, little-endian; MEMORY. */
    ByteBuffer take(long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw GradmqException.of(
                    ErrorCode.TOO_LARGE,
                    "a payload of " + bytes + " bytes; a buffer of Java holds less than 2 GiB");
        }
        if (bytes < SMALL_BYTES) {
            return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer found = find((int) bytes);
        try {
            ByteBuffer buffer = found == null ? ByteBuffer.allocateDirect((int) bytes) : found;
            return buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
        } catch (OutOfMemoryError e) {
            throw new GradmqException(
                    ErrorCode.MEMORY,
                    "no memory for a payload of "
                            + bytes
                            + " bytes: -XX:MaxDirectMemorySize bounds it",
                    e);
        }
    }

    private synchronized ByteBuffer find(int bytes) {
        for (Iterator<ByteBuffer> each = free.iterator(); each.hasNext(); ) {
            ByteBuffer buffer = each.next();
            if (buffer.capacity() == bytes) {
                each.remove();
                return buffer;
            }
        }
        //  Another size is in use now.
        free.clear();
        return null;
    }

    /** Nobody reads it any more. */
    synchronized void give(ByteBuffer buffer) {
        if (buffer.isDirect() && free.size() < FREE_MOST) {
            free.push(buffer);
        }
    }
}

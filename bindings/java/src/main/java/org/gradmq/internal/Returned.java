package org.gradmq.internal;

import java.nio.ByteBuffer;

/** A compressed gradient that was not used: it goes with a later one. */
public record Returned(long generation, ByteBuffer payload) {}

package org.gradmq.internal;

/** Constants of the protocol: PROTOCOL.md, section 18. */
public final class Limits {
    private Limits() {}

    public static final int FRAME_BYTES = 16777216;
    public static final int PAYLOAD_FRAMES = 65536;
    public static final int HEADER_BYTES = 1048576;
    public static final int DESCRIBE_REST_BYTES = 65536;
    public static final int TENSORS = 8192;
    public static final int RANK = 8;
    public static final long ELEMENTS = 1L << 40;
    public static final int NAME_BYTES = 64;
    public static final int TENSOR_NAME_BYTES = 128;
    public static final int METRICS = 32;
    public static final int GROUPS = 64;
    public static final int RECEIVE_WINDOW = 1024;
    public static final int HEARTBEAT_MS = 1000;
    public static final int HANDSHAKE_MS = 5000;

    /** Payloads go in frames of about this many bytes (W-10). */
    public static final int CUT_BYTES = 1 << 20;
}

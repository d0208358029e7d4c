/** Constants of the protocol, section 18. */
export const FRAME_BYTES = 16 * 1024 * 1024;
export const PAYLOAD_FRAMES = 65536;
export const HEADER_BYTES = 1024 * 1024;
export const TENSORS = 8192;
export const RANK = 8;
export const ELEMENTS = 2 ** 40;
export const NAME_BYTES = 64;
export const TENSOR_NAME_BYTES = 128;
export const METRICS = 32;
export const RECEIVE_WINDOW = 1024;

export const HEARTBEAT_MS = 1000;
export const CONFIRM_MS = 1000;
export const SYNC_RETRY_MS = 100;
export const RESYNC_JITTER_MS = 100;
export const REQUEST_TIMEOUT_MS = 5000;
export const LINGER_MS = 2000;
export const HANDSHAKE_MS = 5000;

/** A payload is cut into frames of about this size. */
export const CUT_BYTES = 1024 * 1024;

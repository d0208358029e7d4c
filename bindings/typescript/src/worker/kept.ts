/** A gradient as it was sent, until it is settled. */
export interface Kept {
    readonly header: Buffer;
    readonly frames: readonly Buffer[];
    /** The payload in one piece, where it is ours; undefined where the caller lends it. */
    readonly payload: Buffer | undefined;
    /** Whether `payload` came from a pool. */
    readonly pooled: boolean;
    /** Generation of the compressor that made it; 0: none. */
    readonly compressed: number;
}

const LARGE_BYTES = 64 * 1024;
/** Idle memory that is kept at most. */
const IDLE_BYTES = 256 * 1024 * 1024;

/**
 * Memory for large payloads that is used again: taking it from the system costs as much as copying into it.
 */
export class Pool {
    private readonly idle: Buffer[] = [];
    private bytes = 0;

    /** Room for so many octets, not cleared, and whether it may come back. */
    take(bytes: number): { payload: Buffer; pooled: boolean } {
        if (bytes < LARGE_BYTES) return { payload: Buffer.allocUnsafe(bytes), pooled: false };
        const at = this.idle.findLastIndex((buffer) => buffer.length === bytes);
        const [found] = at < 0 ? [] : this.idle.splice(at, 1);
        if (found) this.bytes -= bytes;
        return { payload: found ?? Buffer.allocUnsafeSlow(bytes), pooled: true };
    }

    /** Nobody reads it any more. */
    give({ payload, pooled }: { payload: Buffer | undefined; pooled: boolean }): void {
        if (!payload || !pooled) return;
        this.idle.push(payload);
        this.bytes += payload.length;
        //  The oldest go: the model may be another one by now.
        while (this.bytes > IDLE_BYTES) this.bytes -= this.idle.shift()?.length ?? 0;
    }
}

/** Follows the rounds of policy bsp (section 19.6 of the protocol): is the one that was answered over? */
export class Rounds {
    /** The round that was answered is over, and no version may come of it. */
    over = false;
    private epoch = 0n;
    private version = 0;
    private round = 0;
    private baseEpoch = 0n;
    private baseVersion = 0;
    private taken = 0;

    /** A heartbeat or Joined tells which round is open at a position. */
    hear(epoch: bigint, version: number, round: number): void {
        if (round === 0) return;
        this.epoch = epoch;
        this.version = version;
        this.round = round;
        if (!this.atBase(epoch, version)) return;
        if (this.taken && round > this.taken) this.over = true;
        else this.taken = round;
    }

    /** A notice tells that a round ended at a position without a version. */
    passed(epoch: bigint, version: number): void {
        const round = this.roundAt(epoch, version);
        if (round) this.hear(epoch, version, round + 1);
        if (this.atBase(epoch, version)) this.over = true;
    }

    /** These are the parameters that the next gradient is made from. */
    take(epoch: bigint, version: number): void {
        this.baseEpoch = epoch;
        this.baseVersion = version;
        this.over = false;
        this.taken = this.roundAt(epoch, version);
    }

    /** Another instance counts anew. */
    forget(): void {
        this.epoch = 0n;
        this.version = 0;
        this.round = 0;
        this.taken = 0;
    }

    /** In which round a gradient takes part; 0: not known. */
    get open(): number {
        return this.taken || this.round;
    }

    /** Between two versions of an epoch as many rounds pass as versions, and those that were told of. */
    private roundAt(epoch: bigint, version: number): number {
        if (!this.round || epoch !== this.epoch || version < this.version) return 0;
        return this.round + (version - this.version);
    }

    private atBase(epoch: bigint, version: number): boolean {
        return epoch === this.baseEpoch && version === this.baseVersion;
    }
}

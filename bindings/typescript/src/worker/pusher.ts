import { type Deadline, Turnstile } from "../client/wait.js";
import { type Compression, Compressor } from "../compress/compressor.js";
import { GradmqError } from "../errors.js";
import { Kind } from "../names.js";
import type { Floats } from "../tensor/dtype.js";
import type { Layout } from "../tensor/layout.js";
import { cutFrames } from "../tensor/payload.js";
import { makeGradient, type Said } from "../wire/gradient.js";
import { encodeGradient } from "../wire/message.js";
import type { Engine } from "./engine.js";
import { type Kept, Pool } from "./kept.js";
import type { Ledger } from "./ledger.js";
import type { Stream } from "./stream.js";
import { borrowFrames, isNative, type Plan, writePlan } from "./tensors.js";
import { waitFor } from "./waiting.js";

/** What came in is read after this many pushes, or an eighth of the credit where that is less. */
const READ_EVERY = 64;

/** A payload that is ready to go, and what its header has to say of it. */
interface Load extends Pick<Kept, "frames" | "payload" | "pooled" | "compressed"> {
    readonly bytes: number;
    readonly parts: Plan["parts"] | undefined;
    readonly dtype: Plan["dtype"] | undefined;
    /** Undefined: it fits every layout. */
    readonly layout: Layout | undefined;
}

const NOTHING: Load = {
    frames: [],
    payload: undefined,
    pooled: false,
    compressed: 0,
    bytes: 0,
    parts: undefined,
    dtype: undefined,
    layout: undefined,
};

/** Sends gradients within the credit, one after the other. */
export class Pusher {
    private readonly door = new Turnstile();
    private readonly pool = new Pool();
    private compressor: Compressor | undefined;
    private compression: Compression | undefined;
    private countdown = 0;

    constructor(
        private readonly engine: Engine,
        private readonly stream: Stream,
    ) {}

    private get ledger(): Ledger {
        return this.engine.ledger as Ledger;
    }

    /** Compress whole gradients from now on; undefined: no more. Refused with ARGUMENT. */
    compress(how: Compression | undefined): void {
        this.compressor = how && this.engine.layout && new Compressor(how, this.engine.layout);
        this.compression = how;
    }

    /** A gradient is settled. `back`: what it held is to go with a later one. */
    settled(sequence: number, back: boolean): void {
        const kept = this.engine.kept.get(sequence);
        this.engine.kept.delete(sequence);
        if (!kept) return;
        if (back && kept.compressed && kept.payload) this.compressor?.giveBack(kept.compressed, kept.payload);
        //  What was sent more than once may be on its way still.
        if (this.ledger.outbox.sends(sequence) === 1) this.pool.give(kept);
    }

    private compressorFor(plan: Plan, said: Said): Compressor | undefined {
        //  Parameters are not compressed: what is left out of them would not come with the next ones.
        if (!this.compression || !plan.whole || said.kind === Kind.MODEL_PARAMETERS) return undefined;
        if (plan.pieces.some(({ data }) => data instanceof Uint16Array))
            throw new GradmqError("ARGUMENT", "gradients are compressed from f32 or f64; give them as that");
        if (plan.dtype.size === 2)
            throw new GradmqError(
                "ARGUMENT",
                "a compressed gradient is sent as it is compressed; leave dtype out",
            );
        if (this.compressor?.layout.id !== plan.layout.id)
            this.compressor = new Compressor(this.compression, plan.layout);
        return this.compressor;
    }

    /** With the base that it has when it is pushed: what is given while it waits is not what it was made from. */
    private based(said: Said): Said {
        if (said.base !== undefined) return said;
        const { given } = this.stream;
        return { ...said, base: given ? { epoch: given.epoch, version: given.version } : null };
    }

    private checkLayout(layout: Layout | undefined): void {
        if (layout && this.engine.layout?.id !== layout.id)
            throw new GradmqError(
                "LAYOUT",
                "the model was replaced by one of another layout; the gradient was not pushed",
            );
    }

    /** Push what was planned; returns its sequence. */
    async push(plan: Plan, what: Said, lend: boolean, until: Deadline): Promise<number> {
        const said = this.based(what);
        return this.pass(until, async () => {
            const compressor = this.compressorFor(plan, said);
            await this.waitForRoom(compressor?.bytes ?? plan.bytes, until);
            this.checkLayout(plan.layout);
            if (!compressor) return this.deliver(said, this.load(plan, lend), until);
            const load = this.loadCompressed(compressor, plan, said);
            //  The numbers are divided here, so that what remains has no scale.
            const sequence = await this.deliver({ ...said, lossScale: 1 }, load, until);
            compressor.sent();
            return sequence;
        });
    }

    /** Push "nothing this time". */
    async skip(what: Said, until: Deadline): Promise<number> {
        const said = this.based(what);
        return this.pass(until, async () => {
            await this.waitForRoom(0, until);
            return this.deliver({ ...said, kind: Kind.SKIP }, NOTHING, until);
        });
    }

    private pass<T>(until: Deadline, action: () => Promise<T>): Promise<T> {
        const refuse = () =>
            new GradmqError(
                "TIMEOUT",
                "the time is over while waiting for the gradients pushed before this one",
            );
        return this.door.pass(until, refuse, action);
    }

    private load(plan: Plan, lend: boolean): Load {
        const { bytes, dtype, layout } = plan;
        const parts = plan.whole ? undefined : plan.parts;
        if (lend && isNative(plan))
            return { ...NOTHING, frames: borrowFrames(plan), bytes, parts, dtype, layout };
        const room = this.pool.take(bytes);
        writePlan(plan, room.payload);
        const frames = cutFrames(room.payload, plan.parts);
        return { ...room, frames, compressed: 0, bytes, parts, dtype, layout };
    }

    private loadCompressed(compressor: Compressor, plan: Plan, said: Said): Load {
        const { bytes, generation, parts } = compressor;
        const room = this.pool.take(bytes);
        const numbers = plan.pieces.map(({ data }) => data as Floats);
        compressor.encode(numbers, 1 / said.lossScale, room.payload);
        const frames = cutFrames(room.payload, parts);
        const { layout } = plan;
        return { ...room, frames, compressed: generation, bytes, parts, dtype: layout.master, layout };
    }

    //  --------------------------------------------------------------------------------------------
    //  Credit

    private hasRoom(bytes: number): boolean {
        const { blocked, closed, describe, fenced, join } = this.engine;
        if (join || describe || closed || fenced || blocked) return false;
        return this.ledger.outbox.room(bytes, this.ledger.credit);
    }

    private sayRoom(bytes: number): string {
        const { credit, outbox } = this.ledger;
        if (outbox.room(bytes, credit)) return "a way to send a gradient";
        if (outbox.count < credit.gradients)
            return `credit: ${outbox.bytes} of ${credit.bytes} bytes are not settled, and ${bytes} are to go`;
        return `credit: ${outbox.count} of ${credit.gradients} gradients are not settled`;
    }

    private async waitForRoom(bytes: number, until: Deadline): Promise<void> {
        if (this.countdown-- > 0 && this.hasRoom(bytes)) return;
        await this.engine.catchUp();
        await waitFor(
            this.engine,
            { ready: () => this.hasRoom(bytes), say: () => this.sayRoom(bytes), settlement: true },
            until,
        );
        this.countdown = Math.min(READ_EVERY, Math.floor(this.ledger.credit.gradients / 8));
    }

    //  --------------------------------------------------------------------------------------------
    //  Sending

    private header(said: Said, load: Load): Buffer {
        const { engine, ledger } = this;
        const { model, name } = engine.session;
        const layout = engine.layout;
        if (!layout) throw new GradmqError("NO_MODEL", `no model is loaded into ${model}`);
        const { first: lowWater, next: sequence } = ledger.outbox;
        return encodeGradient(
            makeGradient({ model, worker: name, incarnation: ledger.incarnation, sequence, lowWater }, said, {
                layoutId: layout.id,
                dtype: load.dtype,
                master: layout.master,
                parts: load.parts,
                base: said.base ?? undefined,
            }),
        );
    }

    /** Give it the next sequence and hand it over, once there is a connection. */
    private async deliver(said: Said, load: Load, until: Deadline): Promise<number> {
        const { engine, ledger } = this;
        const { outbox } = ledger;
        for (;;) {
            this.checkLayout(load.layout);
            const kept: Kept = { ...load, header: this.header(said, load) };
            const sequence = outbox.next;
            //  Before it goes: its acknowledgement may be faster than we are.
            engine.kept.set(sequence, kept);
            outbox.add(load.bytes);
            if (await engine.send(kept)) {
                this.sent(said);
                return sequence;
            }
            outbox.retract();
            engine.kept.delete(sequence);
            await this.waitForRoom(load.bytes, until);
        }
    }

    private sent(said: Said): void {
        const { engine, stream } = this;
        engine.pushed++;
        const clock = said.clock ?? engine.clock + 1;
        if ((said.clock === undefined || said.lastOfClock) && clock > engine.clock) engine.clock = clock;
        if (stream.given) engine.rounds.take(stream.given.epoch, stream.given.version);
    }
}

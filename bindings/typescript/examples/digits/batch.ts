import { type Images, PIXELS } from "./data.js";
import { Random } from "./random.js";

const NOISE = 0.35;

/** Takes the images of one part in batches, over and over, each time in another order and a little changed. */
export class Batches {
    private readonly order: number[];
    private next: number;
    private readonly random: Random;
    readonly images: Images;

    /** `part` counts from 1. */
    constructor(
        private readonly train: Images,
        part: number,
        parts: number,
        size: number,
    ) {
        this.order = Array.from({ length: train.count }, (_, i) => i).filter((i) => i % parts === part - 1);
        if (this.order.length < size) throw new Error(`there are more --parts than batches of ${size}`);
        this.next = this.order.length;
        this.random = new Random(1000n + BigInt(part));
        this.images = { count: size, pixels: new Float32Array(size * PIXELS), labels: new Uint8Array(size) };
    }

    /** The next batch; it is overwritten by the one after it. */
    take(): Images {
        const { count, pixels, labels } = this.images;
        if (this.order.length - this.next < count) {
            this.random.shuffle(this.order);
            this.next = 0;
        }
        for (let i = 0; i < count; i++) {
            const from = this.order[this.next++] as number;
            pixels.set(this.train.pixels.subarray(from * PIXELS, (from + 1) * PIXELS), i * PIXELS);
            labels[i] = this.train.labels[from] as number;
        }
        for (let i = 0; i < pixels.length; i++)
            pixels[i] = (pixels[i] as number) + NOISE * this.random.signed();
        return this.images;
    }
}

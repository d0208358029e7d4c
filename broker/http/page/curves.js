// What is drawn, as columns of the same length.

const MOST = 4096; // points; then every other one goes

// Reports on steps. Columns "loss" and the like have the mean, and beside it the least and the most.
export class Curves {
    #last = null;

    constructor() {
        this.clear();
    }

    clear() {
        this.#last = null;
        this.version = [];
        this.time = [];
        this.columns = new Map();
    }

    get length() {
        return this.version.length;
    }

    // Versions go on from one report to the next; where they do not, the model is another one, or is what it
    // was before. Returns whether there was anything new.
    add(step) {
        const { instance, epoch, version } = step.position;
        const last = this.#last;
        if (last && (last.instance !== instance || (last.epoch !== epoch && version <= last.version))) {
            this.clear();
        } else if (last && version <= last.version) {
            return false;
        }
        this.#last = step.position;
        const before = this.time.at(-1) ?? 0;
        this.version.push(version);
        this.time.push(Math.max(before, step.at_unix_ms / 1000));
        for (const { name, mean, minimum, maximum } of step.metrics) {
            this.#put("metric " + name, name, [mean, minimum, maximum]);
        }
        this.#put("learning rate", "learning rate", [step.learning_rate]);
        this.#put("gradient norm", "gradient norm", [step.gradient_norm]);
        this.#put("mean staleness", "mean staleness", [step.staleness_mean]);
        this.#level();
        if (this.length > MOST) {
            this.#thin();
        }
        return true;
    }

    #put(key, name, values) {
        if (values[0] === null || values[0] === undefined) {
            return;
        }
        let column = this.columns.get(key);
        if (!column) {
            column = { key, name, lines: values.map(() => []) };
            this.columns.set(key, column);
        }
        for (const [index, line] of column.lines.entries()) {
            while (line.length < this.length - 1) {
                line.push(null);
            }
            line[this.length - 1] = values[index];
        }
    }

    // A column that the newest report does not have gets a gap.
    #level() {
        for (const { lines } of this.columns.values()) {
            for (const line of lines) {
                while (line.length < this.length) {
                    line.push(null);
                }
            }
        }
    }

    #thin() {
        const newest = (this.length - 1) % 2;
        const half = (line) => line.filter((_, index) => index % 2 === newest);
        this.version = half(this.version);
        this.time = half(this.time);
        for (const column of this.columns.values()) {
            column.lines = column.lines.map(half);
        }
    }
}

// What is told each second, for the last quarter of an hour.
export class Rates {
    static #MOST = 900;

    constructor() {
        this.time = [];
        this.columns = new Map(["gradients a second", "bytes a second", "gradients queued"].map(
            (name) => [name, { key: name, name, lines: [[]] }]));
    }

    add(status) {
        const now = status.at_unix_ms / 1000;
        if (now <= (this.time.at(-1) ?? 0)) {
            return;
        }
        this.time.push(now);
        const values = [status.rates.gradients, status.rates.bytes, status.queued_gradients];
        for (const [index, column] of [...this.columns.values()].entries()) {
            column.lines[0].push(values[index]);
        }
        if (this.time.length > Rates.#MOST) {
            this.time.shift();
            for (const column of this.columns.values()) {
                column.lines[0].shift();
            }
        }
    }
}

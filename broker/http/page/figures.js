// The figures of a section: one for each column, made when the column is there.

import * as format from "./format.js";
import { Plot } from "./plot.js";

const MOST = 12;
// Sizes are marked at powers of two.
const sizes = {
    size: 76,
    incrs: Array.from({ length: 60 }, (_, power) => 2 ** power),
    values: (_, marks) => marks.map(format.bytes),
};
const writers = new Map([
    ["gradients a second", format.rate],
    ["bytes a second", Object.assign((value) => format.bytes(value), { axis: sizes })],
    ["gradients queued", format.count],
]);

export class Figures {
    #plots = new Map();

    // `data`: Curves or Rates. `more`: element that says how many columns are left out, or null.
    constructor(parent, data, overTime, more) {
        Object.assign(this, { parent, data, overTime, more });
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
            for (const plot of this.#plots.values()) {
                plot.redraw();
            }
        });
    }

    setAxis(overTime) {
        this.overTime = overTime;
        this.#clear();
        this.show();
    }

    show() {
        const columns = this.#chosen();
        const keys = columns.map(({ key }) => key);
        if (keys.join("\n") !== [...this.#plots.keys()].join("\n")) {
            this.#clear();
        }
        for (const { key, name, lines } of columns) {
            if (!this.#plots.has(key)) {
                this.#plots.set(key, new Plot(this.parent, name, writers.get(key) ?? format.real, this.overTime));
            }
            this.#plots.get(key).set(this.overTime ? this.data.time : this.data.version, lines);
        }
    }

    // What workers report comes first; loss and accuracy before the others.
    #chosen() {
        const rank = ({ key, name }) => key === name ? 3 : name === "loss" ? 0 : name === "accuracy" ? 1 : 2;
        const all = [...this.data.columns.values()].sort((a, b) => rank(a) - rank(b));
        if (this.more) {
            this.more.hidden = all.length <= MOST;
            this.more.textContent = `${all.length - MOST} more are not drawn; history.json has them.`;
        }
        return all.slice(0, MOST);
    }

    #clear() {
        for (const plot of this.#plots.values()) {
            plot.remove();
        }
        this.#plots.clear();
    }
}

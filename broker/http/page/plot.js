// A figure with one curve: drawn by uPlot, read by pointer or arrow keys, and said in words beneath its title.

import { brief, count, time } from "./format.js";

/* global uPlot */

const HEIGHT = 190;

const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(tag, className, text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
}

export class Plot {
    #uplot = null;
    #data = [[], []];
    #chosen = null; // index that the keys have gone to
    #drawn = true;

    // `write` makes a value's words; where it has an `axis`, uPlot marks the values as that says. `overTime`: x is seconds since 1970, else versions.
    constructor(parent, name, write, overTime) {
        this.write = write;
        this.overTime = overTime;
        this.name = name;
        this.figure = element("figure", "card");
        const caption = element("figcaption", "");
        this.readout = element("p", "readout");
        caption.append(element("h3", "", name), this.readout);
        this.area = element("div", "plot");
        this.area.tabIndex = 0;
        this.area.setAttribute("role", "slider");
        this.area.setAttribute("aria-label", `points of ${name}`);
        this.area.addEventListener("keydown", (event) => this.#key(event));
        this.area.addEventListener("blur", () => this.#choose(null));
        this.figure.append(caption, this.area);
        parent.append(this.figure);
        new ResizeObserver(() => this.#fit()).observe(this.area);
        this.#say();
    }

    remove() {
        this.#uplot?.destroy();
        this.#uplot = null;
        this.figure.remove();
    }

    // `lines`: the curve, or the curve and the band's least and most.
    set(x, lines) {
        this.#data = [x, ...lines];
        if (!this.#drawn) {
            return;
        }
        this.#drawn = false;
        requestAnimationFrame(() => {
            this.#drawn = true;
            this.#draw();
        });
    }

    // After the colours have changed.
    redraw() {
        this.#uplot?.redraw();
    }

    #draw() {
        if (!this.figure.isConnected) {
            return;
        }
        if (this.#uplot) {
            this.#uplot.setData(this.#data);
        } else {
            this.#uplot = new uPlot(this.#options(), this.#data, this.area);
        }
        this.#say();
    }

    #options() {
        const axis = { stroke: colour("--muted"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 },
            font: "12px system-ui, sans-serif" };
        const hidden = { stroke: "transparent", points: { show: false } };
        const band = this.#data.length > 2;
        return {
            width: Math.max(this.area.clientWidth, 100),
            height: HEIGHT,
            legend: { show: false },
            cursor: { drag: { setScale: false }, y: false, points: { size: 8 } },
            scales: { x: { time: this.overTime } },
            axes: [
                { ...axis, space: 70, values: (_, marks) => marks.map(this.overTime ? (mark) => time(mark * 1000) : brief) },
                { ...axis, ...(this.write.axis ?? { size: 56, values: (_, marks) => marks.map(brief) }) },
            ],
            series: [{}, { stroke: colour("--curve"), width: 2, spanGaps: true, points: { show: () => this.#known().length < 3 } },
                ...(band ? [{ ...hidden, spanGaps: true }, { ...hidden, spanGaps: true }] : [])],
            bands: band ? [{ series: [3, 2], fill: colour("--band") }] : [],
            hooks: { setCursor: [() => this.#say()] },
        };
    }

    #fit() {
        const width = this.area.clientWidth;
        if (this.#uplot && width > 0 && width !== this.#uplot.width) {
            this.#uplot.setSize({ width, height: HEIGHT });
        }
    }

    #at(index) {
        const [x, curve, least, most] = this.#data;
        const where = this.overTime ? time(x[index] * 1000) : `version ${count(x[index])}`;
        const between = least && least[index] !== null && least[index] !== most[index]
            ? `, between ${this.write(least[index])} and ${this.write(most[index])}` : "";
        return `${where}: ${this.write(curve[index])}${between}`;
    }

    #known() {
        return this.#data[1].filter((value) => value !== null);
    }

    #summary() {
        const values = this.#known();
        if (!values.length) {
            return "nothing yet";
        }
        const least = values.reduce((a, b) => Math.min(a, b));
        const most = values.reduce((a, b) => Math.max(a, b));
        return `latest ${this.write(values.at(-1))}, lowest ${this.write(least)}, highest ${this.write(most)}`;
    }

    // The readout, and what a screen reader says; the latter is left alone under the reader's focus.
    #say() {
        const last = this.#data[0].length - 1;
        const pointed = this.#chosen ?? this.#uplot?.cursor.idx ?? null;
        const index = pointed === null || pointed > last ? null : pointed;
        this.readout.textContent = index === null ? this.#summary() : this.#at(index);
        if (document.activeElement === this.area && this.#chosen === null) {
            return;
        }
        this.area.setAttribute("aria-valuemin", 0);
        this.area.setAttribute("aria-valuemax", Math.max(last, 0));
        this.area.setAttribute("aria-valuenow", Math.max(index ?? last, 0));
        this.area.setAttribute("aria-valuetext", last < 0 ? "nothing yet" : index === null ? this.#summary() : this.#at(index));
    }

    #key(event) {
        const last = this.#data[0].length - 1;
        const from = Math.min(this.#chosen ?? last, last);
        const far = Math.max(1, Math.round(last / 10));
        const to = { ArrowLeft: from - 1, ArrowDown: from - 1, ArrowRight: from + 1, ArrowUp: from + 1,
            PageDown: from - far, PageUp: from + far, Home: 0, End: last, Escape: null }[event.key];
        if (to === undefined || last < 0 || event.altKey || event.ctrlKey || event.metaKey) {
            return;
        }
        event.preventDefault();
        this.#choose(to === null ? null : Math.min(Math.max(to, 0), last));
    }

    #choose(index) {
        this.#chosen = index;
        if (this.#uplot) {
            const left = index === null ? -10 : this.#uplot.valToPos(this.#data[0][index], "x");
            this.#uplot.setCursor({ left, top: index === null ? -10 : 0 });
        }
        this.#say();
    }
}

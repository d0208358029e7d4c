// Tables of workers, settings and staleness. Names come from outside: they are put in as text alone.

import * as format from "./format.js";

const find = (id) => document.getElementById(id);

// Change a text only where it differs, so that what is selected stays selected, and nobody is told twice.
export function say(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

// Rows of cells into a table's body; a row keeps its key's place in the document as long as it is there.
//   `rows`: [key, [cell ...]]; a cell is a text, the first is the row's head
function fill(body, rows, numeric) {
    const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
    for (const [place, [key, cells]] of rows.entries()) {
        let row = before.get(key);
        if (!row) {
            row = document.createElement("tr");
            row.dataset.key = key;
            for (const index of cells.keys()) {
                const cell = document.createElement(index === 0 ? "th" : "td");
                if (index === 0) {
                    cell.scope = "row";
                }
                cell.classList.toggle("number", numeric[index]);
                row.append(cell);
            }
        }
        before.delete(key);
        for (const [index, text] of cells.entries()) {
            say(row.cells[index], text);
        }
        if (body.rows[place] !== row) {
            body.insertBefore(row, body.rows[place] ?? null);
        }
    }
    for (const row of before.values()) {
        row.remove();
    }
}

const refusals = (worker) => {
    const others = Object.entries(worker.dispositions).filter(([name]) => name !== "APPLIED");
    const words = format.counts(others.map(([name, number]) => [name.toLowerCase().replaceAll("_", " "), number]));
    const reasons = format.counts(Object.entries(worker.refused_by));
    return reasons ? `${words} (${reasons})` : words;
};

// Title, what it sorts by, its text, whether it is a number.
const WORKER = [
    ["worker", (w) => w.name, (w) => w.name, false],
    ["state", (w) => w.state, (w) => w.state.toLowerCase(), false],
    ["last seen", (w) => w.seen_ms_ago, (w) => format.ago(w.seen_ms_ago), true],
    ["waits for", (w) => waits(w), (w) => waits(w), false],
    ["queued", (w) => w.queued, (w) => format.count(w.queued), true],
    ["applied", (w) => w.dispositions.APPLIED ?? 0, (w) => format.count(w.dispositions.APPLIED ?? 0), true],
    ["not applied", (w) => w.settled_through - (w.dispositions.APPLIED ?? 0), (w) => refusals(w) || "none", false],
    ["staleness", (w) => w.staleness_mean ?? 0, (w) => format.real(w.staleness_mean), true],
    ["reported", (w) => w.metrics[0]?.value ?? 0, (w) => w.metrics.map((m) => `${m.name} ${format.real(m.value)}`).join(", "), false],
];

function waits(worker) {
    return worker.waits_for ?? (worker.awaited ? "nothing; others wait for it" : "nothing");
}

export class Workers {
    #sort = 0;
    #down = false;
    #workers = [];

    constructor() {
        const head = document.createElement("tr");
        for (const [index, [title, , , number]] of WORKER.entries()) {
            const cell = document.createElement("th");
            const button = document.createElement("button");
            cell.scope = "col";
            cell.classList.toggle("number", number);
            button.type = "button";
            button.textContent = title;
            button.addEventListener("click", () => this.#sortBy(index));
            cell.append(button);
            head.append(cell);
        }
        find("workers").tHead.replaceChildren(head);
        this.#mark();
    }

    show(status) {
        this.#workers = status.workers;
        const shown = status.workers.length;
        find("workers-empty").hidden = shown > 0;
        find("workers-region").hidden = shown === 0;
        const { joins, departures, expirations } = status.counters;
        const more = status.workers_more ? `, the first ${format.count(shown)} by name are shown` : "";
        say(find("workers-caption"), `${format.count(status.members)} now${more}; since the start ${format.count(joins)} joined, ` +
            `${format.count(departures)} left, ${format.count(expirations)} were given up`);
        this.#fill();
    }

    #fill() {
        const by = WORKER[this.#sort][1];
        const order = this.#down ? -1 : 1;
        const compare = (a, b) => typeof by(a) === "number" ? by(a) - by(b) : by(a).localeCompare(by(b), "en", { numeric: true });
        const sorted = [...this.#workers].sort((a, b) => order * compare(a, b) || a.name.localeCompare(b.name, "en", { numeric: true }));
        fill(find("workers").tBodies[0], sorted.map((worker) => [worker.name, WORKER.map(([, , text]) => text(worker))]),
            WORKER.map(([, , , number]) => number));
    }

    #sortBy(index) {
        this.#down = this.#sort === index && !this.#down;
        this.#sort = index;
        this.#mark();
        this.#fill();
    }

    #mark() {
        for (const [index, cell] of [...find("workers").tHead.rows[0].cells].entries()) {
            if (index === this.#sort) {
                cell.setAttribute("aria-sort", this.#down ? "descending" : "ascending");
            } else {
                cell.removeAttribute("aria-sort");
            }
        }
    }
}

export class Settings {
    #revision = null;
    #values = new Map();
    #changed = new Map(); // name: value before the newest revision
    #settings = null;

    constructor() {
        find("defaults").addEventListener("change", () => this.#fill());
    }

    show({ settings }) {
        if (this.#revision === settings.revision && this.#settings) {
            return;
        }
        const values = new Map(settings.values.map(({ name, value }) => [name, format.value(value)]));
        // Nothing is new to whoever has just come, or to another daemon.
        const follows = this.#revision !== null && settings.revision > this.#revision;
        this.#changed = new Map(follows ? [...this.#values].filter(([name, value]) => values.get(name) !== value) : []);
        this.#revision = settings.revision;
        this.#values = values;
        this.#settings = settings;
        this.#fill();
    }

    #fill() {
        const { revision, from_version, values } = this.#settings ?? { values: [] };
        const all = find("defaults").checked;
        const rows = values.filter(({ name, given }) => all || given || this.#changed.has(name));
        find("settings-empty").hidden = rows.length > 0;
        find("settings-region").hidden = rows.length === 0;
        say(find("settings-caption"), `revision ${format.count(revision)}, since version ${format.count(from_version)}`);
        fill(find("settings").tBodies[0], rows.map(({ name, value }) =>
            [name, [name, format.value(value), this.#changed.get(name) ?? ""]]), [false, false, false]);
    }
}

// Counters staleness.N count what was at least N ahead, and less than twice that.
export function showStaleness(counters) {
    const bins = Object.entries(counters)
        .filter(([name]) => name.startsWith("staleness."))
        .map(([name, number]) => [Number(name.slice("staleness.".length)), number])
        .sort(([a], [b]) => a - b);
    const total = bins.reduce((sum, [, number]) => sum + number, 0);
    const most = Math.max(...bins.map(([, number]) => number), 1);
    find("staleness-empty").hidden = total > 0;
    find("staleness-region").hidden = total === 0;
    const body = find("staleness").tBodies[0];
    fill(body, bins.map(([least, number]) => [String(least), [
        least < 2 ? format.count(least) : `${format.count(least)} to ${format.count(2 * least - 1)}`,
        format.count(number),
        number && number < total / 1000 ? "< 0.1 %" : `${(100 * number / Math.max(total, 1)).toFixed(1)} %`,
        "",
    ]]), [false, true, true, false]);
    for (const [index, [, number]] of bins.entries()) {
        const cell = body.rows[index].cells[3];
        const bar = cell.firstElementChild ?? cell.appendChild(document.createElement("span"));
        bar.className = "fill";
        bar.style.width = `${100 * number / most}%`;
    }
}

// What is so now: numbers, what is being waited for, and what to do next.

import * as format from "./format.js";
import { say } from "./tables.js";

const find = (id) => document.getElementById(id);

const staleness = ({ step }) => step?.staleness_mean;

// Title, text, and a remark in small.
const TILES = [
    ["version", (s) => format.count(s.position.version), (s) => `epoch ${s.position.epoch}`],
    ["gradients a second", (s) => format.rate(s.rates.gradients), (s) => `${format.count(s.counters.applied)} applied`],
    ["bytes a second", (s) => format.bytes(s.rates.bytes), (s) => `${format.bytes(s.counters.gradients_bytes)} in all`],
    ["queue", (s) => format.count(s.queued_gradients), (s) => `gradients, ${format.bytes(s.queued_bytes)}`],
    ["credit of a worker", (s) => format.count(s.credit.gradients), (s) => `gradients, ${format.bytes(s.credit.bytes)}`],
    ["workers", (s) => format.count(s.members), (s) => s.policy ? `policy ${s.policy}` : ""],
    ["mean staleness", (s) => format.real(staleness(s)), () => "versions, newest report"],
    ["learning rate", (s) => format.real(s.learning_rate), (s) => `settings' revision ${format.count(s.settings_revision)}`],
    ["not applied", (s) => format.count(s.counters.refused + s.counters.excluded + s.counters.discarded + s.counters.skipped),
        (s) => format.counts(["refused", "excluded", "discarded", "skipped"].map((name) => [name, s.counters[name]])) || "nothing was refused"],
    ["model", (s) => format.count(s.elements), (s) => `elements, ${format.count(s.tensors)} tensors`],
    ["memory", (s) => format.bytes(s.resident_bytes), (s) => `durability ${s.durability}`],
    ["up for", (s) => format.span(s.uptime_ms), () => "since the daemon's start"],
];

const ADVICE = {
    EMPTY: "No model is loaded: gradmq load FILE --start loads one and starts the training.",
    STOPPED: "Training is stopped, gradients are kept: gradmq start goes on.",
};

function tile(title) {
    const box = document.createElement("div");
    box.className = "card";
    const term = document.createElement("dt");
    term.textContent = title;
    const value = document.createElement("dd");
    const remark = document.createElement("dd");
    remark.className = "muted";
    box.append(term, value, remark);
    return box;
}

// Who holds up the step that is open.
function waiting({ waiting_for, waiting_total, contributions, needed, deadline_ms }) {
    if (!waiting_total) {
        return "";
    }
    const more = waiting_total - waiting_for.length;
    const names = waiting_for.join(", ") + (more > 0 ? ` and ${format.count(more)} more` : "");
    const until = deadline_ms === null ? "" : `, for ${format.span(deadline_ms)} at most`;
    // Under some policies it is not numbers that are waited for.
    const have = needed ? `${format.count(contributions)} of ${format.count(needed)}` : format.count(contributions);
    return `The open step has ${have} contributions and waits for ${names}${until}.`;
}

export function showStatus(status) {
    const list = find("tiles");
    if (!list.children.length) {
        list.append(...TILES.map(([title]) => tile(title)));
    }
    for (const [index, [, text, remark]] of TILES.entries()) {
        const [, value, small] = list.children[index].children;
        say(value, text(status));
        say(small, remark(status));
    }
    say(find("model"), status.model ?? "");
    document.title = `${status.model ?? "no model"} · GradMQ`;
    say(find("product"), status.product);
    say(find("state"), status.state.toLowerCase());
    find("state").dataset.state = status.state;
    say(find("waiting"), waiting(status));
    const advice = [status.why, ADVICE[status.state]].filter(Boolean).join(". ");
    find("advice").hidden = !advice;
    say(find("advice"), advice);
}

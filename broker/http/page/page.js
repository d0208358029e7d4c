"use strict";

// Rows of cells into a table; text only, since names come from workers.
function fill(id, rows) {
    const table = document.getElementById(id);
    table.replaceChildren(...rows.map((row, index) => {
        const line = document.createElement("tr");
        for (const [place, cell] of row.entries()) {
            const head = id === "workers" ? index === 0 : place === 0;
            const element = document.createElement(head ? "th" : "td");
            element.textContent = cell ?? "";
            line.append(element);
        }
        return line;
    }));
}

function showStatus(status) {
    document.getElementById("model").textContent = status.model;
    fill("status", [
        ["state", status.state + (status.why ? ": " + status.why : "")],
        ["version", status.position.version + " of epoch " + status.position.epoch],
        ["gradients a second", status.rates.gradients.toFixed(1)],
        ["bytes a second", status.rates.bytes.toFixed(0)],
        ["queue", status.queued_gradients + " gradients, " + status.queued_bytes + " bytes"],
        ["credit of each worker", status.credit.gradients],
        ["settings", "revision " + status.settings.revision],
        ["members", status.members],
    ]);
    fill("workers", [["name", "seen", "settled", "queued", "waits for", "refused"]].concat(
        status.workers.map((worker) => [
            worker.name, worker.seen_ms_ago + " ms ago", worker.settled_through, worker.queued,
            worker.waits_for ?? (worker.awaited ? "nothing; others wait for it" : ""),
            Object.entries(worker.refused_by).map(([code, count]) => count + " " + code).join(", "),
        ])));
}

function showStep(step) {
    fill("step", [["steps", step.steps], ["version", step.position.version]].concat(
        step.metrics.map((metric) => [metric.name, metric.mean])));
}

const connection = document.getElementById("connection");
const events = new EventSource("events");
events.onopen = () => { connection.textContent = "live"; };
events.onerror = () => { connection.textContent = "not connected; trying again"; };
events.addEventListener("status", (event) => {
    const status = JSON.parse(event.data);
    showStatus(status);
    if (status.step) {
        showStep(status.step);
    }
});
events.addEventListener("step", (event) => showStep(JSON.parse(event.data)));

// Follows the daemon: the history at first and whenever it was gone, and then what happens.

import { follow } from "./connection.js";
import { Curves, Rates } from "./curves.js";
import { Figures } from "./figures.js";
import * as format from "./format.js";
import { showStatus } from "./status.js";
import { say, Settings, showStaleness, Workers } from "./tables.js";

const find = (id) => document.getElementById(id);

const curves = new Curves();
const rates = new Rates();
const curveFigures = new Figures(find("curves"), curves, false, find("curves-more"));
const rateFigures = new Figures(find("rates"), rates, true, null);
const workers = new Workers();
const settings = new Settings();
let early = null; // reports that came while the history was on its way

function showCurves() {
    find("curves-empty").hidden = curves.length > 0;
    curveFigures.show();
}

// A daemon that was started anew has another history. Without an answer, what is here stays.
async function loadHistory() {
    const mine = early = [];
    let steps = null;
    try {
        const answer = await fetch("history.json");
        steps = answer.ok ? await answer.json() : null;
    } catch {
        // The connection says so already.
    }
    if (early !== mine) {
        return;
    }
    early = null;
    if (steps) {
        curves.clear();
    }
    for (const step of [...(steps ?? []), ...mine]) {
        curves.add(step);
    }
    showCurves();
}

function showLink(live, words) {
    document.documentElement.classList.toggle("gone", !live);
    say(find("link"), live ? "live" : "not connected");
    say(find("connection"), words);
}

follow({
    opened () {
        showLink(true, "");
        loadHistory();
    },
    gone (since) {
        showLink(false, `No news from gradmqd since ${format.time(since)}: what is shown is from then. Trying again every 2 s.`);
    },
    status (status) {
        showStatus(status);
        workers.show(status);
        settings.show(status);
        showStaleness(status.counters);
        rates.add(status);
        rateFigures.show();
    },
    step (step) {
        if (early) {
            early.push(step);
        } else if (curves.add(step)) {
            showCurves();
        }
    },
});

for (const choice of document.querySelectorAll("input[name=axis]")) {
    choice.addEventListener("change", () => curveFigures.setAxis(choice.value === "time"));
}

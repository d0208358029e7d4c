// The page in a real browser, while digits are trained.
//
//     node check.js URL FOLDER
//
// FOLDER gets the screenshots. What has to be done to the daemon is asked for on standard output, a line
// "ask WHAT", and is done when a line comes on standard input. Any other line tells of a failure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [url, folder] = process.argv.slice(2);
const METRIC = "<img src=x onerror=alert(1)><b>&amp;";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await chromium.launch({
    handleSIGTERM: false,
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"],
});
process.once("SIGTERM", async () => {
    await browser.close();
    process.exit(1);
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
const page = await context.newPage();
const complaints = [];
let outage = false;
let failures = 0;

function check(good, words) {
    if (!good) {
        failures++;
        console.log(words);
    }
}

async function ask(what) {
    console.log(`ask ${what}`);
    await answers.next();
}

// Until it is true in the page.
async function soon(words, expression, argument) {
    try {
        await page.waitForFunction(expression, argument, { timeout: 30000 });
    } catch (error) {
        check(false, `not within half a minute: ${words} (${String(error).split("\n")[0]})`);
    }
}

const text = (selector) => page.locator(selector).innerText();
const names = () => page.locator("#workers tbody th").allInnerTexts();

page.on("console", (message) => {
    // While the daemon is away, a request that fails is what is to be seen.
    if (["error", "warning"].includes(message.type()) && !(outage && message.text().includes("net::ERR_"))) {
        complaints.push(`console: ${message.text()}`);
    }
});
page.on("pageerror", (error) => complaints.push(`error: ${error.stack}`));
page.on("dialog", async (dialog) => {
    complaints.push("a name was run as a program");
    await dialog.dismiss();
});
context.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) {
        complaints.push(`a request to ${request.url()}`);
    }
});
await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
});

async function accessible(where) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, nodes } of found.violations) {
        check(false, `${where}: axe finds ${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
    }
}

async function checkEmpty() {
    await soon("it says that no model is loaded", () => document.getElementById("advice").innerText.includes("gradmq load"));
    check((await text("#workers-empty")).includes("No worker has joined"), "nothing says how a worker joins");
    check(await page.locator("#workers-region").isHidden(), "an empty table of workers is shown");
    await accessible("without a model");
}

async function checkTraining() {
    await ask("train");
    const canvases = () => ["loss", "accuracy"].every((name) => [...document.querySelectorAll("figure")].some((figure) =>
        figure.querySelector("h3").textContent === name && figure.querySelector("canvas")));
    await soon("there are curves of loss and accuracy", canvases);
    await soon("the state is running", () => document.getElementById("state").textContent === "running");
    const version = await page.locator("#tiles dd").first().innerText();
    const readout = await text("#curves figure:nth-child(1) .readout");
    await soon("the version moves", (before) => document.querySelector("#tiles dd").textContent !== before, version);
    await soon("the curve moves", (before) => document.querySelector("#curves figure .readout").textContent !== before, readout);
    check(/^latest [\d.e-]+, lowest [\d.e-]+, highest [\d.e-]+$/.test(readout), `the loss is said as "${readout}"`);
    await soon("the curve is drawn", () => {
        const canvas = document.querySelector("#curves canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let blue = 0;
        for (let at = 0; at < data.length; at += 4) {
            blue += data[at + 3] === 255 && data[at + 2] - data[at] > 100;
        }
        return blue > 50;
    });
    await soon("there is a rate of gradients", () => Number(document.querySelectorAll("#tiles div")[1].children[1].textContent.replace(",", "")) > 0);
    await soon("there is a histogram of staleness", () => document.querySelectorAll("#staleness .fill").length > 0);
    await soon("both workers are there", () => document.querySelectorAll("#workers tbody tr").length === 2);
}

async function checkStrange() {
    await ask("strange");
    await soon("a name that looks like HTML has its curve", (name) =>
        [...document.querySelectorAll("#curves h3")].some((title) => title.textContent === name), METRIC);
    await soon("it stands in the table", (name) => document.getElementById("workers").textContent.includes(name), METRIC);
    check(await page.locator("main img, main b").count() === 0, "a name became an element");
}

async function checkKeys() {
    const button = page.locator("#workers thead button").first();
    check((await names()).join() === "strange,w1,w2", `workers are not sorted by name: ${await names()}`);
    await button.focus();
    await page.keyboard.press("Enter");
    check((await names()).join() === "w2,w1,strange", `Enter does not sort the other way: ${await names()}`);
    check(await page.locator("#workers th[aria-sort=descending]").innerText() === "worker", "aria-sort does not say so");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    check(await page.locator("#workers th[aria-sort=ascending]").innerText() === "state", "Space does not sort by the next column");
    check(await page.locator("#workers th[aria-sort]").count() === 1, "two columns say that they are sorted by");

    const plot = page.locator("#curves .plot").first();
    const said = () => plot.getAttribute("aria-valuetext");
    await plot.focus();
    await page.keyboard.press("Home");
    const first = await said();
    await page.keyboard.press("ArrowRight");
    const second = await said();
    // The first point may stand for more than one version: as many as came before somebody looked.
    const [from, to] = [first, second].map((words) => Number(words.match(/^version ([\d,]+): \d/)?.[1].replaceAll(",", "")));
    check(from < to, `arrow keys read "${first}", "${second}"`);
    await page.keyboard.press("Escape");

    await page.locator("input[name=axis][value=version]").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("#curves .plot").first().focus();
    await page.keyboard.press("End");
    check(/^\d\d:\d\d:\d\d: /.test(await page.locator("#curves .plot").first().getAttribute("aria-valuetext")), "the axis of time does not read times");
    await page.locator("input[name=axis][value=version]").check();
}

async function checkSettings() {
    const before = await text("#settings-caption");
    await ask("settings");
    await soon("the new revision is there", (old) => document.getElementById("settings-caption").textContent !== old, before);
    const row = page.locator("#settings tbody tr", { hasText: "learning_rate" });
    check((await row.locator("td").allInnerTexts()).join(" was ") === "0.0005 was 0.002", `the setting reads ${await row.innerText()}`);
    check(Number((await text("#settings-caption")).match(/\d+/)[0]) > Number(before.match(/\d+/)[0]), "the revision has not grown");
    const given = await page.locator("#settings tbody tr").count();
    await page.locator("#defaults").check();
    check(await page.locator("#settings tbody tr").count() > given, "defaults are not shown");
    await page.locator("#defaults").uncheck();
}

async function checkLooks() {
    for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        for (const width of [1280, 360, 320]) {
            await page.setViewportSize({ width, height: 900 });
            await soon(`curves fit at ${width}`, () => [...document.querySelectorAll(".plot")].every((plot) =>
                plot.querySelector("canvas")?.getBoundingClientRect().width <= plot.clientWidth));
            const [all, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
            check(all <= seen, `at ${width} the page is ${all} wide`);
            if (width !== 320) {
                await accessible(`${colorScheme} at ${width}`);
                await page.screenshot({ path: `${folder}/${colorScheme}-${width}.png`, fullPage: true });
            }
        }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
}

async function checkOutage() {
    outage = true;
    await page.locator("footer").scrollIntoViewIfNeeded();
    await ask("kill");
    await soon("it says that the daemon is gone", () => document.getElementById("connection").textContent.includes("No news from gradmqd")
        && document.getElementById("link").textContent === "not connected");
    const { y, height } = await page.locator("#connection").boundingBox();
    check(y >= 0 && y + height <= 900, "whoever has gone down the page does not see it");
    check(await page.locator("#connection").getAttribute("role") === "status", "nobody is told of it");
    await accessible("without a daemon");
    await page.screenshot({ path: `${folder}/gone.png` });
    await ask("restart");
    await soon("it is live again", () => document.getElementById("connection").textContent === ""
        && document.getElementById("link").textContent === "live");
    await soon("it shows the new daemon", () => document.getElementById("state").textContent === "empty"
        && document.querySelectorAll("#curves figure").length === 0);
    outage = false;
}

try {
    await page.goto(url);
    for (const part of [checkEmpty, checkTraining, checkStrange, checkKeys, checkSettings, checkLooks, checkOutage]) {
        await part();
    }
    complaints.push(...await page.evaluate(() => window.violations.map((words) => `content policy: ${words}`)));
} catch (error) {
    complaints.push(error.stack);
}
for (const complaint of complaints) {
    check(false, complaint);
}
await browser.close();
process.exit(failures ? 1 : 0);

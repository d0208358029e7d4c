// How numbers, sizes and times are written. What there is no value of is a dash.

const NONE = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

function known(value) {
    return typeof value === "number" && Number.isFinite(value);
}

export function count(value) {
    return known(value) ? whole.format(value) : NONE;
}

// Four digits; very small and very large ones with an exponent.
export function real(value) {
    if (!known(value)) {
        return NONE;
    }
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(2) : digits.format(value);
}

export function rate(value) {
    return known(value) ? (value < 100 ? tenths : whole).format(value) : NONE;
}

// For the marks of an axis, where there is little room.
export function brief(value) {
    if (!known(value)) {
        return "";
    }
    return Math.abs(value) >= 1000 ? short.format(value) : real(value);
}

export function bytes(value) {
    if (!known(value)) {
        return NONE;
    }
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let unit = 0;
    let size = value;
    while (size >= 1024 && unit < units.length - 1) {
        size /= 1024;
        unit++;
    }
    return `${(unit && size < 100 ? tenths : whole).format(size)} ${units[unit]}`;
}

export function span(milliseconds) {
    if (!known(milliseconds)) {
        return NONE;
    }
    const seconds = Math.floor(milliseconds / 1000);
    if (seconds < 120) {
        return `${seconds} s`;
    }
    const minutes = Math.floor(seconds / 60);
    if (minutes < 120) {
        return `${minutes} min`;
    }
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

export function ago(milliseconds) {
    return known(milliseconds) && milliseconds < 1000 ? "now" : `${span(milliseconds)} ago`;
}

export function time(unixMilliseconds) {
    return clock.format(new Date(unixMilliseconds));
}

// A list in words: what there is none of is left out.
export function counts(entries) {
    return entries
        .filter(([, number]) => number)
        .map(([name, number]) => `${count(number)} ${name}`)
        .join(", ");
}

// What a setting's value is.
export function value(given) {
    if (given === null || given === "") {
        return NONE;
    }
    return Number.isInteger(given) ? count(given) : String(given);
}

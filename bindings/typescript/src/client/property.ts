import { GradmqError } from "../errors.js";

//  ZeroMQ's property language (RFC 4), as far as certificates need it.

const INDENT = 4;
const LEVELS = 4;
const LINE = /^( *)([A-Za-z0-9$\-_@.&+]*)[ \t\r]*(=?)(.*)$/;
const OVER = /^[ \t\r]*(#.*)?$/;

function readValue(text: string, wrong: (what: string) => GradmqError): string {
    const from = text.replace(/^[ \t\r]+/, "");
    const quote = from[0];
    if (quote === '"' || quote === "'") {
        const end = from.indexOf(quote, 1);
        if (end < 0) throw wrong("a quote is not closed");
        if (!OVER.test(from.slice(end + 1))) throw wrong("there is more behind the closing quote");
        return from.slice(1, end);
    }
    if (quote === "#") throw wrong('a # behind the = needs quotes around it; no value is ""');
    return from.replace(/[ \t\r]*(#.*)?$/, "");
}

/** The values of a file by their path, such as `curve/public-key`; of several with one path the last. */
export function readProperties(file: string, text: string): Map<string, string> {
    const values = new Map<string, string>();
    const path: string[] = [];
    for (const [i, line] of text.split("\n").entries()) {
        const wrong = (what: string) => new GradmqError("FORMAT", `${file}: line ${i + 1}: ${what}`);
        const found = LINE.exec(line.replace(/[ \t\r]+$/, ""));
        if (!found) throw wrong("it cannot be read");
        const [, indent = "", name = "", equals, rest = ""] = found;
        const level = indent.length / INDENT;
        if (!Number.isInteger(level)) throw wrong("indent by four spaces a level, comments too");
        if (!name) {
            if (equals || !OVER.test(rest)) throw wrong("expected a name, a comment or nothing");
            continue;
        }
        if (level > path.length || level >= LEVELS) throw wrong("indented too deep");
        path.splice(level, path.length, name);
        if (equals) values.set(path.join("/"), readValue(rest, wrong));
        else if (!OVER.test(rest)) throw wrong("expected = and a value behind the name");
    }
    return values;
}

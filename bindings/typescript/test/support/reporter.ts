import type { TestEvent } from "node:test/reporters";

//  Prints what `node --test` finds as `ok NAME` and `not ok NAME`, what went wrong before it, indented.

interface Told {
    name: string;
    nesting: number;
    file?: string;
    details?: { type?: string; error?: Error & { cause?: unknown } };
    skip?: boolean | string;
}

function nameOf(path: readonly string[]): string {
    return path.join("/").replace(/\s+/g, "-");
}

function wrong(told: Told): string {
    const error = told.details?.error;
    const cause = error?.cause instanceof Error ? error.cause : error;
    return `${cause?.stack ?? cause ?? "failed"}\n`.replace(/^/gm, "    ").trimEnd();
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
    const path: string[] = [];
    for await (const event of source) {
        if (event.type === "test:stderr" || event.type === "test:stdout") yield event.data.message;
        const told = event.data as unknown as Told;
        if (event.type === "test:start") path.splice(told.nesting, path.length, told.name);
        if (event.type !== "test:pass" && event.type !== "test:fail") continue;
        if (told.details?.type === "suite" && event.type === "test:pass") continue;
        const name = nameOf([...path.slice(0, told.nesting), told.name]);
        if (told.skip) yield `skip ${name}: ${told.skip}\n`;
        else if (event.type === "test:pass") yield `ok ${name}\n`;
        else yield `${wrong(told)}\nnot ok ${name}\n`;
    }
}

import type { Body } from "../client/requester.js";
import { Bell } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import type { ChangeOptions, Connection } from "./connection.js";
import { type Operation, readOperation } from "./reports.js";

/** First and longest wait between two looks at whether an operation has ended. */
const LOOK_MS = 10;
const LOOK_MOST_MS = 500;

/** Start slow work and, unless `wait` is false, wait for its end. Rejects with the code that it ended with. */
export async function operate(
    connection: Connection,
    request: Body,
    options: ChangeOptions,
    wait = true,
): Promise<Operation> {
    const until = connection.session.deadline(options);
    const { ifEpoch, ifVersion } = options;
    const { body } = await connection.ask(request, "operation", until, { ifEpoch, ifVersion });
    let operation = readOperation(body);
    const pause = new Bell();
    for (let ms = LOOK_MS; wait && !operation.done; ms = Math.min(ms * 2, LOOK_MOST_MS)) {
        if (until.over)
            throw new GradmqError("TIMEOUT", `operation ${operation.operation} was begun and goes on still`);
        await pause.wait(Math.min(ms, until.left), until.signal);
        until.check();
        const status = await connection.ask({ case: "status", value: {} }, "status", until);
        const told = status.body.operations.map(readOperation);
        operation = told.find((one) => one.operation === operation.operation) ?? operation;
    }
    if (operation.code) throw new GradmqError(operation.code, operation.message || undefined);
    return operation;
}

import { isFieldSet } from "@bufbuild/protobuf";

import { type StatusReport, StatusReportSchema } from "../gen/gradmq/v1/control_pb.js";
import { type Heartbeat, HeartbeatSchema } from "../gen/gradmq/v1/event_pb.js";
import { HEARTBEAT_MS } from "../limits.js";
import { State, stateName } from "../names.js";
import { toNumber } from "../wire/number.js";
import { now } from "./wait.js";

/** What is known of a coordinator by hearsay, for the sentence that says why something waits. */
export class Hearsay {
    state = 0;
    heartbeatMs = HEARTBEAT_MS;
    minClock = 0;
    /** When something was heard last. */
    heardMs = now();
    private why = "";
    private waitingFor = "";
    private waitingTotal = 0;
    private deadlineMs: number | undefined;

    heard(): void {
        this.heardMs = now();
    }

    take(heartbeat: Heartbeat): void {
        if (heartbeat.heartbeatMs) this.heartbeatMs = toNumber(heartbeat.heartbeatMs);
        this.takeStatus(heartbeat, isFieldSet(heartbeat, HeartbeatSchema.field.deadlineMs));
    }

    /** The same from the answer to Status. */
    static of(status: StatusReport): Hearsay {
        const hearsay = new Hearsay();
        hearsay.takeStatus(status, isFieldSet(status, StatusReportSchema.field.deadlineMs));
        return hearsay;
    }

    private takeStatus(told: Heartbeat | StatusReport, hasDeadline: boolean): void {
        this.state = told.state;
        this.minClock = toNumber(told.minClock);
        this.why = told.why;
        this.waitingFor = told.waitingFor.join(", ");
        this.waitingTotal = told.waitingTotal;
        this.deadlineMs = hasDeadline ? now() + toNumber(told.deadlineMs) : undefined;
    }

    say(): string {
        const silent = now() - this.heardMs;
        if (this.state === 0) return "nothing was heard of the coordinator yet";
        if (silent > 3 * this.heartbeatMs)
            return `nothing was heard of the coordinator for ${Math.floor(silent / 1000)} s`;
        if (this.state === State.RUNNING && this.why) {
            const names = this.waitingTotal ? `: ${this.waitingFor} (${this.waitingTotal} in all)` : "";
            return `${this.why}${names}${this.sayDeadline()}`;
        }
        return `the coordinator is ${stateName(this.state)}${this.why ? `: ${this.why}` : ""}`;
    }

    private sayDeadline(): string {
        if (this.deadlineMs === undefined) return "";
        return `, no longer than ${(Math.max(0, this.deadlineMs - now()) / 1000).toFixed(1)} s`;
    }
}

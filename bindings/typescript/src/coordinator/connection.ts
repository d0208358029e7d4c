import { type Answer, type Body, type Extras, Requester } from "../client/requester.js";
import type { Session } from "../client/session.js";
import type { CallOptions, Deadline } from "../client/wait.js";
import { GradmqError } from "../errors.js";
import type { Reply } from "../gen/gradmq/v1/control_pb.js";
import { Layout } from "../tensor/layout.js";
import type { BaseInput } from "../tensor/parameters.js";
import { type Position, positionOf } from "../wire/ack.js";

/** How a call that changes something may be held back. */
export interface ChangeOptions extends CallOptions {
    /** Refuse it, with CONDITION, unless the model is at this epoch. */
    ifEpoch?: bigint | undefined;
    /** Refuse it, with CONDITION, unless the model is at this version. */
    ifVersion?: number | undefined;
}

type Case = NonNullable<Reply["body"]["case"]>;
/** The body of an answer of one kind. */
export type BodyOf<C extends Case> = Extract<Reply["body"], { case: C }>["value"];

/** Control of one coordinator: asking, and what the answers have told. */
export class Connection {
    readonly requester: Requester;
    position: Position = { instance: 0n, epoch: 0n, version: 0 };
    layout: Layout | undefined;
    /** The parameters that were got last: the base of gradients that state none. */
    base: BaseInput | undefined;

    constructor(readonly session: Session) {
        this.requester = new Requester(session, (reply) => {
            if (reply.position?.instance) this.position = positionOf(reply.position);
        });
    }

    /** Ask, and expect an answer of one kind. */
    async ask<C extends Case>(
        body: Body,
        expected: C,
        until: Deadline,
        extras: Extras = {},
    ): Promise<{ body: BodyOf<C>; answer: Answer }> {
        const answer = await this.requester.call(body, until, extras);
        const got = answer.reply.body;
        if (got.case !== expected)
            throw new GradmqError(
                "MALFORMED",
                `the answer of ${this.session.state.control} is ${got.case ?? "empty"} where ${expected} was expected`,
            );
        return { body: got.value as BodyOf<C>, answer };
    }

    /** The layout with this id; asks where it is not the one that is known. */
    async knowLayout(id: bigint, until: Deadline): Promise<Layout> {
        if (this.layout && (id === 0n || this.layout.id === id)) return this.layout;
        const { body } = await this.ask({ case: "describe", value: {} }, "description", until);
        if (!body.layout?.tensors.length)
            throw new GradmqError("NO_MODEL", `no model is loaded into ${this.session.model}`);
        const layout = Layout.fromWire(body.layout);
        if (id !== 0n && layout.id !== id)
            throw new GradmqError("LAYOUT", "the model is being replaced; ask again");
        this.layout = layout;
        return layout;
    }
}

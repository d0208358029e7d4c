package org.gradmq;

import org.gradmq.v1.CheckpointRequest;
import org.gradmq.v1.RecordRequest;
import org.gradmq.v1.Request;
import org.gradmq.v1.RestoreRequest;

import java.util.concurrent.TimeUnit;

/** Slow work that is answered with an operation: begun here, and waited for. */
final class Operations {
    private static final long LOOK_MS = 5;
    private static final long LOOK_MOST_MS = 250;

    private final Remote coordinator;
    private final long deadline;

    Operations(Coordinator coordinator) {
        this.coordinator = coordinator;
        this.deadline = coordinator.deadline();
    }

    void checkpoint() throws InterruptedException {
        await(Request.newBuilder().setCheckpoint(CheckpointRequest.getDefaultInstance()));
    }

    void restore(String checkpoint) throws InterruptedException {
        RestoreRequest.Builder body = RestoreRequest.newBuilder();
        if (checkpoint != null) {
            body.setCheckpoint(checkpoint);
        }
        await(Request.newBuilder().setRestore(body));
    }

    /** Begin a recording; without a name, end the one that is made. */
    void record(String name) throws InterruptedException {
        RecordRequest.Builder body = RecordRequest.newBuilder();
        if (name == null) {
            body.setStop(true);
        } else {
            body.setName(name);
        }
        await(Request.newBuilder().setRecord(body));
    }

    private void await(Request.Builder request) throws InterruptedException {
        boolean begins = request.hasRecord() && !request.getRecord().getStop();
        var told = coordinator.ask(request).reply();
        Status.Operation operation = Status.Operation.read(told.getOperation());
        //  A recording goes on until it is ended.
        long wait = LOOK_MS;
        while (told.hasOperation() && !operation.done() && !begins) {
            if (Await.deadline(java.time.Duration.ZERO) >= deadline) {
                throw GradmqException.of(
                        ErrorCode.TIMEOUT,
                        "the time is over while waiting for the end of " + operation.name());
            }
            TimeUnit.MILLISECONDS.sleep(wait);
            wait = Math.min(2 * wait, LOOK_MOST_MS);
            operation = look(operation);
        }
        if (operation.code() != null) {
            throw GradmqException.of(operation.code(), operation.message());
        }
    }

    private Status.Operation look(Status.Operation begun) throws InterruptedException {
        for (Status.Operation one : coordinator.status().operations()) {
            if (one.number() == begun.number()) {
                return one;
            }
        }
        return begun;
    }
}

package org.gradmq.behaviour;

import static org.gradmq.support.Bed.filled;
import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.Coordinator;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.GradmqTimeoutException;
import org.gradmq.Worker;
import org.gradmq.support.Bed;
import org.gradmq.support.Keys;
import org.junit.jupiter.api.Test;

import java.util.Map;

/** A worker: over CURVE. */
class KeysTest {
    @Test
    void keys() throws Exception {
        try (Keys keys = new Keys();
                Bed bed = Bed.empty(keys.settings())) {
            keys.authorise("alice", "--role", "admin");
            keys.authorise("w1");
            Coordinator admin = bed.track(Coordinator.open(keys.as("alice", bed.options())));
            admin.setModelParameters(Bed.TWO, new float[10]);
            admin.setParameters(Map.of("learning_rate", 1));
            admin.start();
            Worker worker = bed.worker(keys.as("w1", bed.options().name("w1")));
            for (int i = 0; i < 5; i++) {
                assertEquals(i, worker.nextParameters().version());
                worker.push(filled(10, 1));
            }
            worker.flush(Bed.LONG);
            assertArrayEquals(filled(10, -5), admin.getModelParameters().toFloatArray());
        }
    }

    @Test
    void wrongKey() throws Exception {
        try (Keys keys = new Keys();
                Bed bed = Bed.empty(keys.settings())) {
            keys.authorise("w1");
            keys.make("stranger");
            String stranger = keys.publicOf("stranger").toString();
            GradmqException e =
                    Bed.refusedInTime(
                            in ->
                                    () ->
                                            Worker.open(
                                                    bed.options()
                                                            .name("w1")
                                                            .timeout(in)
                                                            .keys(keys.secretOf("w1"), stranger)),
                            why -> why.getMessage().contains("is the server key"));
            assertInstanceOf(GradmqTimeoutException.class, e);
            Bed.refusedInTime(
                    in -> () -> Worker.open(keys.as("stranger", bed.options().timeout(in))),
                    why -> why.getMessage().contains("among those that it has authorised"));
            Bed.refusedInTime(
                    in -> () -> Worker.open(bed.options().timeout(in)),
                    why -> why.getMessage().contains("asks for keys"));
            readable(keys, bed);
        }
    }

    //  A secret that others can read is not taken.
    private static void readable(Keys keys, Bed bed) {
        keys.secretOf("w1").toFile().setReadable(true, false);
        GradmqException e =
                refused(ErrorCode.PERMISSION, () -> Worker.open(keys.as("w1", bed.options())));
        assertTrue(e.getMessage().contains("chmod 600"), e.getMessage());
        keys.publicOf("w1").toFile().setReadable(false, false);
        keys.publicOf("w1").toFile().setReadable(true, true);
        refused(
                ErrorCode.FORMAT,
                () ->
                        Worker.open(
                                bed.options()
                                        .keys(
                                                keys.publicOf("w1"),
                                                keys.publicOf("server").toString())));
    }
}

package org.gradmq.internal;

import java.nio.charset.StandardCharsets;

/** Topics of updates and events: PROTOCOL.md, section 2. */
public final class Topics {
    private Topics() {}

    public static String parameters(String model, String stream) {
        return "params/" + model + "/" + stream + "/";
    }

    public static String acknowledgement(String model, String worker) {
        return "ack/" + model + "/" + worker + "/";
    }

    public static String all(String model) {
        return "event/" + model + "/all/";
    }

    public static String worker(String model, String worker) {
        return "event/" + model + "/w/" + worker + "/";
    }

    public static String announcement(String model) {
        return "announce/" + model + "/";
    }

    public static String malformed(String model) {
        return "malformed/" + model + "/";
    }

    public static String sync(long nonce) {
        return String.format("sync/%016x/", nonce);
    }

    public static boolean isSync(byte[] topic) {
        return topic.length > 5
                && new String(topic, 0, 5, StandardCharsets.US_ASCII).equals("sync/");
    }
}

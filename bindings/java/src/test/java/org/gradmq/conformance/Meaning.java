package org.gradmq.conformance;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;

import java.util.Map;
import java.util.Set;

/** Compares messages by what they say (W-9): a default and an absent field are the same. */
final class Meaning {
    private static final Map<String, Number> DEFAULTS =
            Map.of(
                    "Gradient.low_water", 1L,
                    "Gradient.kind", 1,
                    "Gradient.weight", 1.0,
                    "Gradient.loss_scale", 1.0,
                    "Part.encoding", 1,
                    "Metric.weight", 1.0,
                    "Group.rate_scale", 1.0);

    private static final Set<String> PRESENCE =
            Set.of(
                    "Gradient.based_on",
                    "Gradient.clock",
                    "Part.bytes",
                    "Request.if_epoch",
                    "Request.if_version",
                    "GetModelParametersRequest.newer_than",
                    "Heartbeat.deadline_ms",
                    "StatusReport.deadline_ms",
                    "Update.previous_published_epoch",
                    "Update.previous_published_version");

    private Meaning() {}

    /** Where they differ; null: nowhere. */
    static String difference(Message want, Message have) {
        for (FieldDescriptor field : want.getDescriptorForType().getFields()) {
            String path = field.getContainingType().getName() + "." + field.getName();
            String difference =
                    field.isRepeated()
                            ? list(path, field, want, have)
                            : single(path, field, want, have);
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private static String list(String path, FieldDescriptor field, Message want, Message have) {
        int count = want.getRepeatedFieldCount(field);
        if (count != have.getRepeatedFieldCount(field)) {
            return path + " has " + have.getRepeatedFieldCount(field) + " items, not " + count;
        }
        for (int i = 0; i < count; i++) {
            String difference =
                    value(path, want.getRepeatedField(field, i), have.getRepeatedField(field, i));
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private static String single(String path, FieldDescriptor field, Message want, Message have) {
        boolean counts = PRESENCE.contains(path) || field.getContainingOneof() != null;
        if (counts && want.hasField(field) != have.hasField(field)) {
            return path + " is there in one only";
        }
        return value(path, get(path, field, want), get(path, field, have));
    }

    private static Object get(String path, FieldDescriptor field, Message from) {
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !from.hasField(field)) {
            return DynamicMessage.getDefaultInstance(field.getMessageType());
        }
        if (!from.hasField(field) && DEFAULTS.containsKey(path)) {
            return DEFAULTS.get(path);
        }
        return from.getField(field);
    }

    private static String value(String path, Object want, Object have) {
        if (want instanceof Message a && have instanceof Message b) {
            return empty(a) && empty(b) ? null : difference(a, b);
        }
        return want.equals(have) ? null : path + " is " + have + ", not " + want;
    }

    private static boolean empty(Message message) {
        return message.getAllFields().equals(Map.of());
    }
}

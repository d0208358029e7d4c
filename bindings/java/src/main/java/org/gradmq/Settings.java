package org.gradmq;

import com.google.protobuf.Descriptors.FieldDescriptor;

import org.gradmq.v1.Groups;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Settings as they are in force. Values are String, Double, Long or Boolean; of "groups" a list of
 * {@link Group}.
 *
 * @param values by name, every setting that has an effect
 * @param given names of those that somebody set; the others are at their defaults
 * @param revision 1 more with each change
 * @param fromEpoch position whose next step is the first under them
 * @param fromVersion position whose next step is the first under them
 * @param unset what this change put back, because nothing reads it now
 */
public record Settings(
        Map<String, Object> values,
        Set<String> given,
        long revision,
        long fromEpoch,
        long fromVersion,
        List<String> unset) {

    /**
     * The value of a setting.
     *
     * @param name as in the protocol, such as "learning_rate"
     * @return null: it has no effect now
     */
    public Object get(String name) {
        return values.get(name);
    }

    static Settings read(org.gradmq.v1.Parameters from) {
        Map<String, Object> values = new LinkedHashMap<>();
        from.getSettings()
                .getAllFields()
                .forEach((f, value) -> values.put(f.getName(), read(value)));
        return new Settings(
                Collections.unmodifiableMap(values),
                Collections.unmodifiableSet(new TreeSet<>(from.getExplicitNamesList())),
                from.getRevision(),
                from.getEffectiveFrom().getEpoch(),
                from.getEffectiveFrom().getVersion(),
                List.copyOf(from.getUnsetList()));
    }

    private static Object read(Object value) {
        if (value instanceof Groups groups) {
            return groups.getGroupsList().stream().map(Group::read).toList();
        }
        return value instanceof Integer number ? Long.valueOf(number & 0xffffffffL) : value;
    }

    //  Names and values as a change; ARGUMENT.
    static org.gradmq.v1.Settings write(Map<String, ?> changes) {
        org.gradmq.v1.Settings.Builder to = org.gradmq.v1.Settings.newBuilder();
        changes.forEach(
                (name, value) -> {
                    FieldDescriptor field = to.getDescriptorForType().findFieldByName(name);
                    if (field == null) {
                        throw GradmqException.of(
                                ErrorCode.ARGUMENT, "there is no setting \"" + name + "\"");
                    }
                    to.setField(field, write(field, value));
                });
        return to.build();
    }

    private static Object write(FieldDescriptor field, Object value) {
        try {
            return switch (field.getJavaType()) {
                case STRING -> value.toString();
                case BOOLEAN -> flag(value);
                case DOUBLE ->
                        value instanceof Number number
                                ? number.doubleValue()
                                : Double.parseDouble(value.toString());
                case LONG -> whole(value);
                case INT -> narrow(whole(value));
                default -> groups(value);
            };
        } catch (NumberFormatException | ArithmeticException | ClassCastException e) {
            throw new GradmqException(
                    ErrorCode.ARGUMENT,
                    "setting " + field.getName() + " cannot be " + value + ": " + e.getMessage(),
                    e);
        }
    }

    private static boolean flag(Object value) {
        return switch (value.toString()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new NumberFormatException("it is true or false");
        };
    }

    private static long whole(Object value) {
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (number != Math.rint(number) || Math.abs(number) > 0x1p53) {
                throw new NumberFormatException("it is a whole number");
            }
            return (long) number;
        }
        return Long.parseLong(value.toString());
    }

    //  What is out of range on this side is out of range on the other.
    private static int narrow(long value) {
        if (value < 0 || value > 0xffffffffL) {
            throw new NumberFormatException("it is out of range");
        }
        return (int) value;
    }

    private static Groups groups(Object value) {
        Groups.Builder to = Groups.newBuilder();
        List<Group> groups = new ArrayList<>();
        for (Object one : (List<?>) value) {
            groups.add((Group) one);
        }
        groups.forEach(group -> to.addGroups(group.write()));
        return to.build();
    }
}
